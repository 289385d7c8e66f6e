"""Staff who handle payments are written to about disputes, and where Stripe's books and ours differ."""

import asyncio
from datetime import timedelta
from types import ModuleType

import pytest
from typer.testing import CliRunner

from marketplace import cli
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe import letters
from marketplace.payments.gateways.stripe.models import DisputeStatus, PaymentDifference, StripeDispute
from marketplace.people.permissions import Permission
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_staff
from tests.factories.stripe import make_dispute
from tests.post.conftest import PostOffice, text_of, work

CASHIERS = {"amina@sil.test": "fr", "idir@sil.test": "ar", "nora@sil.test": "en"}
SUBJECTS = {
    "due": ("Litige à justifier avant le", "نزاع ينتظر أدلتكم قبل", "Dispute to be answered before"),
    "lost": ("Litige perdu : 150,00", "نزاع خسرناه", "Dispute lost: MAD"),
    "differ": ("1 différence avec les livres", "فرق واحد مع دفاتر", "1 difference with Stripe’s books"),
}


@pytest.fixture
async def dispute(database: Database) -> int:
    """One that is to be answered within ten days; and three who are to hear of it, and one who is not."""
    async with database.transaction() as session:
        for address, language in CASHIERS.items():
            await make_staff(session, Permission.HANDLE_PAYMENTS, email=address, language_code=language)
        await make_staff(session, Permission.MANAGE_ORDERS, email="other@sil.test")
        market = await make_market(session)
        order = await make_order(session, market, await make_piece(session, market.channel))
        return (await make_dispute(session, order, due_in=timedelta(days=10))).id


def subjects(office: PostOffice, address: str) -> list[str]:
    return [str(message["Subject"]) for message in office.to(address)]


def check(office: PostOffice, name: str, times: int = 1) -> None:
    for address, expected in zip(CASHIERS, SUBJECTS[name], strict=True):
        found = [subject for subject in subjects(office, address) if expected in subject.replace("\xa0", " ")]
        assert len(found) == times, (address, subjects(office, address))
    assert office.to("other@sil.test") == []


async def remind(database: Database) -> int:
    async with database.transaction() as session:
        return await letters.remind_due(session)


async def test_staff_are_reminded_at_the_opening_and_three_days_and_a_day_before(
    database: Database, mailing: Settings, post_office: PostOffice, dispute: int, clock: ModuleType
) -> None:
    assert await remind(database) == 1
    for days, expected in ((6, 0), (1, 1), (1, 0), (1, 1)):
        clock.advance(timedelta(days=days, minutes=1))
        assert await remind(database) == expected
        assert await remind(database) == 0  # Never twice.
    await work(mailing)
    check(post_office, "due", times=3)
    message = post_office.to("nora@sil.test")[-1]
    assert "the card’s owner says that they bought nothing" in text_of(message)
    assert "proof of delivery" in text_of(message, "html")
    clock.advance(timedelta(days=2))
    assert await remind(database) == 0  # It is too late.


async def test_nobody_is_reminded_of_what_was_answered(
    database: Database, mailing: Settings, post_office: PostOffice, dispute: int
) -> None:
    async with database.transaction() as session:
        await letters.remind_due(session)
        (await session.get_one(StripeDispute, dispute)).status = DisputeStatus.UNDER_REVIEW
    await work(mailing)
    assert [message for address in CASHIERS for message in post_office.to(address)] == []


async def test_open_disputes_are_listed_on_the_command_line(
    database: Database, monkeypatch: pytest.MonkeyPatch, dispute: int
) -> None:
    monkeypatch.setattr(cli, "_with_database", lambda: database.settings)
    async with database.transaction() as session:
        row = await session.get_one(StripeDispute, dispute)
        line = f"until {row.evidence_due_at:%Y-%m-%d %H:%M} UTC: {row.reference}, order "
    shown = await asyncio.to_thread(CliRunner().invoke, cli.cli, ["payments", "disputes"])
    assert shown.output.startswith(line)
    assert shown.output.endswith("150.00 MAD, needs response (fraudulent)\n")
    async with database.transaction() as session:
        (await session.get_one(StripeDispute, dispute)).status = DisputeStatus.WON
    shown = await asyncio.to_thread(CliRunner().invoke, cli.cli, ["payments", "disputes"])
    assert shown.output == "No dispute is open.\n"


async def test_staff_are_told_what_was_decided(
    database: Database, mailing: Settings, post_office: PostOffice, dispute: int
) -> None:
    async with database.transaction() as session:
        row = await session.get_one(StripeDispute, dispute)
        row.status, row.is_withdrawn = DisputeStatus.LOST, True
        await letters.tell_decision(session, row)
        await letters.tell_decision(session, row)
    await work(mailing)
    check(post_office, "lost")
    (message,) = post_office.to("nora@sil.test")
    assert "unless you decide that sellers bear a part of it" in text_of(message)


async def test_differences_are_told_once_a_day_while_there_are_any(
    database: Database, mailing: Settings, post_office: PostOffice, dispute: int, clock: ModuleType
) -> None:
    given = {"what": "charge", "reference": "pi_1", "currency": "MAD"}
    async with database.transaction() as session:
        session.add(PaymentDifference(**given, at_gateway_minor=150_00, here_minor=0))
        await letters.tell_differences(session)
        await letters.tell_differences(session)
    await work(mailing)
    check(post_office, "differ")
    assert "MAD 150.00 at Stripe" in text_of(post_office.to("nora@sil.test")[0]).replace("\xa0", " ")
    async with database.transaction() as session:
        await session.execute(PaymentDifference.__table__.delete())
        clock.advance(timedelta(days=1))
        await letters.tell_differences(session)
    await work(mailing)
    check(post_office, "differ")
