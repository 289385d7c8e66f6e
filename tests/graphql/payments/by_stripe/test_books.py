"""Fees, changes of currency and payouts: what Stripe's own books say, the ledger says too."""

from datetime import timedelta
from decimal import Decimal
from types import ModuleType

import pytest
from sqlalchemy import func, select

from marketplace.kit import clock as product_clock
from marketplace.payments.answers import AnswerError
from marketplace.payments.gateways.stripe import api as stripe_api
from marketplace.payments.gateways.stripe import bank, books
from marketplace.payments.gateways.stripe.models import (
    MovementKind,
    StripeMovement,
    StripePayout,
    StripeReading,
)
from marketplace.payments.models import TransactionItem
from marketplace.payouts.ledger import Account, JournalEntry, Posting
from marketplace.payouts.verifying import verify
from tests.graphql.payments.by_stripe.conftest import Shop
from tests.ledger import faults

FEE = 4_65
"""Of 150 MAD: 2.9 % and 30 centimes."""
A_MINUTE = timedelta(minutes=1)


async def _read(shop: Shop) -> None:
    await shop.session.commit()
    await books.read_on(shop.work.database, shop.work.settings)


async def _balance(shop: Shop, account: Account, currency: str = "MAD") -> int:
    sum_ = select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
        Posting.account == account, Posting.currency == currency
    )
    return int((await shop.session.scalars(sum_)).one())


def _at_stripe(shop: Shop, currency: str = "mad") -> int:
    has = shop.stand_in.books()
    return has.available.get(currency, 0) + has.pending.get(currency, 0)


async def _agrees(shop: Shop) -> None:
    assert await _balance(shop, Account.GATEWAY_RECEIVABLE) == _at_stripe(shop)
    assert await faults(shop.session) == []


async def _paid_out(shop: Shop, amount: int = 100_00) -> str:
    """Stripe pays out what a buyer has paid; gives the payout's name."""
    await shop.paid()
    for entry in shop.stand_in.all("balance_transaction"):
        shop.stand_in.object(entry["id"])["status"] = "available"
    made = await shop.browser.v1.payouts.create_async({"amount": amount, "currency": "mad"})
    return made.id


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_api, "PAGE", 2)


async def test_a_fee_is_an_expense_and_lowers_what_stripe_owes(shop: Shop) -> None:
    await shop.paid()
    await _read(shop)
    assert await _balance(shop, Account.GATEWAY_FEES) == FEE
    assert await _balance(shop, Account.GATEWAY_RECEIVABLE) == 150_00 - FEE
    await _agrees(shop)


async def test_what_is_read_twice_is_booked_once(shop: Shop) -> None:
    await shop.paid()
    for _ in range(3):
        await _read(shop)
    await books.read_since(shop.work.database, shop.work.settings, product_clock.now() - timedelta(days=1))
    assert await _balance(shop, Account.GATEWAY_FEES) == FEE
    await _agrees(shop)


async def test_a_refund_brings_no_fee_back(shop: Shop) -> None:
    paid = await shop.paid()
    assert await shop.act(paid, "REFUND", amount=50) == []
    await _read(shop)
    assert await _balance(shop, Account.GATEWAY_FEES) == FEE
    assert await _balance(shop, Account.GATEWAY_RECEIVABLE) == 100_00 - FEE
    await _agrees(shop)


async def test_books_of_many_pages_are_read_from_where_they_were_left(shop: Shop, small_pages: None) -> None:
    for _ in range(5):
        await shop.paid(amount=20)
    await shop.session.commit()
    assert await books.read_on(shop.work.database, shop.work.settings, pages=1) is False
    reading = await shop.session.get_one(StripeReading, 1, populate_existing=True)
    assert reading.after is not None
    assert await books.read_on(shop.work.database, shop.work.settings) is True
    assert len((await shop.session.scalars(select(StripeMovement.id))).all()) == 5
    await shop.session.refresh(reading)
    assert (reading.after, reading.window_ends) == (None, None)
    await _agrees(shop)


@pytest.mark.parametrize("fault", ["reset", "error", "rate_limit", "reset_after"])
async def test_books_that_could_not_be_read_are_read_later(shop: Shop, fault: str) -> None:
    await shop.paid()
    await shop.session.commit()
    shop.stand_in.faults.add(fault, on="GET /v1/balance_transactions", times=3)  # type: ignore[arg-type]
    with pytest.raises(AnswerError):
        await books.read_on(shop.work.database, shop.work.settings)
    assert await _balance(shop, Account.GATEWAY_FEES) == 0
    shop.stand_in.faults.clear()
    await _read(shop)
    await _agrees(shop)


async def test_a_payment_that_turns_out_to_be_ours_is_booked_then(shop: Shop) -> None:
    row = await shop.transaction(await shop.paid())
    reference, row.psp_reference = row.psp_reference, "not known yet"
    await _read(shop)
    assert await _balance(shop, Account.GATEWAY_FEES) == 0
    assert await faults(shop.session) == []
    row.psp_reference = reference
    await _read(shop)
    assert await _balance(shop, Account.GATEWAY_FEES) == FEE
    await _agrees(shop)


async def test_what_the_account_sells_elsewhere_is_not_booked(shop: Shop) -> None:
    await shop.paid()
    await shop.browser.v1.payment_intents.create_async(
        {"amount": 70_00, "currency": "mad", "confirm": True, "payment_method": "pm_card_visa",
         "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
    )  # fmt: skip
    await _read(shop)
    assert await _balance(shop, Account.GATEWAY_FEES) == FEE
    of_nobody = select(StripeMovement.amount_minor).where(StripeMovement.transaction_id.is_(None))
    assert (await shop.session.scalars(of_nobody)).all() == [70_00]
    assert await faults(shop.session) == []


async def test_money_that_stripe_changes_is_owed_in_the_other_currency(shop: Shop) -> None:
    shop.stand_in.world.settled_in["mad"] = ("eur", Decimal("0.1"))
    paid = await shop.paid()
    assert await shop.act(paid, "REFUND", amount=50) == []
    await _read(shop)
    assert await _balance(shop, Account.GATEWAY_RECEIVABLE, "MAD") == 0
    assert await _balance(shop, Account.GATEWAY_RECEIVABLE, "EUR") == _at_stripe(shop, "eur")
    assert await _balance(shop, Account.CURRENCY_EXCHANGE, "MAD") == 100_00
    assert await _balance(shop, Account.CURRENCY_EXCHANGE, "EUR") == -10_00
    assert await faults(shop.session) == []


async def test_a_payout_is_on_its_way_until_the_bank_has_it(shop: Shop) -> None:
    await _paid_out(shop)
    await _read(shop)
    assert await _balance(shop, Account.GATEWAY_IN_TRANSIT) == 100_00
    await _agrees(shop)
    shop.stand_in.let_time_pass()
    await shop.hear()
    assert await _balance(shop, Account.GATEWAY_IN_TRANSIT) == 0
    assert await _balance(shop, Account.BANK) == 100_00
    await _agrees(shop)


@pytest.mark.parametrize("was_said_to_be_paid", [False, True])
async def test_a_payout_that_the_bank_sends_back_is_owed_again(shop: Shop, was_said_to_be_paid: bool) -> None:
    payout_id = await _paid_out(shop)
    await _read(shop)
    if was_said_to_be_paid:
        shop.stand_in.let_time_pass()
        await shop.hear()
    shop.stand_in.fail_payout(payout_id)
    await shop.hear()
    await _read(shop)
    assert await _balance(shop, Account.BANK) == 0
    assert await _balance(shop, Account.GATEWAY_IN_TRANSIT) == 0
    row = await shop.session.get_one(StripePayout, payout_id, populate_existing=True)
    assert (row.status, row.reason) == ("FAILED", "account_closed")
    await _agrees(shop)


async def test_webhooks_of_a_payout_may_come_twice_and_late(shop: Shop) -> None:
    payout_id = await _paid_out(shop)
    await _read(shop)
    shop.stand_in.let_time_pass()
    told = shop.stand_in.webhooks()
    shop.stand_in.fail_payout(payout_id)
    await shop.hear(*shop.stand_in.webhooks())
    await shop.hear(*told, *told)
    await _read(shop)
    assert await _balance(shop, Account.BANK) == 0
    await _agrees(shop)


async def test_a_payout_of_which_nothing_is_heard_is_asked_after(shop: Shop, clock: ModuleType) -> None:
    await _paid_out(shop)
    await _read(shop)
    shop.stand_in.let_time_pass()
    shop.stand_in.webhooks()  # Lost.
    await bank.find_out_due(shop.work.database, shop.work.settings)
    assert await _balance(shop, Account.BANK) == 0  # It is not due yet.
    clock.advance(timedelta(days=3))
    await bank.find_out_due(shop.work.database, shop.work.settings)
    assert await _balance(shop, Account.BANK) == 100_00
    await _agrees(shop)


async def test_nothing_is_read_without_keys(shop: Shop) -> None:
    settings = shop.work.settings.model_copy(update={"stripe_secret_key": None})
    assert await books.read_on(shop.work.database, settings) is True
    await books.read_since(shop.work.database, settings, product_clock.now())
    await bank.find_out_due(shop.work.database, settings)
    assert (await shop.session.scalars(select(StripeReading))).all() == []


async def test_the_check_finds_a_fee_that_is_not_booked(shop: Shop) -> None:
    row = await shop.transaction(await shop.paid())
    shop.session.add(
        StripeMovement(
            id="txn_lost", kind=MovementKind.CHARGE, type="charge", created_at=product_clock.now(),
            currency="MAD", amount_minor=150_00, fee_minor=FEE, paid_currency="MAD", paid_minor=150_00,
            transaction_id=row.id,
        )
    )  # fmt: skip
    await shop.session.flush()
    assert [found.rule for found in await verify(shop.session)] == ["what Stripe keeps is booked"]
    assert (await shop.session.scalars(select(TransactionItem.id))).all() == [row.id]
    keys = select(JournalEntry.key).where(JournalEntry.kind == "stripe_moved")
    assert (await shop.session.scalars(keys)).all() == []
