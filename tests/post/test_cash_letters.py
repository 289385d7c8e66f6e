"""What people are told of orders that are paid at the door: text messages, letters, and to whom."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr
from sqlalchemy import select

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.database import Database
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.orders.fulfilment import fulfil, refuse
from marketplace.orders.models import Order, OrderEvent, OrderStatus
from marketplace.payments.at_the_door import confirming
from marketplace.post.sms import FileSms, HttpSms, Message, SmsNotSentError, SmsRefusedError, sender_of
from tests.factories.cash import make_strict_market
from tests.factories.checkout import RABAT, make_market, make_piece
from tests.factories.orders import make_order, parts_of
from tests.factories.people import make_user
from tests.factories.vendors import make_member, make_vendor
from tests.post.conftest import PostOffice, link_of, text_of, work
from tests.receiver import Receiver, receiving
from workers.runner import run_worker
from workers.schedule import run_all_now

HELLO = Message("key-1", "+212661234567", 'Bonjour "vous"\n& {to}')


@pytest.fixture
async def provider() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


def by_http(settings: Settings, provider: Receiver, **given: Any) -> HttpSms:
    sms = sender_of(settings.model_copy(update={"sms_url": provider.url, **given}))
    assert isinstance(sms, HttpSms)
    return sms


async def test_a_provider_is_handed_a_message_as_its_settings_say(
    settings: Settings, provider: Receiver
) -> None:
    headers = {"Authorization": SecretStr("Bearer s3cret")}
    body = '{"recipients": ["{to}"], "from": "{sender}", "message": "{text}", "id": "{key}"}'
    await by_http(settings, provider, sms_headers=headers, sms_body=body).send(HELLO)
    (request,) = provider.received
    assert request.method == "POST"
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["idempotency-key"] == "key-1"
    assert request.json == {
        "recipients": ["+212661234567"],
        "from": "SIL",
        "message": HELLO.text,
        "id": "key-1",
    }


async def test_a_provider_that_wants_a_form_gets_one(settings: Settings, provider: Receiver) -> None:
    form = {"sms_content_type": "application/x-www-form-urlencoded", "sms_body": "to={to}&text={text}"}
    await by_http(settings, provider, **form).send(HELLO)
    (request,) = provider.received
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {"to": [HELLO.to], "text": [HELLO.text]}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, SmsRefusedError),
        (422, SmsRefusedError),
        (401, SmsNotSentError),
        (429, SmsNotSentError),
        (500, SmsNotSentError),
        (302, SmsNotSentError),
    ],
)
async def test_what_is_refused_for_good_is_told_from_what_may_be_tried_again(
    settings: Settings, provider: Receiver, status: int, error: type[Exception]
) -> None:
    provider.behave = lambda _request: (status, b"no")
    with pytest.raises(error) as raised:
        await by_http(settings, provider).send(HELLO)
    assert HELLO.to not in str(raised.value)


async def test_a_provider_that_is_silent_may_be_tried_again(settings: Settings) -> None:
    nobody = settings.model_copy(update={"sms_url": "http://127.0.0.1:1/"})
    with pytest.raises(SmsNotSentError):
        await sender_of(nobody).send(HELLO)


async def test_without_a_provider_a_developer_reads_a_file_and_production_keeps_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    here = settings.model_copy(update={"data_dir": tmp_path})
    assert isinstance(sender_of(here), FileSms)
    await sender_of(here).send(HELLO)
    (kept,) = (tmp_path / "sms").iterdir()
    assert kept.read_text() == f"To: {HELLO.to}\n\n{HELLO.text}\n"
    kept.unlink()
    await sender_of(here.model_copy(update={"environment": "production"})).send(HELLO)
    assert list((tmp_path / "sms").iterdir()) == []


def files(settings: Settings) -> list[str]:
    folder = settings.data_dir / "sms"
    return [path.read_text() for path in sorted(folder.iterdir())] if folder.exists() else []


@pytest.fixture
def texting(mailing: Settings, tmp_path: Path) -> Settings:
    """A shop whose text messages are files of this test alone."""
    return mailing.model_copy(update={"data_dir": tmp_path})


async def wait(settings: Settings, times: int = 3) -> None:
    for _ in range(times):
        await run_worker(settings, until_idle=True, handle_signals=False)


async def waiting(database: Database, **given: object) -> Order:
    """An order of Aicha's cooperative that waits for its buyer."""
    async with database.transaction() as session:
        market = await make_strict_market(session, confirms_every_order=True)
        weavers = await make_vendor(session, name="Coopérative Tifawin")
        await make_member(
            session, weavers, await make_user(session, email="aicha@example.test", language_code="fr")
        )
        rug = await make_piece(session, market.channel, 120_00, vendor_id=weavers.id, name="Tapis d’Azilal")
        return await make_order(session, market, rug, **given)


@pytest.mark.parametrize(
    ("language", "says"),
    [("fr", "Confirmez votre commande"), ("ar", "أكّد طلبك"), ("en", "Confirm your order")],
)
async def test_a_buyer_is_asked_by_both_ways_in_their_language(
    database: Database, texting: Settings, post_office: PostOffice, language: str, says: str
) -> None:
    order = await waiting(database, language_code=language)
    await wait(texting)
    (sms,) = files(texting)
    assert sms.startswith(f"To: {RABAT.phone}\n")
    assert says in sms
    (letter,) = [one for one in post_office.to("salma@example.test") if says in one["Subject"]]
    link = link_of(letter)
    assert link in sms
    assert re.fullmatch(rf"https://shop\.test/{language}/c/[\w-]{{38}}", link)
    assert post_office.to("aicha@example.test") == []
    async with database.transaction() as session:
        token = link.rpartition("/")[2]
        await confirming.answer_by_link(session, texting, token, confirms=True)
    await wait(texting)
    (told,) = post_office.to("aicha@example.test")
    assert str(order.number) in told["Subject"]


async def test_a_message_told_twice_goes_once_and_a_reminder_goes_besides(
    database: Database, texting: Settings, post_office: PostOffice, clock: ModuleType
) -> None:
    order = await waiting(database)
    await wait(texting)
    async with database.transaction() as session:
        for is_reminder in (False, True, True):
            await enqueue(session, confirming.ASK, order_id=order.id, is_reminder=is_reminder)
    await wait(texting)
    assert sorted("Rappel" in sms for sms in files(texting)) == [False, True]


async def test_an_order_that_nobody_confirms_ends_and_buyer_and_seller_are_told(
    database: Database, texting: Settings, post_office: PostOffice, clock: ModuleType
) -> None:
    order = await waiting(database)
    await wait(texting)
    clock.advance(timedelta(hours=73))
    async with database.transaction() as session:
        await run_all_now(session)
    await wait(texting, 4)
    async with database.transaction() as session:
        found = await session.get_one(Order, order.id)
        assert found.status is OrderStatus.CANCELED
    last = post_office.to("salma@example.test")[-1]
    assert "annulée" in last["Subject"]
    (told,) = post_office.to("aicha@example.test")
    assert "n’est pas à envoyer" in told["Subject"]
    assert "Tapis d’Azilal" in text_of(told)
    assert "pas confirmée à temps" in text_of(told)


async def test_a_refusal_is_told_to_buyer_and_seller_once(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        weavers = await make_vendor(session)
        member = await make_user(session, email="aicha@example.test", language_code="ar")
        await make_member(session, weavers, member)
        rug = await make_piece(session, market.channel, 120_00, vendor_id=weavers.id, name="Tapis d’Azilal")
        order = await make_order(session, market, rug)
        (part,) = await parts_of(session, order)
        await fulfil(session, part.id, notify=False)
        for _ in range(2):
            await refuse(session, part.id)
    await work(mailing)
    await work(mailing)
    (to_seller,) = [one for one in post_office.to("aicha@example.test") if "رُفض" in one["Subject"]]
    assert f"{order.number}-1" in to_seller["Subject"]
    assert "Tapis d’Azilal" in text_of(to_seller)
    (to_buyer,) = [one for one in post_office.to("salma@example.test") if "revenu" in one["Subject"]]
    assert f"{order.number}-1" in to_buyer["Subject"]
    assert "Vous ne devez rien" in text_of(to_buyer)
    async with database.transaction() as session:
        emails = await session.scalars(select(OrderEvent.type).where(OrderEvent.type == "EMAIL_SENT"))
        assert emails.all() == []


async def test_who_has_no_number_is_written_to_by_letter_alone(
    database: Database, texting: Settings, post_office: PostOffice
) -> None:
    await waiting(database, shipping_address=replace(RABAT, phone=""))
    await wait(texting)
    assert files(texting) == []
    assert any("Confirmez" in one["Subject"] for one in post_office.to("salma@example.test"))


async def test_what_was_answered_meanwhile_is_not_asked_any_more(
    database: Database, texting: Settings, post_office: PostOffice
) -> None:
    order = await waiting(database)
    async with database.transaction() as session:
        await confirming.confirm_by_staff(session, order.id)
    await wait(texting)
    assert files(texting) == []
