"""All entries can be derived again from what is beside the ledger; whatever is otherwise is named."""

import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.payouts
from marketplace.kit.settings import Settings
from marketplace.payouts.answers import import_answer
from marketplace.payouts.journal import Entry, Line, record
from marketplace.payouts.kinds import KINDS, kind
from marketplace.payouts.ledger import Account
from marketplace.payouts.rebuilding import differences
from marketplace.payouts.runs import cancel_run, create_run
from tests.factories.payouts import deliver, remit
from tests.payouts.conftest import House, earn, make_house, sell
from tests.payouts.test_answers import mark_sent, payouts_of, sheet


@pytest.fixture
async def history(session: AsyncSession, settings: Settings, clock: ModuleType) -> House:
    """Paid, returned, failed and called off; a remittance that was short; held."""
    house = await make_house(session, settings, sellers=3)
    await earn(session, clock, house, 100_00, 200_00, 300_00)
    await cancel_run(session, (await create_run(session, "MAD", house.first.id)).id, house.first.id)
    run = await create_run(session, "MAD", house.first.id)
    await mark_sent(session, run)
    paid, returned, failed = (payout.end_to_end_id for payout in await payouts_of(session, run))
    await import_answer(session, run.id, sheet(f"{paid};PAID;", f"{returned};RETURNED;", f"{failed};FAILED;"))
    await import_answer(session, run.id, sheet(f"{paid};RETURNED;"))
    parts = await sell(session, house, 10_00, 20_00)
    for part in parts:
        await deliver(session, part)
    await remit(session, parts, short_minor=1)
    clock.advance(timedelta(days=1))
    return house


async def test_a_history_of_everything_is_derived_again(session: AsyncSession, history: House) -> None:
    assert await differences(session) == []


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        (
            "UPDATE vendor_earning SET earning_minor = earning_minor + 1, sales_minor = sales_minor + 1",
            r"different delivered:.*VENDOR_HELD of seller \d+ -9041 MAD by its cause, -9040 in the ledger",
        ),
        ("UPDATE vendor_order SET status = 'REFUSED'", "extra delivered:"),
        ("UPDATE vendor_earning SET released_at = NULL", "extra released:"),
        ("UPDATE cash_remittance SET amount_minor = amount_minor + 1", "different remitted:.*BANK"),
        ("UPDATE payout SET paid_at = NULL", "extra payout_paid:"),
        ("UPDATE payout SET paid_at = now()", "missing payout_paid:"),
        ("UPDATE payout SET status = 'FAILED' WHERE status = 'RETURNED'", "extra payout_returned:"),
        ("UPDATE payout_run SET status = 'CANCELED'", "missing payout_canceled:"),
    ],
)
async def test_what_is_not_as_its_cause_makes_it_is_named(
    session: AsyncSession, history: House, tampering: str, named: str
) -> None:
    await session.execute(text(tampering))

    assert any(re.match(named, str(difference)) for difference in await differences(session))


async def test_entries_without_a_cause_are_named(session: AsyncSession, history: House) -> None:
    vendor_id = history.sellers[0].id
    lines = [Line(Account.BANK, 5, "MAD"), Line(Account.VENDOR_PAYABLE, -5, "MAD", vendor_id)]
    await record(session, [Entry("made_up:1", "made_up", lines), Entry("released:1", "released", lines)])

    assert [(each.what, each.cause) for each in await differences(session)] == [
        ("extra", "made_up:1"),
        ("extra", "released:1"),
    ]


async def test_the_account_of_another_seller_is_not_the_same(session: AsyncSession, history: House) -> None:
    first, second, _ = history.sellers
    await session.execute(
        text("UPDATE vendor_earning SET vendor_id = :other WHERE vendor_id = :one"),
        {"other": second.id, "one": first.id},
    )

    assert {each.what for each in await differences(session)} == {"different"}


async def test_no_more_differences_are_named_than_are_asked_for(
    session: AsyncSession, history: House
) -> None:
    await session.execute(text("UPDATE vendor_earning SET released_at = NULL"))

    assert len(await differences(session, limit=2)) == 2


def test_every_kind_of_entry_that_the_code_writes_is_derived_again() -> None:
    """A new kind that nobody declares is found here, without any of its entries."""
    room = Path(marketplace.payouts.__path__[0])
    source = "".join(path.read_text() for path in room.rglob("*.py"))
    written = set(re.findall(r'kind="(\w+)"', source)) | set(
        re.findall(r'_of_payout\(payout, "(\w+)"', source)
    )
    written |= {name for pair in re.findall(r'kind = "(\w+)" if \w+ else "(\w+)"', source) for name in pair}
    written |= set(re.findall(r': \("(\w+)", Account\.', source))
    written |= set(re.findall(r'_entry\(made, "(\w+)"', source))

    assert written == set(KINDS)


def test_a_kind_is_declared_once() -> None:
    with pytest.raises(TypeError, match="two places"):
        kind("delivered", causes=KINDS["delivered"].causes)(KINDS["delivered"].makes)
