"""Whatever buyers, staff, faults and webhooks do: in the end Stripe, our transactions and our ledger agree.

`STRIPE_SEQUENCES` says how many sequences are drawn; `STRIPE_SEED=425` plays those that begin with it again.
"""

import os
from types import ModuleType

import pytest
from sqlalchemy import func, select, text

from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payouts.verifying import verify
from tests.graphql.payments.by_stripe.anybody import WITHOUT_DECIMALS, Anybody, Street
from tests.graphql.payments.by_stripe.conftest import Shop

SEQUENCES = int(os.environ.get("STRIPE_SEQUENCES", "1000" if os.environ.get("CI") else "100"))
AT_ONCE = 25
"""Sequences that share a street: one after the other, and in the end all of them come to rest together."""
STEPS = 6
FIRST = [int(os.environ["STRIPE_SEED"])] if "STRIPE_SEED" in os.environ else range(0, SEQUENCES, AT_ONCE)
IN_LEDGER = text(
    "SELECT coalesce(sum(amount_minor), 0) FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
    " WHERE kind = 'gateway_moved' AND account = 'GATEWAY_RECEIVABLE' AND currency = :currency"
)


@pytest.mark.seconds(AT_ONCE * 0.15)
@pytest.mark.parametrize("first", FIRST)
async def test_stripe_transactions_and_ledger_agree_in_the_end(
    shop: Shop, clock: ModuleType, first: int
) -> None:
    shop.stand_in.reset(first)
    street = await Street.of(shop, clock, first)
    for seed in range(first, first + AT_ONCE):
        anybody = await street.somebody(seed)
        await anybody.does(STEPS)
    await street.settles()
    known = {one["transaction"]["pspReference"] for anybody in street.people for one in anybody.payments}
    for intent in shop.stand_in.all("payment_intent"):
        assert intent["id"] in known or intent["amount_received"] == 0  # Paid, and we know nothing of it.
    for seed, anybody in enumerate(street.people, start=first):
        told = f"STRIPE_SEED={first}, the {seed - first + 1}. of them: {'; '.join(anybody.did)}"
        await _payments_are_as_at_stripe(anybody, told)
        await _the_order_is_paid_for(anybody, told)
        await _nothing_is_kept_for_nothing(anybody, told)
    for currency in ("MAD", WITHOUT_DECIMALS):
        intents = [
            one["id"]
            for one in shop.stand_in.all("payment_intent")
            if one["currency"] == currency.lower() and one["id"] not in street.changed
        ]
        booked = await shop.session.scalar(IN_LEDGER, {"currency": currency})
        assert booked == sum(map(shop.stand_in.money_of, intents)), f"STRIPE_SEED={first}"
    assert await verify(shop.session) == []


async def _payments_are_as_at_stripe(anybody: Anybody, told: str) -> None:
    shop = anybody.shop
    for payment in anybody.payments:
        row = await shop.transaction(payment)
        ours = {
            "authorized": row.authorized_minor,
            "charged": row.charged_minor,
            "refunded": row.refunded_minor,
            "refund_pending": row.refund_pending_minor,
        }
        events = await shop.events(payment)
        if row.psp_reference in anybody.street.changed:
            assert not any(ours.values()), f"{told}\n{events}"
            continue
        assert ours == _at_stripe(shop, shop.intent(payment)), f"{told}\n{events}"
        pending = row.charge_pending_minor + row.authorize_pending_minor + row.cancel_pending_minor
        assert pending == 0, f"{told}\n{events}"


def _at_stripe(shop: Shop, intent: dict[str, int | str]) -> dict[str, int]:
    """What of a payment is promised, taken and paid back by Stripe's own books."""
    made = [
        one
        for one in shop.stand_in.all("refund")
        if one["payment_intent"] == intent["id"] and one["balance_transaction"] is not None
    ]
    back = sum(one["amount"] for one in made if one["status"] == "succeeded")
    pending = sum(one["amount"] for one in made if one["status"] in {"pending", "requires_action"})
    promised, received = intent["amount"], intent["amount_received"]
    assert isinstance(promised, int)
    assert isinstance(received, int)
    return {
        "authorized": promised if intent["status"] == "requires_capture" else 0,
        "charged": received - back - pending + _moved_by_banks(shop, intent),
        "refunded": back,
        "refund_pending": pending,
    }


def _moved_by_banks(shop: Shop, intent: dict[str, int | str]) -> int:
    """What the bank has taken back, and given back again."""
    moved: int = sum(
        entry["amount"]
        for dispute in shop.stand_in.all("dispute")
        if dispute["payment_intent"] == intent["id"]
        for entry in dispute["balance_transactions"]
    )
    return moved


async def _the_order_is_paid_for(anybody: Anybody, told: str) -> None:
    """It was promised or paid in full. No more of it is kept than it costs, but where a bank sent it back."""
    order, shop = await anybody.order(), anybody.shop
    if order is None:
        return
    own = {payment["transaction"]["pspReference"] for payment in anybody.payments} - anybody.street.changed
    taken = [
        one
        for one in shop.stand_in.all("charge")
        if one["status"] == "succeeded" and one["payment_intent"] in own
    ]
    assert sum(one["amount"] for one in taken) >= order.total_gross_minor, told
    paid = {one["payment_intent"] for one in taken}
    assert len(taken) == len(paid), told  # No payment is taken twice.
    assert len(paid) <= len(anybody.confirmed), told
    rows = (
        select(func.sum(TransactionItem.charged_minor), func.sum(TransactionItem.authorized_minor))
        .where(TransactionItem.order_id == order.id)
    )  # fmt: skip
    sums = (await shop.session.execute(rows)).one()
    assert (order.total_charged_minor, order.total_authorized_minor) == tuple(sums), told
    if not own & _stuck_at_banks(shop):
        events = [await shop.events(payment) for payment in anybody.payments]
        assert order.total_charged_minor <= order.total_gross_minor, f"{told}\n{events}"


def _stuck_at_banks(shop: Shop) -> set[str]:
    """Payments that can't be given back."""
    failed = {one["payment_intent"] for one in shop.stand_in.all("refund") if one["status"] == "failed"}
    return failed | {one["payment_intent"] for one in shop.stand_in.all("dispute")}


async def _nothing_is_kept_for_nothing(anybody: Anybody, told: str) -> None:
    """Of a cart that is gone, or that nobody completes where the channel releases funds, nothing is held but
    what the buyer's bank has sent back.
    """
    cart, session = await anybody.cart(), anybody.shop.session
    if cart is not None and not anybody.releases:
        return
    sent_back = select(TransactionEvent.transaction_id).where(TransactionEvent.type == Type.REFUND_FAILURE)
    held = select(func.count()).where(
        TransactionItem.order_id.is_(None),
        TransactionItem.charged_minor + TransactionItem.authorized_minor > 0,
        TransactionItem.checkout_id.is_(None) if cart is None else TransactionItem.checkout_id == cart.id,
        TransactionItem.id.not_in(sent_back),
    )
    assert await session.scalar(held) == 0, told
