"""Staff narrow checkouts down by buyer, by what was paid and by when, and sort them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.payments.models import TransactionItem
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

LIST = """
query ($filter: CheckoutFilterInput, $sortBy: CheckoutSortingInput, $channel: String) {
  checkouts(first: 10, filter: $filter, sortBy: $sortBy, channel: $channel) {
    totalCount edges { node { id authorizeStatus chargeStatus } } } }
"""


async def listed(read: Ask, **given: Any) -> list[str]:
    found = (await read(LIST, staff("MANAGE_CHECKOUTS"), **given))["checkouts"]
    ids = [edge["node"]["id"] for edge in found["edges"]]
    assert found["totalCount"] == len(ids)
    return ids


def id_of(cart: Checkout) -> str:
    return to_global_id("Checkout", cart.id)


@pytest.mark.parametrize(
    "words",
    [
        lambda cart: {"customer": str(cart.email).upper()},
        lambda cart: {"search": str(cart.email)},
        lambda cart: {"search": f" {str(cart.id).upper()} "},
        lambda cart: {"search": "RUG-7"},
        lambda cart: {"search": "psp-77"},
        lambda cart: {"metadata": [{"key": "from", "value": "fair"}]},
        lambda cart: {"channels": [to_global_id("Channel", cart.channel_id)]},
        lambda cart: {"created": {"lte": "2020-05-04"}},
        lambda cart: {"updatedAt": {"gte": "2020-05-04", "lte": "2020-05-04"}},
    ],
)
async def test_a_checkout_is_found(
    session: AsyncSession, read: Ask, words: Callable[[Checkout], dict[str, Any]]
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    piece.sku = "RUG-7"
    cart = await make_ready_cart(session, market, piece)
    await make_cart(session, await make_channel(session), email="somebody@else.example")
    session.add(TransactionItem(checkout_id=cart.id, gateway="", psp_reference="psp-77", currency="MAD"))
    cart.public_metadata = {"from": "fair"}
    await session.flush()
    long_ago = clock.now().replace(year=2020, month=5, day=4)
    await session.execute(
        update(Checkout).where(Checkout.id == cart.id).values(created_at=long_ago, updated_at=long_ago)
    )
    assert await listed(read, filter=words(cart)) == [id_of(cart)]


async def test_checkouts_are_told_apart_by_what_is_promised_and_paid(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    names = ("nothing", "promised", "part", "full", "over")
    carts = {name: await make_ready_cart(session, market, piece) for name in names}
    total = carts["full"].total_gross_minor
    amounts = {"part": total - 1, "full": total, "over": total + 1}
    for name, minor in amounts.items():
        session.add(
            TransactionItem(checkout_id=carts[name].id, gateway="", currency="MAD", charged_minor=minor)
        )
    session.add(
        TransactionItem(checkout_id=carts["promised"].id, gateway="", currency="MAD", authorized_minor=total)
    )
    await session.flush()
    for given, expected in (
        ({"chargeStatus": ["FULL"]}, {"full"}),
        ({"chargeStatus": ["PARTIAL", "OVERCHARGED"]}, {"part", "over"}),
        ({"chargeStatus": ["NONE"]}, {"nothing", "promised"}),
        ({"authorizeStatus": ["FULL"]}, {"promised", "full", "over"}),
        ({"authorizeStatus": ["NONE", "PARTIAL"]}, {"nothing", "part"}),
        ({"authorizeStatus": []}, set()),
    ):
        assert set(await listed(read, filter=given)) == {id_of(carts[name]) for name in expected}


async def test_checkouts_are_sorted_by_buyer_and_by_age(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    emails = ("b@x.example", None, "a@x.example")
    carts = [await make_cart(session, channel, email=email) for email in emails]
    for days, cart in enumerate(carts):
        cart.created_at = clock.now() - timedelta(days=days)
    await session.flush()
    second, nobody, first = [id_of(cart) for cart in carts]
    by_buyer = {"field": "CUSTOMER", "direction": "ASC"}
    assert await listed(read, sortBy=by_buyer) == [nobody, first, second]
    by_age = {"field": "CREATION_DATE", "direction": "ASC"}
    assert await listed(read, sortBy=by_age, channel=channel.slug) == [first, nobody, second]
