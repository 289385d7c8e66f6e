"""An account from the first letter to the last, as a storefront keeps it: what letters say is followed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from tests.factories.checkout import make_market, make_piece
from tests.graphql.flows.conftest import ADDRESS, Storefront
from workers.runner import run_worker

EMAIL, PASSWORD = "salma@example.test", "un thé à la menthe"
PAGE = "http://localhost:3000/fr"
HERE = {"language": "FR"}


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Storefront]:
    """A visitor of a shop that really commits: a worker writes its letters."""
    async with database.transaction() as session:
        market = await make_market(session, slug="maroc")
        await make_piece(session, market.channel, 120_00, name="Tapis")
    app = create_app(database.settings, database)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client,
    ):
        yield Storefront(client)


@pytest.fixture
def mail(database: Database, tmp_path: Path) -> "Mail":
    return Mail(database, tmp_path)


class Mail:
    """The letters of a developer's machine."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._settings = database.settings.model_copy(update={"data_dir": folder})
        self._folder = folder / "letters"
        self._read: set[Path] = set()

    async def token(self, page: str) -> str:
        """What the newest letter's link carries to a page of the storefront. The letter is read once."""
        for _ in range(2):
            await run_worker(self._settings, until_idle=True, handle_signals=False)
        (letter,) = set(self._folder.iterdir()) - self._read
        self._read.add(letter)
        written = letter.read_text(encoding="utf-8")
        assert written.startswith(f"To: {EMAIL}\n")
        (link,) = [word for word in written.split() if word.startswith(page)]
        return parse_qs(urlsplit(link).query)["token"][0]


async def registered(shop: Storefront, mail: Mail) -> dict[str, str]:
    """Somebody with a confirmed account, signed in; their tokens."""
    page = f"{PAGE}/confirm"
    given = {"email": EMAIL, "password": PASSWORD, "channel": "maroc", "redirectUrl": page}
    opened = await shop.run("Register", input=given)
    assert (opened["requiresConfirmation"], opened["user"]["isConfirmed"]) == (True, False)
    waiting = await shop.refused("SignIn", email=EMAIL, password=PASSWORD)
    assert waiting == [("email", "ACCOUNT_NOT_CONFIRMED")]
    token = await mail.token(page)
    assert await shop.refused("Confirm", email=EMAIL, token="worthless") == [("token", "INVALID")]
    confirmed = await shop.run("Confirm", email=EMAIL, token=token)
    assert confirmed["user"] == {"email": EMAIL, "isActive": True, "isConfirmed": True}
    return await signed_in(shop, PASSWORD)


async def signed_in(shop: Storefront, password: str) -> dict[str, str]:
    tokens: dict[str, str] = await shop.run("SignIn", email=EMAIL, password=password)
    shop.token = tokens["token"]
    return tokens


async def test_an_account_is_opened_by_a_letter_and_kept_open(shop: Storefront, mail: Mail) -> None:
    register: dict[str, Any] = {"email": EMAIL, "password": "123", "channel": "maroc", "redirectUrl": PAGE}
    assert await shop.refused("Register", input=register) == [("password", "PASSWORD_TOO_SHORT")]
    elsewhere = {**register, "password": PASSWORD, "redirectUrl": "https://elsewhere.test"}
    assert await shop.refused("Register", input=elsewhere) == [("redirectUrl", "INVALID")]
    tokens = await registered(shop, mail)
    assert (await shop.run("Me"))["email"] == EMAIL
    shop.token = (await shop.run("Refresh", token=tokens["refreshToken"]))["token"]
    assert (await shop.run("Me"))["email"] == EMAIL
    assert await shop.refused("Refresh", token="worthless") == [("refreshToken", "JWT_DECODE_ERROR")]
    shop.token = ""
    assert await shop.run("Me") is None


async def test_a_profile_is_kept(shop: Storefront, mail: Mail) -> None:
    await registered(shop, mail)
    named = {"firstName": "Salma", "lastName": "Bennani", "metadata": [{"key": "size", "value": "38"}]}
    renamed = (await shop.run("Rename", input=named))["user"]
    assert (renamed["firstName"], renamed["metadata"]) == ("Salma", [{"key": "size", "value": "38"}])
    home = (await shop.run("AddAddress", input=ADDRESS, type="SHIPPING"))["address"]["id"]
    work = (await shop.run("AddAddress", input={**ADDRESS, "streetAddress1": "1, rue A"}))["address"]["id"]
    wrong = {**ADDRESS, "country": "FR", "postalCode": "x"}
    assert await shop.refused("AddAddress", input=wrong) == [("postalCode", "INVALID")]
    moved = await shop.run("ChangeAddress", id=work, input={**ADDRESS, "streetAddress1": "2, rue A"})
    assert moved["address"]["streetAddress1"] == "2, rue A"
    preferred = await shop.run("PreferAddress", id=work, type="BILLING")
    assert preferred["user"] == {
        "defaultBillingAddress": {"id": work},
        "defaultShippingAddress": {"id": home},
    }
    me = await shop.run("Me")
    assert {each["id"]: each["isDefaultShippingAddress"] for each in me["addresses"]} == {
        home: True,
        work: False,
    }
    assert (await shop.run("DropAddress", id=work))["user"]["addresses"] == [{"id": home}]
    assert (await shop.run("Me"))["defaultBillingAddress"] is None
    strangers = to_global_id("Address", 0)
    assert await shop.refused("DropAddress", id=strangers) == [("id", "NOT_FOUND")]


async def test_a_guests_basket_comes_along_and_its_order_is_found(shop: Storefront, mail: Mail) -> None:
    listed = await shop.run("List", channel="maroc", language="FR", first=1)
    (form,) = listed["edges"][0]["node"]["productVariants"]["edges"]
    basket = (await shop.run("Open", channel="maroc", **HERE))["checkout"]["id"]
    await shop.run("Put", id=basket, lines=[{"variantId": form["node"]["id"], "quantity": 1}], **HERE)
    await registered(shop, mail)
    attached = (await shop.run("Attach", id=basket, **HERE))["checkout"]
    assert (attached["email"], attached["user"] is None) == (EMAIL, False)
    assert (await shop.run("Detach", id=basket, **HERE))["checkout"]["user"] is None
    await shop.run("Attach", id=basket, **HERE)
    await shop.deliver_to(basket, ADDRESS)
    order = await shop.pay_at_the_door(basket)
    orders = (await shop.run("MyOrders", first=5))["orders"]
    (bought,) = [edge["node"] for edge in orders["edges"]]
    assert (orders["totalCount"], orders["pageInfo"]["hasNextPage"]) == (1, False)
    assert (bought["number"], bought["status"], bought["statusDisplay"]) == (
        order["number"],
        "UNFULFILLED",
        "Unfulfilled",
    )
    assert (bought["paymentStatus"], bought["fulfillments"]) == ("NOT_CHARGED", [])
    assert bought["lines"][0]["variant"]["product"]["name"] == "Tapis"


async def test_passwords_are_changed_forgotten_and_set_anew(shop: Storefront, mail: Mail) -> None:
    await registered(shop, mail)
    wrong = await shop.refused("ChangePassword", old="un café", new="un verre d’eau")
    assert wrong == [("oldPassword", "INVALID_CREDENTIALS")]
    await shop.run("ChangePassword", old=PASSWORD, new="un verre d’eau")
    shop.token = ""  # It ended with the password.
    await signed_in(shop, "un verre d’eau")
    page = f"{PAGE}/reset"
    await shop.run("Forgotten", email=EMAIL, channel="maroc", page=page)
    token = await mail.token(page)
    tokens = await shop.run("SetPassword", email=EMAIL, password="un jus d’orange", token=token)
    shop.token = tokens["token"]
    assert (await shop.run("Me"))["email"] == EMAIL
    again = await shop.refused("SetPassword", email=EMAIL, password="un jus de pomme", token=token)
    assert again == [("token", "INVALID")]


async def test_an_account_is_closed_by_a_letter(shop: Storefront, mail: Mail) -> None:
    await registered(shop, mail)
    page = f"{PAGE}/leave"
    await shop.run("Leave", channel="maroc", page=page)
    await shop.run("Close", token=await mail.token(page))
    shop.token = ""
    closed = await shop.refused("SignIn", email=EMAIL, password=PASSWORD)
    assert closed == [("email", "INVALID_CREDENTIALS")]
