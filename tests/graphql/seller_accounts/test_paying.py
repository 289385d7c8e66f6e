"""Payout runs that pay some sellers at Stripe: each transfer is made once, whatever is lost, and booked."""

from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select, update

from marketplace.kit.errors import InvalidError
from marketplace.payments.answers import AnswerError
from marketplace.payments.gateways.stripe import transfers
from marketplace.payments.gateways.stripe.models import StripeMovement, StripeTransfer
from marketplace.payouts.connect import accounts, paying
from marketplace.payouts.connect.models import Capability, ConnectedAccount
from marketplace.payouts.errors import NothingToPayError, PayerMissingError
from marketplace.payouts.models import PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.runs import create_run
from marketplace.payouts.terms import set_sellers_terms
from marketplace.vendors.models import PayoutMethod
from tests.factories.payouts import approve
from tests.graphql.seller_accounts.till import EARNED, FUNDS, Till, till
from tests.ledger import faults

__all__ = ["till"]


async def test_a_run_pays_each_seller_its_own_way(till: Till) -> None:
    run_id = await till.approved()
    await till.send(run_id)
    at_stripe, by_bank = await till.payout(), await till.payout(till.house.sellers[1])
    assert (at_stripe.status, by_bank.status) == (PayoutStatus.PAID, PayoutStatus.SENT)
    run = await till.session.get_one(PayoutRun, run_id, populate_existing=True)
    assert (run.status, run.pain001_path is not None) == (PayoutRunStatus.SENT, True)
    [transfer] = till.stand_in.all("transfer")
    assert (transfer["amount"], transfer["currency"]) == (EARNED, "mad")
    assert (transfer["destination"], transfer["transfer_group"]) == (till.account_id, str(at_stripe.id))
    assert till.stand_in.books(till.account_id).available == {"mad": EARNED}
    assert await till.payable() == 0
    await till.agrees()


async def test_a_run_of_which_all_are_paid_at_once_is_closed(till: Till) -> None:
    till.house.sellers[1].payout_minimum_minor = 10**9
    run_id = await till.approved()
    await till.send(run_id)
    assert (await till.session.get_one(PayoutRun, run_id)).status is PayoutRunStatus.CLOSED


@pytest.mark.parametrize(
    "changes",
    [
        {"transfers": Capability.PENDING},
        {"payouts_enabled": False},
        {"disconnected_at": "now"},
        {"payable_from": "now"},
    ],
)
async def test_who_can_not_be_paid_at_stripe_is_not_paid_another_way_unasked(
    till: Till, clock: ModuleType, changes: dict[str, Any]
) -> None:
    given = {name: clock.now() if value == "now" else value for name, value in changes.items()}
    if "payable_from" in given:
        given["payable_from"] += accounts.REST
    await till.session.execute(update(ConnectedAccount).values(**given))
    await till.send(await till.approved())
    assert till.stand_in.all("transfer") == []
    assert await till.payable() == EARNED


async def test_what_our_balance_at_stripe_never_held_is_not_paid_from_it(till: Till) -> None:
    await till.session.execute(update(StripeMovement).values(currency="EUR"))
    own = [till.at_stripe.id]
    with pytest.raises(NothingToPayError):
        await create_run(till.session, "MAD", till.house.first.id, own)
    await till.session.execute(update(StripeMovement).values(currency="MAD"))
    assert await create_run(till.session, "MAD", till.house.first.id, own)


async def test_a_run_that_pays_at_stripe_needs_its_keys(till: Till) -> None:
    run = await create_run(till.session, "MAD", till.house.first.id)
    without = till.desk.work.settings.model_copy(
        update={"stripe_secret_key": None, "stripe_publishable_key": ""}
    )
    with pytest.raises(PayerMissingError):
        await approve(till.session, run.id, till.house.first, till.house.second, without)


@pytest.mark.parametrize("keys_are_forgotten", [False, True])
@pytest.mark.parametrize("fault", ["reset_after", "error_after"])
async def test_a_lost_answer_makes_no_second_transfer(
    till: Till, fault: Any, keys_are_forgotten: bool
) -> None:
    till.stand_in.faults.add(fault, on="POST /v1/transfers")
    run_id = await till.approved()
    with pytest.raises(AnswerError):
        await till.send(run_id)
    assert (await till.payout()).status is PayoutStatus.SENT
    assert (await till.payout(till.house.sellers[1])).status is PayoutStatus.SENT  # Nobody waits for another.
    if keys_are_forgotten:
        till.stand_in.world.answers.clear()
    await till.send(run_id)
    assert (await till.payout()).status is PayoutStatus.PAID
    assert len(till.stand_in.all("transfer")) == 1
    await till.agrees()


@pytest.mark.parametrize("fault", ["reset", "error", "rate_limit", "conflict"])
async def test_what_was_not_done_is_done_later(till: Till, fault: Any) -> None:
    till.stand_in.faults.add(fault, on="POST /v1/transfers")
    run_id = await till.approved()
    with pytest.raises(AnswerError):
        await till.send(run_id)
    assert till.stand_in.all("transfer") == []
    await till.send(run_id)
    assert (await till.payout()).status is PayoutStatus.PAID
    await till.agrees()


@pytest.mark.parametrize("dies_in", ["before Stripe is asked", "before it is written down", "at the end"])
@pytest.mark.parametrize("keys_are_forgotten", [False, True])
async def test_a_worker_that_dies_is_followed_by_one_that_goes_on(
    till: Till, monkeypatch: pytest.MonkeyPatch, dies_in: str, keys_are_forgotten: bool
) -> None:
    class Killed(BaseException):
        pass

    async def dies(*_: object) -> None:
        raise Killed

    run_id = await till.approved()
    with monkeypatch.context() as patched, pytest.raises(Killed):
        if dies_in == "before Stripe is asked":
            patched.setattr(paying, "_params", lambda _: (_ for _ in ()).throw(Killed))
        elif dies_in == "before it is written down":
            patched.setattr(transfers, "note", dies)
        else:
            patched.setattr("marketplace.payouts.sending.keep_statements", dies)
        await till.send(run_id)
    if keys_are_forgotten:
        till.stand_in.world.answers.clear()
    await till.send(run_id)
    await till.send(run_id)
    assert (await till.payout()).status is PayoutStatus.PAID
    assert len(till.stand_in.all("transfer")) == 1
    await till.agrees()


async def test_the_webhook_may_be_first_to_tell(till: Till) -> None:
    till.stand_in.faults.add("reset_after", on="POST /v1/transfers")
    run_id = await till.approved()
    with pytest.raises(AnswerError):
        await till.send(run_id)
    told = till.stand_in.webhooks()
    await till.desk.hear(*told, *told)
    assert (await till.payout()).status is PayoutStatus.PAID
    await till.send(run_id)
    await till.agrees()


async def test_stripes_books_may_be_first_to_tell(till: Till) -> None:
    till.stand_in.faults.add("reset_after", on="POST /v1/transfers")
    with pytest.raises(AnswerError):
        await till.send(await till.approved())
    await till.read_books()
    assert (await till.payout()).status is PayoutStatus.PAID
    assert await faults(till.session) == []


async def test_what_the_balance_does_not_have_is_payable_again(till: Till) -> None:
    till.stand_in.fund(-FUNDS)
    payout = await till.paid()
    assert (payout.status, payout.paid_at) == (PayoutStatus.FAILED, None)
    assert payout.reason == "There is not enough money for it on the balance at Stripe."
    assert await till.payable() == EARNED
    await till.agrees()
    till.stand_in.fund(FUNDS)
    again = await till.paid()
    assert (again.status, again.id != payout.id) == (PayoutStatus.PAID, True)
    await till.agrees()


@pytest.mark.parametrize("is_heard", [True, False])
async def test_an_account_taken_away_before_it_is_paid_into_gets_nothing(till: Till, is_heard: bool) -> None:
    run_id = await till.approved()
    till.stand_in.deauthorize(till.account_id)
    if is_heard:
        await till.desk.hear()
    await till.send(run_id)
    payout = await till.payout()
    assert payout.status is PayoutStatus.FAILED
    assert payout.reason in {
        paying.NOT_READY,
        "The seller's account at Stripe is not connected with ours any more.",
    }
    assert await till.payable() == EARNED
    await till.agrees()


async def test_a_seller_who_connects_another_account_redirects_nothing(till: Till) -> None:
    run_id = await till.approved()
    await till.session.execute(update(ConnectedAccount).values(account_id="acct_another"))
    await till.send(run_id)
    assert (await till.payout()).status is PayoutStatus.FAILED
    assert till.stand_in.all("transfer") == []


async def test_what_has_failed_is_not_asked_for_again(till: Till) -> None:
    till.stand_in.restrict_account(till.account_id)
    failed = await till.paid()
    till.stand_in.onboard(till.account_id)
    till.stand_in.world.answers.clear()
    connect = accounts.connect_in(till.desk.work.settings)
    await paying._pay(till.desk.work, connect, failed.run_id, failed.id)  # As a worker that is late.
    await till.send(failed.run_id)
    assert till.stand_in.all("transfer") == []
    assert await till.payable() == EARNED


async def test_what_stripe_has_no_coins_for_is_not_asked_for(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.payments.gateways.stripe.units._step", lambda _: 1000)
    payout = await till.paid()
    assert (payout.status, payout.reason) == (PayoutStatus.FAILED, "Stripe has no such small coins in MAD.")
    assert till.stand_in.all("transfer") == []


async def test_a_restricted_account_is_refused_by_stripe(till: Till) -> None:
    run_id = await till.approved()
    till.stand_in.restrict_account(till.account_id)
    await till.send(run_id)
    payout = await till.payout()
    assert payout.reason == "Stripe lets nobody pay into the seller's account at present."
    assert await till.payable() == EARNED


async def test_transfers_that_nobody_here_asked_for_are_named(till: Till) -> None:
    payout = await till.paid()
    connect = paying.connect_in(till.desk.work.settings)
    stray = await connect.pay({"amount": 7_00, "currency": "mad", "destination": till.account_id}, "stray")
    copy = await connect.pay(
        {
            "amount": 8_00,
            "currency": "mad",
            "destination": till.account_id,
            "transfer_group": str(payout.id),
        },
        "copy",
    )
    await till.desk.hear()
    assert set(await till.differences()) == {
        f"transfer {stray.id}: 7.00 MAD at Stripe, 0.00 MAD here",
        f"transfer {copy.id}: 8.00 MAD at Stripe, 0.00 MAD here",
    }
    kept = select(StripeTransfer.id).where(StripeTransfer.is_ours)
    assert len((await till.session.scalars(kept)).all()) == 1
    assert await faults(till.session) == []


async def test_who_has_no_account_at_stripe_can_not_choose_it(till: Till) -> None:
    without = till.house.sellers[1]
    with pytest.raises(InvalidError) as refused:
        await set_sellers_terms(
            till.session, without.id, till.house.first.id, method=PayoutMethod.STRIPE_TRANSFER
        )
    assert refused.value.field == "method"
    chosen = await set_sellers_terms(
        till.session, till.at_stripe.id, till.house.first.id, method=PayoutMethod.STRIPE_TRANSFER
    )
    assert chosen.payout_method is PayoutMethod.STRIPE_TRANSFER
