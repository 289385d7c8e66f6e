"""A carrier's sheet: matched, its differences shown, booked in one transaction and once."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - the ledger hears of it
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError, InvalidError, RequiredError
from marketplace.kit.money import Money
from marketplace.orders.fulfilment import fulfil, refuse
from marketplace.orders.models import Order
from marketplace.payments.at_the_door.booking import Differences, book, upload
from marketplace.payments.at_the_door.errors import (
    SheetBookedError,
    SheetChangedError,
    SheetDifferencesError,
    SheetError,
)
from marketplace.payments.at_the_door.models import CashSheet, CashSheetStatus
from marketplace.payments.cash import outstanding, remit
from marketplace.payments.models import CashCollection, CashRemittance, CashStatus
from marketplace.payouts.ledger import Account
from marketplace.payouts.verifying import verify
from tests.factories.cash import csv_of, deliver_all, order_of, said_of, xlsx_of
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order, parts_of
from tests.factories.payouts import make_rule
from tests.payouts.conftest import total_of

HEADS = ["Suivi", "Montant"]


async def two_parcels(session: AsyncSession) -> tuple[Order, list[UUID]]:
    """Parcels T0 and T1 of one order, 150 and 110 dirhams, with Amana."""
    await make_rule(session, 800)
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price) for price in (120_00, 80_00)]
    order = await make_order(session, market, *pieces)
    return order, await deliver_all(session, order, "T")


async def sent(session: AsyncSession, content: bytes, reference: str = "BR-1", **given: str) -> CashSheet:
    return await upload(
        session, content, given.get("carrier", "Amana"), reference, given.get("currency", "MAD")
    )


async def statuses(session: AsyncSession) -> list[CashStatus]:
    found = await session.scalars(
        select(CashCollection.status).order_by(CashCollection.id),
        execution_options={"populate_existing": True},
    )
    return list(found)


async def owed(session: AsyncSession) -> int:
    return sum(debt.amount.minor for debt in await outstanding(session))


async def test_a_sheet_that_is_right_settles_the_carrier_s_debt(session: AsyncSession) -> None:
    await two_parcels(session)
    sheet = await sent(session, csv_of(HEADS, ["T0", "150,00"], ["T1", 110]))
    assert said_of(sheet.lines) == [(2, "MATCHED"), (3, "MATCHED")]
    assert await statuses(session) == [CashStatus.COLLECTED] * 2
    await book(session, sheet.id)
    assert await statuses(session) == [CashStatus.REMITTED] * 2
    assert sheet.status is CashSheetStatus.BOOKED
    assert [line["is_booked"] for line in sheet.lines] == [True, True]
    assert (await owed(session), await total_of(session, Account.BANK)) == (0, 260_00)
    assert await verify(session) == []


async def test_parcels_are_known_by_their_order_s_number_too(session: AsyncSession) -> None:
    order, _ = await two_parcels(session)
    content = xlsx_of(["Commande", "Montant"], [f"{order.number}-1", 150], [f"#{order.number}-2", 110])
    sheet = await sent(session, content)
    assert said_of(sheet.lines) == [(2, "MATCHED"), (3, "MATCHED")]
    single = await order_of(session, await make_market(session))
    await deliver_all(session, single)
    content = xlsx_of(["Commande", "Montant"], [single.number, 150], [order.number, 260])
    sheet = await sent(session, content, "BR-2")
    assert said_of(sheet.lines) == [(2, "MATCHED"), (3, "AMBIGUOUS")]


async def test_every_difference_is_shown_for_what_it_is(session: AsyncSession) -> None:
    order, (first, _) = await two_parcels(session)
    market = await make_market(session)
    coming, refused, handed = [await order_of(session, market) for _ in range(3)]
    (part,) = await parts_of(session, coming)
    await fulfil(session, part.id, tracking_number="COMING")
    (part,) = await parts_of(session, refused)
    await fulfil(session, part.id, tracking_number="REFUSED")
    await refuse(session, part.id)
    handed_parts = await deliver_all(session, handed, "HANDED")
    await remit(session, "Amana", "BR-0", Money(150_00, "MAD"), handed_parts)
    lines = [
        ["T0", "149,99"],
        ["T0", "150"],
        ["T1", "110,01"],
        ["NOBODY", "20"],
        ["COMING", "150"],
        ["REFUSED", "150"],
        ["HANDED0", "150"],
        ["T1", "110 €"],
        ["T1", "zéro"],
        ["REFUSED", "0"],
    ]
    sheet = await sent(session, csv_of(HEADS, *lines))
    assert [line["outcome"] for line in sheet.lines] == [
        *("SHORT", "TWICE", "OVER", "UNKNOWN", "NOT_COLLECTED", "NOT_COLLECTED", "ALREADY_REMITTED"),
        *("WRONG_CURRENCY", "UNREADABLE", "NOTHING"),
    ]
    assert sheet.lines[0]["vendor_order_id"] == str(first)
    assert (sheet.lines[0]["due_minor"], sheet.lines[0]["part_number"]) == (150_00, f"{order.number}-1")
    other = await sent(session, csv_of(HEADS, ["T0", "150"]), carrier="Chronopost")
    assert said_of(other.lines) == [(2, "OTHER_CARRIER")]
    in_euros = await sent(session, csv_of(HEADS, ["T0", "150"]), "BR-9", currency="EUR")
    assert said_of(in_euros.lines) == [(2, "WRONG_CURRENCY")]


async def test_two_numbers_that_contradict_each_other_name_no_parcel(session: AsyncSession) -> None:
    order, _ = await two_parcels(session)
    heads = ["Suivi", "Commande", "Montant"]
    sheet = await sent(
        session, csv_of(heads, ["T0", f"{order.number}-2", 150], ["T1", f"{order.number}-2", 110])
    )
    assert said_of(sheet.lines) == [(2, "AMBIGUOUS"), (3, "MATCHED")]


async def test_a_tracking_number_that_was_used_again_means_what_is_still_owed(session: AsyncSession) -> None:
    market = await make_market(session)
    old, new = [await order_of(session, market) for _ in range(2)]
    parts = await deliver_all(session, old, "T")
    await remit(session, "Amana", "BR-0", Money(150_00, "MAD"), parts)
    await deliver_all(session, new, "T")
    sheet = await sent(session, csv_of(HEADS, ["T0", 150]))
    assert said_of(sheet.lines) == [(2, "MATCHED")]
    assert sheet.lines[0]["part_number"] == f"{new.number}-1"


async def test_nothing_is_booked_while_lines_differ_unless_it_is_said_what_becomes_of_them(
    session: AsyncSession,
) -> None:
    await two_parcels(session)
    sheet = await sent(session, csv_of(HEADS, ["T0", "140"], ["T1", "110"], ["X", "5"]))
    with pytest.raises(SheetDifferencesError, match="rows 2, 4"):
        await book(session, sheet.id)
    assert await statuses(session) == [CashStatus.COLLECTED] * 2


async def test_differences_are_left_to_the_carrier(session: AsyncSession) -> None:
    await two_parcels(session)
    sheet = await sent(session, csv_of(HEADS, ["T0", "140"], ["T1", "110"], ["X", "5"]))
    await book(session, sheet.id, Differences.LEAVE)
    assert await statuses(session) == [CashStatus.COLLECTED, CashStatus.REMITTED]
    assert (await owed(session), await total_of(session, Account.BANK)) == (150_00, 110_00)
    assert [line["is_booked"] for line in sheet.lines] == [False, True, False]
    assert await verify(session) == []


async def test_differences_are_the_marketplace_s(session: AsyncSession) -> None:
    await two_parcels(session)
    sheet = await sent(session, csv_of(HEADS, ["T0", "140"], ["T1", "111"], ["X", "5"]))
    await book(session, sheet.id, Differences.BOOK)
    assert await statuses(session) == [CashStatus.REMITTED] * 2
    assert (await owed(session), await total_of(session, Account.BANK)) == (0, 251_00)
    assert await total_of(session, Account.CASH_DIFFERENCE) == 9_00
    assert await verify(session) == []


async def test_a_sheet_of_which_nothing_is_owed_books_nothing(session: AsyncSession) -> None:
    sheet = await sent(session, csv_of(HEADS, ["X", "5"]))
    with pytest.raises(SheetError):
        await book(session, sheet.id, Differences.LEAVE)
    assert await session.scalar(select(func.count()).select_from(CashRemittance)) == 0


async def test_the_same_file_sent_and_booked_twice_is_one_remittance(session: AsyncSession) -> None:
    await two_parcels(session)
    content = csv_of(HEADS, ["T0", "150"], ["T1", "110"])
    first, again = await sent(session, content), await sent(session, content)
    assert first.id == again.id
    await book(session, first.id)
    await book(session, first.id)
    assert (await sent(session, content)).status is CashSheetStatus.BOOKED
    assert await session.scalar(select(func.count()).select_from(CashRemittance)) == 1
    assert await total_of(session, Account.BANK) == 260_00


async def test_a_file_or_a_reference_is_booked_once(session: AsyncSession) -> None:
    await two_parcels(session)
    content = csv_of(HEADS, ["T0", "150"])
    waiting = await sent(session, content, "BR-7")
    await book(session, (await sent(session, content)).id)
    with pytest.raises(SheetBookedError) as file:
        await sent(session, content, "BR-2")
    with pytest.raises(SheetBookedError) as reference:
        await sent(session, csv_of(HEADS, ["T1", "110"]))
    with pytest.raises(SheetBookedError):
        await book(session, waiting.id)
    assert (file.value.field, reference.value.field) == ("file", "reference")


async def test_a_reference_that_was_booked_by_hand_is_not_booked_again(session: AsyncSession) -> None:
    _, (first, _) = await two_parcels(session)
    await remit(session, "Amana", "BR-1", Money(150_00, "MAD"), [first])
    sheet = await sent(session, csv_of(HEADS, ["T1", "110"]))
    with pytest.raises(DomainError) as refused:
        await book(session, sheet.id)
    assert refused.value.code == "UNIQUE"


async def test_what_has_happened_since_is_shown_before_it_is_booked(session: AsyncSession) -> None:
    _, (first, _) = await two_parcels(session)
    sheet = await sent(session, csv_of(HEADS, ["T0", "150"], ["T1", "110"]))
    await remit(session, "Amana", "BR-0", Money(150_00, "MAD"), [first])
    with pytest.raises(SheetChangedError):
        await book(session, sheet.id, Differences.LEAVE)
    assert said_of(sheet.lines) == [(2, "ALREADY_REMITTED"), (3, "MATCHED")]
    await book(session, sheet.id, Differences.LEAVE)
    assert await owed(session) == 0


async def test_two_people_who_book_at_once_book_once(database: Database) -> None:
    async with database.transaction() as session:
        await two_parcels(session)
        sheet_id = (await sent(session, csv_of(HEADS, ["T0", "150"], ["T1", "110"]))).id

    async def press() -> None:
        async with database.transaction() as session:
            await book(session, sheet_id)

    await asyncio.gather(press(), press())
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(CashRemittance)) == 1
        assert await total_of(session, Account.BANK) == 260_00


async def test_a_sheet_needs_a_carrier_a_reference_and_a_currency_of_ours(session: AsyncSession) -> None:
    content = csv_of(HEADS, ["T0", "150"])
    for carrier, reference, field in ((" ", "BR", "carrier"), ("Amana", "", "reference")):
        with pytest.raises(RequiredError) as missing:
            await upload(session, content, carrier, reference, "MAD")
        assert missing.value.field == field
    for carrier, reference, currency in (("Amana", "BR", "QQQ"), ("a" * 256, "BR", "MAD")):
        with pytest.raises(InvalidError):
            await upload(session, content, carrier, reference, currency)
