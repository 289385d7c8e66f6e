"""The check of the whole ledger finds what was changed behind its back."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.payouts.answers import import_answer
from marketplace.payouts.runs import cancel_run, create_run
from marketplace.payouts.verifying import verify
from tests.factories.payouts import deliver, refuse, remit
from tests.payouts.conftest import House, earn, make_house, sell
from tests.payouts.test_answers import mark_sent, payouts_of, sheet


@pytest.fixture
async def history(session: AsyncSession, settings: Settings, clock: ModuleType) -> House:
    """Some of everything: held, payable, refused, short, cancelled, paid, returned, under way."""
    house = await make_house(session, settings, sellers=3)
    await earn(session, clock, house, 100_00, 200_00, 300_00)
    run = await create_run(session, "MAD", house.first.id)
    await mark_sent(session, run)
    paid, returned, _ = await payouts_of(session, run)
    answer = sheet(f"{paid.end_to_end_id};PAID;", f"{returned.end_to_end_id};RETURNED;")
    await import_answer(session, run.id, answer)
    await cancel_run(session, (await create_run(session, "MAD", house.first.id)).id, house.first.id)
    delivered, refused, remitted = await sell(session, house, 10_00, 20_00, 30_00)
    await deliver(session, delivered)
    await refuse(session, refused)
    await deliver(session, remitted)
    await remit(session, [remitted], short_minor=1)
    clock.advance(timedelta(days=1))
    return house


async def test_a_history_of_everything_is_in_order(session: AsyncSession, history: House) -> None:
    assert await verify(session) == []


@pytest.mark.parametrize(
    ("tampering", "rule"),
    [
        (
            "UPDATE vendor_earning SET sales_minor = sales_minor + 1, earning_minor = earning_minor + 1",
            "line by line",
        ),
        ("UPDATE vendor_order SET status = 'DELIVERED' WHERE status = 'REFUSED'", "is booked"),
        ("UPDATE vendor_order SET status = 'REFUSED' WHERE status = 'DELIVERED'", "is booked"),
        ("UPDATE vendor_earning SET released_at = NULL", "marked so"),
        ("UPDATE cash_collection SET status = 'REMITTED'", "carriers owe"),
        ("UPDATE payout_line SET amount_minor = amount_minor + 1", "sum of its lines"),
        ("UPDATE payout SET status = 'PAID' WHERE status = 'SENT'", "set aside"),
        ("UPDATE payout SET status = 'SENT' WHERE status IN ('RETURNED', 'FAILED')", "carried by two"),
        ("UPDATE payout SET status = 'FAILED' WHERE status = 'PAID'", "no standing payout"),
    ],
)
async def test_tampering_is_found(session: AsyncSession, history: House, tampering: str, rule: str) -> None:
    await session.execute(text(tampering))

    assert any(rule in finding.rule for finding in await verify(session))


async def test_a_ledger_whose_guards_were_switched_off_is_found_out(
    session: AsyncSession, history: House
) -> None:
    await session.execute(text("ALTER TABLE posting DISABLE TRIGGER USER"))
    await session.execute(text("UPDATE posting SET amount_minor = amount_minor + 1 WHERE account = 'BANK'"))

    assert any("adds up to zero" in finding.rule for finding in await verify(session))
