"""Refunds, disputes and the books of Stripe's stand-in."""

from decimal import Decimal

import pytest
import stripe

from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from tests.payments.stand_ins.paying import a_payment, refused

Client = stripe.StripeClient
Invalid = stripe.InvalidRequestError
FEE = 378
"""Of 120 dirhams: 2.9 % and 30 centimes."""


async def test_a_payment_is_refunded_in_parts_and_never_more_than_whole(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    paid = await a_payment(stripe_client)
    refunds = stripe_client.v1.refunds
    part = await refunds.create_async({"payment_intent": paid.id, "amount": 5_000})
    assert (part.status, part.amount, part.charge) == ("succeeded", 5_000, paid.latest_charge)
    with refused(Invalid, None, "amount"):
        await refunds.create_async({"payment_intent": paid.id, "amount": 7_001})
    with refused(Invalid, "parameter_invalid_integer", "amount"):
        await refunds.create_async({"payment_intent": paid.id, "amount": 0})
    rest = await refunds.create_async({"charge": str(paid.latest_charge), "reason": "requested_by_customer"})
    assert rest.amount == 7_000
    assert stripe_stand_in.object(str(paid.latest_charge))["refunded"]
    with refused(Invalid, "charge_already_refunded"):
        await refunds.create_async({"payment_intent": paid.id})
    assert stripe_stand_in.books().pending == {"mad": -FEE}
    listed = await refunds.list_async({"payment_intent": paid.id})
    assert [refund.id for refund in listed.data] == [rest.id, part.id]
    assert len(stripe_stand_in.events("charge.refunded")) == 2


async def test_what_was_not_paid_is_not_refunded(stripe_client: Client) -> None:
    with refused(Invalid):
        await stripe_client.v1.refunds.create_async({})
    with refused(Invalid, "resource_missing", "payment_intent"):
        await stripe_client.v1.refunds.create_async({"payment_intent": "pi_nobody"})
    asked = await a_payment(stripe_client, "pm_card_authenticationRequired")
    with refused(Invalid):
        await stripe_client.v1.refunds.create_async({"payment_intent": asked.id})


async def test_refunding_money_that_is_only_held_lets_it_go(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    held = await a_payment(stripe_client, capture_method="manual")
    refund = await stripe_client.v1.refunds.create_async({"payment_intent": held.id})
    assert (refund.amount, refund.balance_transaction) == (12_000, None)
    assert stripe_stand_in.object(held.id)["status"] == "canceled"


async def test_a_refund_fails_later_and_the_money_comes_back(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    paid = await a_payment(stripe_client, "pm_card_refundFail")
    refund = await stripe_client.v1.refunds.create_async({"payment_intent": paid.id, "amount": 5_000})
    assert refund.status == "succeeded"
    stripe_stand_in.let_time_pass()
    refund = await stripe_client.v1.refunds.retrieve_async(
        refund.id, {"expand": ["failure_balance_transaction"]}
    )
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (refund.failure_balance_transaction.type, refund.failure_balance_transaction.amount) == (
        "refund_failure",
        5_000,
    )
    assert stripe_stand_in.object(str(paid.latest_charge))["amount_refunded"] == 0
    assert [event["data"]["previous_attributes"] for event in stripe_stand_in.events("refund.failed")] == [
        {"status": "succeeded"}
    ]
    has = stripe_stand_in.books()
    assert has.pending["mad"] + has.available["mad"] == 12_000 - FEE


async def test_a_slow_refund_is_pending_first(stripe_stand_in: StripeStandIn, stripe_client: Client) -> None:
    paid = await a_payment(stripe_client, "pm_card_pendingRefund")
    refund = await stripe_client.v1.refunds.create_async({"payment_intent": paid.id})
    assert refund.status == "pending"
    stripe_stand_in.let_time_pass()
    assert (await stripe_client.v1.refunds.retrieve_async(refund.id)).status == "succeeded"
    assert [event["type"] for event in stripe_stand_in.events()][-2:] == [
        "refund.updated", "charge.refund.updated",
    ]  # fmt: skip


async def test_the_books_are_the_balance(stripe_stand_in: StripeStandIn, stripe_client: Client) -> None:
    at_once = await a_payment(stripe_client, "pm_card_bypassPending")
    await a_payment(stripe_client, currency="eur", amount=2_000)
    await stripe_client.v1.refunds.create_async({"payment_intent": at_once.id, "amount": 2_000})
    balance = await stripe_client.v1.balance.retrieve_async()
    assert {part.currency: part.amount for part in balance.available} == {"eur": 0, "mad": 10_000 - FEE}
    assert {part.currency: part.amount for part in balance.pending} == {"eur": 2_000 - 88, "mad": 0}
    entries = await stripe_client.v1.balance_transactions.list_async({"currency": "mad"})
    assert [(entry.type, entry.amount, entry.net) for entry in entries.data] == [
        ("refund", -2_000, -2_000),
        ("charge", 12_000, 12_000 - FEE),
    ]
    one = await stripe_client.v1.balance_transactions.retrieve_async(
        entries.data[1].id, {"expand": ["source"]}
    )
    assert one.source.payment_intent == at_once.id


async def test_entries_are_found_by_when_they_were_made(
    stripe_stand_in: StripeStandIn, stripe_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = stripe_stand_in.world.now()
    with monkeypatch.context() as yesterday:
        yesterday.setattr(stripe_stand_in.world, "now", lambda: today - 86_400)
        await a_payment(stripe_client)
    await a_payment(stripe_client, amount=20_000)
    entries = stripe_client.v1.balance_transactions
    since = await entries.list_async({"created": {"gte": today}})
    assert [entry.amount for entry in since.data] == [20_000]
    before = await entries.list_async({"created": {"lt": today}})
    assert [entry.amount for entry in before.data] == [12_000]


async def test_currencies_may_be_settled_in_another(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    stripe_stand_in.world.settled_in["mad"] = ("eur", Decimal("0.1"))
    paid = await a_payment(stripe_client, expand=["latest_charge.balance_transaction"])
    entry = paid.latest_charge.balance_transaction
    assert (entry.currency, entry.amount, entry.fee, entry.exchange_rate) == ("eur", 1_200, 38, 0.1)


async def test_a_disputed_payment_is_taken_back_and_won(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    paid = await a_payment(stripe_client)
    opened = stripe_stand_in.dispute(str(paid.latest_charge), "product_not_received")
    assert stripe_stand_in.books().available == {"mad": -12_000 - 1_500}
    with refused(Invalid, "charge_disputed"):
        await stripe_client.v1.refunds.create_async({"payment_intent": paid.id})
    dispute = await stripe_client.v1.disputes.update_async(
        opened["id"], {"evidence": {"product_description": "A rug"}, "submit": False}
    )
    assert (dispute.status, dispute.evidence_details.has_evidence) == ("needs_response", True)
    dispute = await stripe_client.v1.disputes.update_async(
        opened["id"], {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert (dispute.status, dispute.evidence.product_description) == ("under_review", "A rug")
    stripe_stand_in.let_time_pass()
    dispute = await stripe_client.v1.disputes.retrieve_async(opened["id"])
    assert dispute.status == "won"
    assert [entry.amount for entry in dispute.balance_transactions] == [-12_000, 12_000]
    assert stripe_stand_in.books().available == {"mad": -1_500}
    assert [event["type"] for event in stripe_stand_in.events() if "dispute" in event["type"]] == [
        "charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.updated",
        "charge.dispute.updated", "charge.dispute.funds_reinstated", "charge.dispute.closed",
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["accepted", "decided"])
async def test_a_dispute_is_lost(stripe_stand_in: StripeStandIn, stripe_client: Client, way: str) -> None:
    paid = await a_payment(stripe_client, "pm_card_createDispute")
    listed = await stripe_client.v1.disputes.list_async({"payment_intent": paid.id})
    (dispute,) = listed.data
    if way == "accepted":
        await stripe_client.v1.disputes.close_async(dispute.id)
    else:
        stripe_stand_in.decide_dispute(dispute.id, won=False)
    dispute = await stripe_client.v1.disputes.retrieve_async(dispute.id)
    assert (dispute.status, len(dispute.balance_transactions)) == ("lost", 1)
    with refused(Invalid):
        await stripe_client.v1.disputes.update_async(dispute.id, {"evidence": {"receipt": "file_1"}})


async def test_an_inquiry_takes_nothing(stripe_stand_in: StripeStandIn, stripe_client: Client) -> None:
    paid = await a_payment(stripe_client, "pm_card_createDisputeInquiry")
    (dispute,) = stripe_stand_in.all("dispute")
    assert (dispute["status"], dispute["balance_transactions"]) == ("warning_needs_response", [])
    await stripe_client.v1.refunds.create_async({"payment_intent": paid.id})
    assert stripe_stand_in.decide_dispute(dispute["id"], won=True)["status"] == "warning_closed"
