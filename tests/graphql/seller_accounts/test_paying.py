"""Payout runs that pay some sellers at Stripe: each transfer is made once, whatever is lost, and booked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.payments.answers import AnswerError
from marketplace.payments.gateways.stripe import books, reconciling, transfers
from marketplace.payments.gateways.stripe.models import StripeMovement, StripeTransfer
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payouts.connect import accounts, paying
from marketplace.payouts.connect.models import Capability, ConnectedAccount
from marketplace.payouts.errors import NothingToPayError, PayerMissingError
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.queries import verify
from marketplace.payouts.runs import create_run
from marketplace.payouts.sending import send
from marketplace.payouts.terms import set_sellers_terms
from marketplace.vendors.models import PayoutMethod, Vendor
from tests.factories.payouts import approve
from tests.factories.stripe import make_connected_account
from tests.graphql.conftest import Ask, seller, staff
from tests.graphql.seller_accounts.conftest import Desk
from tests.payouts.conftest import House, balance_of, earn, make_house

EARNED = 904_00
"""Of 1000 MAD: less 8 % and the VAT on it."""
FUNDS = 10_000_00
REVERSE = """
mutation ($id: ID!, $reason: String!, $amount: PositiveDecimal, $key: String) {
  it: payoutReverse(id: $id, reason: $reason, amount: $amount, idempotencyKey: $key) {
    payout { status reason returned { amount } stripeTransferId } errors { field code message } } }
"""


@dataclass
class Till:
    """Two sellers who are owed 904 MAD each: one is paid into its account at Stripe, one by the bank."""

    desk: Desk
    house: House
    account_id: str

    @property
    def session(self) -> AsyncSession:
        return self.desk.session

    @property
    def stand_in(self) -> StripeStandIn:
        return self.desk.stand_in

    @property
    def at_stripe(self) -> Vendor:
        return self.house.sellers[0]

    async def approved(self) -> int:
        run = await create_run(self.session, "MAD", self.house.first.id)
        await approve(self.session, run.id, self.house.first, self.house.second, self.desk.work.settings)
        await self.session.commit()
        return run.id

    async def send(self, run_id: int) -> None:
        """What a worker does with the job."""
        await self.session.commit()
        await send(self.desk.work, run_id)
        await self.session.commit()

    async def payout(self, vendor: Vendor | None = None) -> Payout:
        await self.session.commit()
        query = select(Payout).where(Payout.vendor_id == (vendor or self.at_stripe).id)
        found = await self.session.scalars(
            query.order_by(Payout.number.desc()).limit(1), execution_options={"populate_existing": True}
        )
        return found.one()

    async def paid(self) -> Payout:
        """The payout at Stripe, once it is made."""
        await self.send(await self.approved())
        return await self.payout()

    async def read_books(self) -> None:
        await self.session.commit()
        await books.read_on(self.desk.work.database, self.desk.work.settings)
        await transfers.find_unheard(self.desk.work.database, self.desk.work.settings)

    async def differences(self) -> list[str]:
        await self.read_books()
        since = (await self.payout()).created_at.replace(year=2020)
        return [str(one) for one in await reconciling.differences(self.session, since)]

    async def agrees(self) -> None:
        """Stripe's balance is what the ledger says, and all else is in order."""
        assert await self.differences() == []
        assert await self.balance(Account.GATEWAY_RECEIVABLE) == self.stand_in.books().available["mad"]
        assert await verify(self.session) == []

    async def balance(self, account: Account) -> int:
        sum_ = select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(Posting.account == account)
        return int((await self.session.scalars(sum_)).one())

    async def payable(self) -> int:
        return (await balance_of(self.session, self.at_stripe)).payable.minor

    async def reverse(self, amount: int | None = None, **given: Any) -> dict[str, Any]:
        payout = await self.payout()
        cashier = staff("MANAGE_PAYOUTS", user=self.house.first)
        asked = {"id": to_global_id("Payout", payout.id), "amount": amount, "reason": "Paid by mistake"}
        return await self.desk.do(REVERSE, cashier, **asked | given)


@pytest.fixture
async def till(
    desk: Desk, session: AsyncSession, clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Till]:
    # What statements look like is tested elsewhere, and setting them takes most of a second.
    monkeypatch.setattr("marketplace.payouts.sending.statement_pdf", lambda *_: b"%PDF")
    house = await make_house(session, desk.work.settings)
    house.sellers[0].payout_method = PayoutMethod.STRIPE_TRANSFER
    account = await make_connected_account(session, desk.stand_in, house.sellers[0])
    desk.stand_in.fund(FUNDS)
    await session.commit()
    await books.read_on(desk.work.database, desk.work.settings)
    await earn(session, clock, house, 1000_00, 1000_00)
    await session.commit()
    with capture_logs():  # Drawing what failed takes seconds.
        yield Till(desk, house, str(account.account_id))


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
            patched.setattr("marketplace.payouts.sending._keep_statements", dies)
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
    assert await verify(till.session) == []


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


async def test_a_restricted_account_is_refused_by_stripe(till: Till) -> None:
    run_id = await till.approved()
    till.stand_in.restrict_account(till.account_id)
    await till.send(run_id)
    payout = await till.payout()
    assert payout.reason == "Stripe lets nobody pay into the seller's account at present."
    assert await till.payable() == EARNED


async def test_a_transfer_taken_back_is_owed_again(till: Till) -> None:
    await till.paid()
    done = await till.reverse()
    assert done["errors"] == []
    assert (done["payout"]["status"], done["payout"]["returned"]["amount"]) == ("RETURNED", 904.0)
    assert await till.payable() == EARNED
    await till.agrees()
    again = await till.reverse()
    assert (again["errors"], again["payout"]["status"]) == ([], "RETURNED")
    assert len(till.stand_in.all("transfer_reversal")) == 1
    assert (await till.paid()).status is PayoutStatus.PAID
    await till.agrees()


async def test_a_part_that_is_taken_back_is_in_the_next_payout(till: Till) -> None:
    await till.paid()
    for amount, returned in ((100, 100.0), (4, 104.0)):
        done = await till.reverse(amount)
        assert (done["payout"]["status"], done["payout"]["returned"]["amount"]) == ("PAID", returned)
        await till.agrees()
    assert await till.payable() == 104_00
    next_one = await till.paid()
    assert (next_one.amount_minor, next_one.status) == (104_00, PayoutStatus.PAID)
    await till.agrees()


async def test_what_is_taken_back_in_parts_is_taken_back_as_a_whole(till: Till) -> None:
    await till.paid()
    await till.reverse(900)
    done = await till.reverse()
    assert (done["payout"]["status"], done["payout"]["returned"]["amount"]) == ("PAID", 904.0)
    assert await till.payable() == EARNED
    await till.agrees()


async def test_asked_for_twice_with_one_key_it_is_taken_back_once(till: Till) -> None:
    await till.paid()
    for _ in range(2):
        assert (await till.reverse(500, key="today"))["errors"] == []
        till.stand_in.world.answers.clear()
    assert [one["amount"] for one in till.stand_in.all("transfer_reversal")] == [500_00]
    [error] = (await till.reverse(500, key="tomorrow"))["errors"]
    assert (error["field"], error["code"]) == ("amount", "INVALID")
    await till.agrees()


@pytest.mark.parametrize("hears_by", ["webhook", "books", "asking again"])
async def test_a_lost_answer_takes_nothing_back_twice(till: Till, hears_by: str) -> None:
    await till.paid()
    await till.desk.hear()
    till.stand_in.faults.add("reset_after", on="POST /v1/transfers/*/reversals")
    assert [error["code"] for error in (await till.reverse(100))["errors"]] == ["GATEWAY_UNAVAILABLE"]
    if hears_by == "webhook":
        told = till.stand_in.webhooks()
        await till.desk.hear(*told, *told)
    elif hears_by == "books":
        await till.read_books()
    else:
        await till.reverse(100)
    assert await till.payable() == 100_00
    await till.agrees()


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"amount": 905}, "amount", "INVALID"),
        ({"reason": " "}, "reason", "REQUIRED"),
        ({"reason": "x" * 201}, "reason", "INVALID"),
        ({"id": "UGF5b3V0OjA="}, "id", "INVALID"),
    ],
)
async def test_what_can_not_be_taken_back_is_refused(
    till: Till, given: dict[str, Any], field: str, code: str
) -> None:
    await till.paid()
    [error] = (await till.reverse(**given))["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert till.stand_in.all("transfer_reversal") == []


async def test_what_the_seller_has_been_paid_out_is_not_there_any_more(till: Till) -> None:
    await till.paid()
    with till.stand_in.world.lock:
        for entry in till.stand_in.world.all("balance_transaction", till.account_id):
            entry["net"] = entry["amount"] = 0
    [error] = (await till.reverse())["errors"]
    assert error["code"] == "GATEWAY_REFUSED"
    assert (await till.payout()).status is PayoutStatus.PAID


async def test_what_was_not_paid_at_stripe_is_not_taken_back_there(till: Till) -> None:
    await till.approved()
    for vendor in till.house.sellers:
        payout = await till.payout(vendor)
        [error] = (await till.reverse(id=to_global_id("Payout", payout.id)))["errors"]
        assert (error["field"], error["code"]) == ("id", "WRONG_STATE")


async def test_only_who_pays_sellers_takes_anything_back(till: Till, ask: Ask) -> None:
    payout = await till.paid()
    own = seller(till.at_stripe.id, till.desk.treasurer)
    for requester in (own, staff("MANAGE_VENDORS")):
        answer = await ask(REVERSE, requester, id=to_global_id("Payout", payout.id), reason="Mine")
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


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
    assert await verify(till.session) == []


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
