"""What Stripe tells us: signed, kept, and worked on, in whichever order and however often it comes."""

import time
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe.inbox import LONG_WAIT, WORK, queue_waiting
from marketplace.payments.gateways.stripe.models import StripeEvent, StripeRefusal
from marketplace.payments.models import TransactionItem
from marketplace.payments.stand_ins.stripe.outbox import WEBHOOK_SECRET, Delivery, signature
from tests.graphql.payments.by_stripe.conftest import Shop


async def _kept(shop: Shop) -> list[StripeEvent]:
    await shop.session.commit()
    found = await shop.session.scalars(
        select(StripeEvent).order_by(StripeEvent.created_at, StripeEvent.id),
        execution_options={"populate_existing": True},
    )
    return list(found)


async def test_a_payment_is_known_though_the_buyer_never_came_back(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    await shop.hear()
    assert await shop.amounts(begun) == {"charged": 150_00}
    assert await shop.complete() == []


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_createDispute"])
@pytest.mark.parametrize("order", [1, -1])
async def test_the_order_in_which_it_is_told_does_not_matter(promises: Shop, card: str, order: int) -> None:
    begun = await promises.begin()
    await promises.confirm(begun, card)
    reference = begun["transaction"]["pspReference"]
    await promises.browser.v1.payment_intents.capture_async(reference, {"amount_to_capture": 90_00})
    await promises.browser.v1.refunds.create_async({"payment_intent": reference, "amount": 20_00})
    told = promises.stand_in.webhooks()
    await promises.hear(*told[::order], *told)
    assert await promises.amounts(begun) == {"charged": 70_00, "refunded": 20_00, "canceled": 60_00}
    events = await promises.events(begun)
    assert len(events) == len(set(events))


async def test_a_payment_whose_name_was_never_answered_is_known_by_its_own(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.session.execute(update(TransactionItem).values(psp_reference=None))
    await shop.confirm(begun)
    await shop.hear()
    assert await shop.amounts(begun) == {"charged": 150_00}
    assert (await shop.transaction(begun)).psp_reference == begun["transaction"]["pspReference"]


async def test_an_event_is_kept_before_it_is_worked_on_and_once(shop: Shop) -> None:
    paid = await shop.begin()
    await shop.confirm(paid)
    told = shop.stand_in.webhooks()
    assert set(await shop.hear(*told, *told, works=False)) == {200}
    kept = await _kept(shop)
    assert {event.id for event in kept} == {delivery.event["id"] for delivery in told}
    assert {event.status for event in kept} == {NoticeStatus.WAITING}
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name")
    assert await shop.session.scalar(waiting, {"name": WORK}) == len(told)
    assert await shop.amounts(paid) == {}
    await shop.do_jobs()
    assert await shop.amounts(paid) == {"charged": 150_00}


async def test_nothing_of_the_buyer_is_kept_of_an_event(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    await shop.hear()
    for event in await _kept(shop):
        assert event.subject.keys() <= {
            "id", "object", "amount", "amount_refunded", "charge", "currency", "metadata", "payment_intent",
            "reason", "status",
        }  # fmt: skip
        assert "secret" not in orjson.dumps(event.subject).decode()


async def _refusals(session: AsyncSession) -> int:
    await session.commit()
    return await session.scalar(select(func.coalesce(func.sum(StripeRefusal.count), 0))) or 0


EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": 1_700_000_000,
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def _signed(event: Any, *, secret: str = WEBHOOK_SECRET, ahead: float = 0) -> tuple[bytes, dict[str, str]]:
    body = event if isinstance(event, bytes) else orjson.dumps(event)
    return body, {"stripe-signature": signature(body, secret, int(time.time() + ahead))}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (orjson.dumps(EVENT), {}),
        (orjson.dumps(EVENT), {"stripe-signature": ""}),
        (orjson.dumps(EVENT), {"stripe-signature": "t=1,v1=00"}),
        (orjson.dumps(EVENT), {"stripe-signature": "t=x,v1"}),
        _signed(EVENT, secret="whsec_another"),
        _signed(EVENT, ahead=-301),
        _signed(EVENT, ahead=10**6),
        (_signed(EVENT)[0] + b" ", _signed(EVENT)[1]),
        _signed(b"\xff\xfe"),
        _signed(b"not json"),
        _signed([]),
        _signed({**EVENT, "id": 1}),
        _signed({**EVENT, "id": "e" * 300}),
        _signed({**EVENT, "data": {}}),
        _signed({**EVENT, "created": "yesterday"}),
        _signed({**EVENT, "created": 10**12}),
        _signed({**EVENT, "object": "v2.core.event"}),
        _signed({**EVENT, "type": "a\u0000b"}),
    ],
)
async def test_what_stripe_did_not_sign_is_counted_and_forgotten(
    shop: Shop, body: bytes, headers: dict[str, str]
) -> None:
    answer = await shop.client.post("/webhooks/stripe", content=body, headers=headers)
    assert answer.status_code == 400
    assert await _kept(shop) == []
    assert await _refusals(shop.session) == 1


async def test_refusals_are_counted_by_day(shop: Shop) -> None:
    for _ in range(3):
        await shop.client.post("/webhooks/stripe", content=b"{}")
    row = (await shop.session.scalars(select(StripeRefusal))).one()
    assert (row.day, row.count) == (clock.now().date(), 3)


async def test_what_is_too_long_is_not_read_to_its_end(shop: Shop, stripe_settings: Any) -> None:
    content = b"x" * (stripe_settings.max_request_bytes + 1)
    assert (await shop.client.post("/webhooks/stripe", content=content)).status_code == 413


async def _hear_of(shop: Shop, **changed: Any) -> StripeEvent:
    event = {**EVENT, **changed}
    body, headers = _signed(event)
    assert (await shop.client.post("/webhooks/stripe", content=body, headers=headers)).status_code == 200
    await shop.do_jobs()
    (kept,) = await _kept(shop)
    return kept


async def test_what_is_sold_elsewhere_by_the_same_account_is_ignored(shop: Shop) -> None:
    assert (await _hear_of(shop)).status is NoticeStatus.IGNORED
    assert (await shop.session.scalar(select(func.count()).select_from(StripeEvent))) == 1


async def test_what_nobody_works_on_is_ignored(shop: Shop) -> None:
    assert (await _hear_of(shop, type="customer.created")).status is NoticeStatus.IGNORED


async def test_real_money_is_not_told_of_to_a_shop_that_tests(shop: Shop) -> None:
    kept = await _hear_of(shop, livemode=True)
    assert (kept.status, kept.message) == (
        NoticeStatus.REFUSED, "This event is real, and our key is not.",
    )  # fmt: skip


async def test_a_payment_of_another_account_is_refused(shop: Shop) -> None:
    kept = await _hear_of(shop, account="acct_2")
    assert kept.status is NoticeStatus.REFUSED
    assert "acct_2" in kept.message


async def test_a_payment_intent_that_claims_to_be_of_a_payment_is_refused(shop: Shop) -> None:
    paid = await shop.begin()
    metadata = {"saleor_transaction_id": paid["transaction"]["id"]}
    about = {"id": "pi_other", "object": "payment_intent", "metadata": metadata}
    kept = await _hear_of(shop, data={"object": about})
    assert kept.status is NoticeStatus.REFUSED
    assert "pi_other" in kept.message
    assert await shop.amounts(paid) == {}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"amount": 1_00}, "is of 1.00 MAD, not of 150.00 MAD"),
        ({"currency": "eur"}, "is in EUR, not in MAD"),
        ({"metadata": {"saleor_transaction_id": "other"}}, "is for another payment"),
    ],
)
async def test_what_does_not_fit_is_refused_and_reported(
    shop: Shop, changed: dict[str, Any], words: str
) -> None:
    begun = await shop.begin()
    shop.intent(begun).update(changed)
    await shop.confirm(begun)
    done = await shop.go_on(begun)
    assert done["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert words in done["transactionEvent"]["message"]
    before = await shop.events(begun)
    await shop.hear()
    assert await shop.events(begun) == before  # It is reported once.
    assert await shop.amounts(begun) == {}
    assert await shop.complete() == ["CHECKOUT_NOT_FULLY_PAID"]


async def test_an_event_is_worked_on_later_where_stripe_can_not_be_asked(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    told = next(one for one in shop.stand_in.webhooks() if one.event["type"] == "payment_intent.succeeded")
    shop.stand_in.faults.add("reset", on="GET /v1/payment_intents/*", times=5)
    await shop.hear(told, works=False)
    with pytest.raises(Exception, match="Stripe"):
        await shop.do_jobs()
    assert [event.status for event in await _kept(shop)] == [NoticeStatus.WAITING]
    shop.stand_in.faults.clear()
    await shop.session.rollback()
    assert await queue_waiting(shop.session) == 0  # Its own job tries again.
    await shop.session.execute(update(StripeEvent).values(received_at=StripeEvent.received_at - LONG_WAIT))
    assert await queue_waiting(shop.session) == 1
    await shop.do_jobs()
    assert await shop.amounts(begun) == {"charged": 150_00}
    assert [event.status for event in await _kept(shop)] == [NoticeStatus.DONE]


async def test_several_secrets_are_known_while_one_replaces_another(shop: Shop, app: Any) -> None:
    app.state.settings = app.state.settings.model_copy(
        update={"stripe_webhook_secret": SecretStr("whsec_new, whsec_standin")}
    )
    told = Delivery(EVENT, "whsec_new"), Delivery({**EVENT, "id": "evt_2"}, "whsec_standin")
    assert await shop.hear(*told) == [200, 200]


async def test_without_a_secret_there_is_no_such_address(client: Any, app: Any) -> None:
    app.state.settings = app.state.settings.model_copy(update={"stripe_webhook_secret": None})
    assert (await client.post("/webhooks/stripe", content=b"{}")).status_code == 404
