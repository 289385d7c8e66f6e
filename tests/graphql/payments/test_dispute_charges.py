"""A lost dispute is the marketplace's, until staff charge sellers with it; the next payout takes it."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.orders import fulfilment
from marketplace.payments.events import DisputeDecided
from marketplace.payments.gateways.stripe.models import DisputeStatus, StripeDispute
from marketplace.payouts.journal import balances
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.models import PayoutLine
from marketplace.payouts.release import release_due
from marketplace.payouts.runs import create_run
from marketplace.payouts.verifying import verify
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import Requester
from tests.factories.payouts import make_bank_account, make_rule
from tests.factories.people import make_user
from tests.factories.stripe import make_dispute
from tests.factories.vendors import make_member
from tests.graphql.conftest import Ask, seller, staff
from tests.graphql.orders.conftest import Placed, place_paid

CHARGE = """mutation ($id: ID!, $amount: PositiveDecimal, $reason: String) {
  it: paymentDisputeCharge(id: $id, amount: $amount, reason: $reason) {
    paymentDispute { status charges { amount { amount } reason returned vendorOrder { id } } }
    errors { field code message } } }"""
SEEN = """query ($id: ID!) { vendorOrder(id: $id) { disputeCharges { amount { amount } reason } } }"""


@pytest.fixture
async def placed(session: AsyncSession) -> Placed:
    """Two sellers' parts of 270 MAD each, of which 240 are for goods; delivered, for 10 % commission."""
    await make_rule(session, 1000, vat_rate_bp=0)
    placed = await place_paid(session, sellers=2)
    for part in placed.parts:
        await fulfilment.fulfil(session, part.id)
        await fulfilment.deliver(session, part.id)
    return placed


@pytest.fixture
async def lost(session: AsyncSession, placed: Placed) -> StripeDispute:
    """Of 300 of the 540 MAD."""
    dispute = await make_dispute(
        session,
        placed.order,
        due_in=timedelta(0),
        amount_minor=300_00,
        status=DisputeStatus.LOST,
        is_withdrawn=True,
    )
    await publish(session, DisputeDecided(dispute.id, is_lost=True))
    return dispute


@pytest.fixture
async def cashier(session: AsyncSession) -> Requester:
    return staff("HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))


async def do(read: Ask, dispute: StripeDispute, requester: Requester, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = (
        await read(CHARGE, requester, id=to_global_id("PaymentDispute", dispute.id), **given)
    )["it"]
    return made


async def loss(session: AsyncSession) -> int:
    sum_ = select(func.coalesce(func.sum(Posting.amount_minor), 0))
    return int((await session.scalars(sum_.where(Posting.account == Account.CHARGEBACK_LOSS))).one())


async def payable(session: AsyncSession, placed: Placed) -> list[int]:
    return [(await balances(session, part.vendor_id))["MAD"].payable.minor for part in placed.parts]


async def test_nothing_is_charged_by_itself_and_all_of_it_in_proportion(
    session: AsyncSession, read: Ask, placed: Placed, lost: StripeDispute, cashier: Requester
) -> None:
    assert (await loss(session), await payable(session, placed)) == (300_00, [0, 0])
    made = await do(read, lost, cashier)
    assert made["errors"] == []
    assert [one["amount"]["amount"] for one in made["paymentDispute"]["charges"]] == [150, 150]
    assert (await loss(session), await payable(session, placed)) == (0, [-150_00, -150_00])
    assert await verify(session) == []


async def test_a_part_of_it_is_charged_and_the_rest_later_but_no_more(
    session: AsyncSession, read: Ask, placed: Placed, lost: StripeDispute, cashier: Requester
) -> None:
    assert (await do(read, lost, cashier, amount=100.01, reason=" Photos were missing "))["errors"] == []
    assert (await loss(session), await payable(session, placed)) == (199_99, [-50_01, -50_00])
    more = await do(read, lost, cashier, amount=200)
    assert [(error["field"], error["code"]) for error in more["errors"]] == [("amount", "INVALID")]
    assert "199.99 MAD at most" in more["errors"][0]["message"]
    rest = await do(read, lost, cashier)
    assert rest["paymentDispute"]["charges"][0]["reason"] == "Photos were missing"
    assert await loss(session) == 0
    over = await do(read, lost, cashier)
    assert [(error["field"], error["code"]) for error in over["errors"]] == [("id", "WRONG_STATE")]
    assert await verify(session) == []


async def test_the_next_payout_takes_it_and_names_the_dispute(
    session: AsyncSession,
    read: Ask,
    placed: Placed,
    lost: StripeDispute,
    cashier: Requester,
    clock: ModuleType,
) -> None:
    await do(read, lost, cashier, amount=100)
    clock.advance(timedelta(days=8))
    await release_due(session)
    assert await payable(session, placed) == [216_00 - 50_00, 216_00 - 50_00]
    vendor = await session.get_one(Vendor, placed.parts[0].vendor_id)
    await make_bank_account(session, vendor, session.info["settings"].bank_keys.get_secret_value())
    await create_run(session, "MAD", None, [vendor.id])
    lines = await session.execute(
        select(PayoutLine.amount_minor, PayoutLine.description).order_by(PayoutLine.id)
    )
    part = f"{placed.order.number}-1"
    assert sorted(map(tuple, lines)) == [(-50_00, f"{part}: dispute {lost.reference}"), (216_00, part)]
    assert await verify(session) == []


async def test_sellers_see_their_own_charge_and_are_written_to(
    session: AsyncSession, read: Ask, placed: Placed, lost: StripeDispute, cashier: Requester
) -> None:
    member = await make_user(session)
    first, second = placed.parts
    await make_member(session, await session.get_one(Vendor, first.vendor_id), member)
    await do(read, lost, cashier, amount=100, reason="No receipt")
    jobs = await session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'post.dispute_charged'")
    )
    assert [args["user_id"] for (args,) in jobs] == [member.id]
    own = await read(SEEN, seller(first.vendor_id, member), id=placed.part_id(0))
    assert own["vendorOrder"]["disputeCharges"] == [{"amount": {"amount": 50}, "reason": "No receipt"}]
    other = await read(SEEN, seller(first.vendor_id, member), id=placed.part_id(1))
    assert (other["vendorOrder"], second.position) == (None, 2)


async def test_what_is_won_after_all_goes_back_to_the_sellers(
    session: AsyncSession, read: Ask, placed: Placed, lost: StripeDispute, cashier: Requester
) -> None:
    await do(read, lost, cashier)
    lost.status = DisputeStatus.WON
    for _ in range(2):  # Told twice.
        await publish(session, DisputeDecided(lost.id, is_lost=False))
    assert (await loss(session), await payable(session, placed)) == (0, [0, 0])
    assert await verify(session) == []


@pytest.mark.parametrize(
    ("status", "is_withdrawn"),
    [(DisputeStatus.NEEDS_RESPONSE, True), (DisputeStatus.WON, True), (DisputeStatus.LOST, False)],
)
async def test_only_what_is_lost_is_charged(
    session: AsyncSession,
    read: Ask,
    placed: Placed,
    cashier: Requester,
    status: DisputeStatus,
    is_withdrawn: bool,
) -> None:
    dispute = await make_dispute(
        session, placed.order, due_in=timedelta(0), status=status, is_withdrawn=is_withdrawn
    )
    made = await do(read, dispute, cashier)
    assert [(error["field"], error["code"]) for error in made["errors"]] == [("id", "WRONG_STATE")]


@pytest.mark.parametrize("requester", [None, staff("MANAGE_ORDERS"), Requester(vendor_ids=(1,), user_id=1)])
async def test_only_who_handles_payments_decides(
    ask: Ask, lost: StripeDispute, requester: Requester | None
) -> None:
    answer = await ask(CHARGE, requester, id=to_global_id("PaymentDispute", lost.id))
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
