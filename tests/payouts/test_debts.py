"""A seller that owes more than it earns: seen by staff, decided by staff, taken off payouts bit by bit."""

from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.events import publish
from marketplace.kit.settings import Settings
from marketplace.orders.events import PartRefunded
from marketplace.orders.models import VendorOrder
from marketplace.orders.refunds import PartRefund
from marketplace.payouts.answers import import_answer
from marketplace.payouts.debt_models import DebtDecision
from marketplace.payouts.debts import Decided, debts, decide
from marketplace.payouts.errors import NoDebtError, NothingToPayError
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout
from marketplace.payouts.runs import cancel_run, create_run
from marketplace.people.models import AuditEntry
from tests.ledger import faults
from tests.payouts.conftest import House, balance_of, earn, make_house, total_of
from tests.payouts.test_answers import mark_sent, payouts_of, sheet

WAIT, SPREAD, WRITE_OFF, PAID_IN = DebtDecision


async def pay_back(session: AsyncSession, part: VendorOrder, minor: int | None = None) -> None:
    """So much of a part's goods, or all; the delivery stays paid."""
    goods_minor = part.subtotal_gross_minor if minor is None else minor
    back = PartRefund(
        vendor_order_id=part.id, currency=part.currency, goods_minor=goods_minor, was_paid=False
    )
    session.add(back)
    await session.flush()
    await publish(session, PartRefunded(back.id))


@pytest.fixture
async def house(session: AsyncSession, settings: Settings, clock: ModuleType) -> House:
    """A seller that was paid 90.40 for what its buyer has given back since."""
    house = await make_house(session, settings, sellers=1)
    [part] = await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    await mark_sent(session, run)
    [payout] = await payouts_of(session, run)
    await import_answer(session, run.id, sheet(f"{payout.end_to_end_id};PAID;"))
    await pay_back(session, part)
    return house


async def say(session: AsyncSession, house: House, kind: DebtDecision, **given: Any) -> None:
    said = Decided(**{"kind": kind, "reason": "She was asked."} | given)
    await decide(session, house.sellers[0].id, "MAD", said, house.first.id)


async def paid_by_next_run(session: AsyncSession, house: House) -> tuple[int, list[int]]:
    """What the next run pays the seller, and of which lines."""
    run = await create_run(session, "MAD", house.first.id)
    [payout] = await payouts_of(session, run)
    await session.refresh(payout, ["lines"])
    return payout.amount_minor, [line.amount_minor for line in payout.lines]


async def test_a_refund_after_the_payout_is_owed_until_the_seller_has_earned_it(
    session: AsyncSession, house: House, clock: ModuleType, settings: Settings
) -> None:
    [debt] = await debts(session, settings)
    assert (debt.vendor_id, debt.open.minor, debt.spread.minor) == (house.sellers[0].id, 90_40, 0)
    assert not debt.needs_decision  # Too little, and too young.
    with pytest.raises(NothingToPayError):
        await create_run(session, "MAD", house.first.id)
    await earn(session, clock, house, 150_00)

    assert await debts(session, settings) == []
    assert await paid_by_next_run(session, house) == (45_20, [-90_40, 135_60])
    assert await faults(session) == []


async def test_staff_are_asked_once_a_debt_is_too_high_or_too_old(
    session: AsyncSession, house: House, clock: ModuleType, settings: Settings
) -> None:
    strict = settings.model_copy(update={"seller_debt_limits": {"MAD": 90}})
    assert [debt.needs_decision for debt in await debts(session, strict)] == [True]
    clock.advance(timedelta(days=61))
    assert [debt.needs_decision for debt in await debts(session, settings)] == [True]

    await say(session, house, WAIT, review_on=(clock.now() + timedelta(days=30)).date())
    assert [debt.needs_decision for debt in await debts(session, settings)] == [False]
    clock.advance(timedelta(days=31))
    assert [debt.needs_decision for debt in await debts(session, settings)] == [True]


async def test_a_debt_that_is_spread_takes_a_share_of_each_payout_until_it_is_paid(
    session: AsyncSession, house: House, clock: ModuleType, settings: Settings
) -> None:
    await say(session, house, SPREAD, share_bp=2500)
    assert (await balance_of(session, house.sellers[0])).payable.minor == 0
    assert await total_of(session, Account.VENDOR_DEBT) == 90_40
    await earn(session, clock, house, 200_00)  # 180.80
    assert await paid_by_next_run(session, house) == (135_60, [-90_40, 90_40, 180_80, -45_20])
    [debt] = await debts(session, settings)
    assert (debt.open.minor, debt.spread.minor, debt.total.minor) == (0, 45_20, 45_20)
    await earn(session, clock, house, 200_00)
    assert await paid_by_next_run(session, house) == (135_60, [180_80, -45_20])
    assert await debts(session, settings) == []
    await earn(session, clock, house, 200_00)
    assert await paid_by_next_run(session, house) == (180_80, [180_80])
    assert await faults(session) == []


async def test_an_instalment_of_a_payout_that_was_called_off_counts_for_the_next(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await say(session, house, SPREAD, share_bp=2500)
    await earn(session, clock, house, 200_00)
    for _ in range(3):
        run = await create_run(session, "MAD", house.first.id)
        await cancel_run(session, run.id, house.first.id)
    assert await total_of(session, Account.VENDOR_DEBT) == 45_20
    assert (await paid_by_next_run(session, house))[0] == 135_60
    assert await faults(session) == []


async def test_what_the_marketplace_bears_is_its_loss(session: AsyncSession, house: House) -> None:
    await say(session, house, WRITE_OFF, amount=Decimal("40.40"))
    assert await total_of(session, Account.DEBT_LOSS) == 40_40
    assert (await balance_of(session, house.sellers[0])).payable.minor == -50_00
    await say(session, house, WRITE_OFF)
    assert (await balance_of(session, house.sellers[0])).payable.minor == 0
    logged = await session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "Vendor"))
    assert list(logged) == ["vendor_debt.write_off", "vendor_debt.write_off"]
    assert await faults(session) == []


async def test_what_the_seller_pays_in_is_in_the_bank_once(session: AsyncSession, house: House) -> None:
    before = await total_of(session, Account.BANK)
    await say(session, house, PAID_IN, amount=Decimal(90), reference="VIR-1")
    with pytest.raises(DomainError) as told:
        await say(session, house, PAID_IN, reference="VIR-1")
    assert (told.value.code, told.value.field) == ("UNIQUE", "reference")
    assert await total_of(session, Account.BANK) == before + 90_00
    assert (await balance_of(session, house.sellers[0])).payable.minor == -40
    assert await faults(session) == []


async def test_what_is_left_of_a_spread_debt_can_be_borne_or_paid_in(
    session: AsyncSession, house: House
) -> None:
    await say(session, house, SPREAD, share_bp=1000)
    await say(session, house, PAID_IN, amount=Decimal(90), reference="VIR-1")
    await say(session, house, WRITE_OFF)
    assert await total_of(session, Account.VENDOR_DEBT) == 0
    assert await total_of(session, Account.DEBT_LOSS) == 40
    with pytest.raises(NoDebtError):
        await say(session, house, WRITE_OFF)
    assert await faults(session) == []


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (WRITE_OFF, {"reason": "  "}, "reason"),
        (WRITE_OFF, {"reason": "x" * 501}, "reason"),
        (WRITE_OFF, {"amount": Decimal("90.41")}, "amount"),
        (WRITE_OFF, {"amount": Decimal(0)}, "amount"),
        (WRITE_OFF, {"amount": Decimal("0.001")}, "amount"),
        (WRITE_OFF, {"share_bp": 100}, "shareOfPayouts"),
        (WRITE_OFF, {"reference": "VIR-1"}, "reference"),
        (PAID_IN, {}, "reference"),
        (SPREAD, {}, "shareOfPayouts"),
        (SPREAD, {"share_bp": 0}, "shareOfPayouts"),
        (SPREAD, {"share_bp": 10001}, "shareOfPayouts"),
        (WAIT, {}, "reviewOn"),
        (WAIT, {"amount": Decimal(1)}, "amount"),
    ],
)
async def test_a_decision_that_can_not_be_is_refused_and_names_why(
    session: AsyncSession, house: House, kind: DebtDecision, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as told:
        await say(session, house, kind, **given)
    assert told.value.field == field
    assert (await balance_of(session, house.sellers[0])).payable.minor == -90_40


async def test_nothing_is_decided_of_who_owes_nothing(
    session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    house = await make_house(session, settings, sellers=1)
    with pytest.raises(NoDebtError):
        await say(session, house, WRITE_OFF)
    assert (await session.scalars(select(Payout))).all() == []
