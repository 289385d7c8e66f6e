"""In cash, at the counter: a receipt to sign and a one-time code, for sellers whom no bank serves."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutRun, PayoutStatus
from marketplace.payouts.places import folder_of
from marketplace.payouts.receipts import LANGUAGES, Receipt, receipt_of, receipt_pdf
from marketplace.payouts.ways.way import Endings, Owed, Teller, mark_sent
from marketplace.people.models import User
from marketplace.vendors.bank import encrypted_number
from marketplace.vendors.models import MemberRole, PayoutMethod, Vendor, VendorMember, VendorTranslation

if TYPE_CHECKING:
    from marketplace.kit.jobs import Work

CODE_DIGITS = 8
CHECK_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that are read as others."""
CHECK_LENGTH = 8
TREASURERS = (MemberRole.OWNER, MemberRole.TREASURER)
"""Whom a seller's code is told, and who is paid for it."""
CASH_WAITS = "post.cash_waits"
"""The letters that tell them the code."""


class CashPickupWay:
    """Cash is prepared when the run is sent; whoever fetches it shows the code that the seller was told."""

    method: ClassVar[PayoutMethod] = PayoutMethod.CASH_PICKUP
    paid_from: ClassVar[Account] = Account.CASH_BOX
    endings: ClassVar[Endings] = {
        Teller.COUNTER: frozenset({PayoutStatus.PAID}),
        Teller.DEADLINE: frozenset({PayoutStatus.RETURNED}),
        Teller.STAFF: frozenset({PayoutStatus.RETURNED}),
    }

    def may_be_paid(self, owed: Owed) -> ColumnElement[bool]:  # noqa: ARG002 - whatever it is owed
        """Who has somebody to tell the code."""
        return (
            select(VendorMember.user_id)
            .join(User, User.id == VendorMember.user_id)
            .where(
                VendorMember.vendor_id == Vendor.id,
                VendorMember.role.in_(TREASURERS),
                User.is_active.is_(True),
            )
            .exists()
        )

    async def check_choice(self, session: AsyncSession, vendor_id: int) -> None:
        """Everybody can."""

    async def freeze(self, session: AsyncSession, payouts: Sequence[Payout]) -> None:
        """Nothing but the seller itself, which the payout names."""

    def check(self, settings: Settings, run: PayoutRun) -> None:
        """The box may be filled until somebody comes."""

    async def send(self, work: "Work", run: PayoutRun) -> None:
        """Choose codes once, keep the receipts that go with them, then mark, and have the sellers told."""
        async with work.database.transaction() as session:
            await _prepare(session, work.settings, run)
        async with work.database.transaction() as session:
            receipts = await _receipts(session, run, work.settings.payer_name)
        for receipt in receipts:
            for language in LANGUAGES:
                key = f"{folder_of(run.id)}/{receipt.reference}-receipt-{language}.pdf"
                if not await work.storage.exists(key):
                    pdf = await asyncio.to_thread(receipt_pdf, receipt, language)
                    await work.storage.put(key, pdf, "application/pdf")
        async with work.database.transaction() as session:
            await _mark_prepared(session, run)


def new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


async def _prepare(session: AsyncSession, settings: Settings, run: PayoutRun) -> None:
    """A code and a day for each; whoever did it before has said both."""
    fetch_by = clock.now() + timedelta(days=settings.cash_pickup_days)
    rows = [
        {
            "payout_id": payout_id,
            "code_encrypted": encrypted_number(new_code(), settings),
            "receipt_check": "".join(secrets.choice(CHECK_LETTERS) for _ in range(CHECK_LENGTH)),
            "fetch_by": fetch_by,
        }
        for payout_id in await _waiting(session, run)
    ]
    if rows:
        await session.execute(insert(CashPickup).on_conflict_do_nothing(), rows)


async def _waiting(session: AsyncSession, run: PayoutRun) -> list[UUID]:
    query = select(Payout.id).where(*_of(run), Payout.status == PayoutStatus.PENDING)
    return list(await session.scalars(query.order_by(Payout.number)))


def _of(run: PayoutRun) -> tuple[ColumnElement[bool], ...]:
    return Payout.run_id == run.id, Payout.method == PayoutMethod.CASH_PICKUP


async def _receipts(session: AsyncSession, run: PayoutRun, payer_name: str) -> list[Receipt]:
    in_arabic = (VendorTranslation.vendor_id == Vendor.id) & (VendorTranslation.language_code == "ar")
    found = await session.execute(
        select(Payout, CashPickup, Vendor, VendorTranslation.name)
        .join(CashPickup, CashPickup.payout_id == Payout.id)
        .join(Vendor, Vendor.id == Payout.vendor_id)
        .outerjoin(VendorTranslation, in_arabic)
        .where(*_of(run), Payout.status == PayoutStatus.PENDING)
        .order_by(Payout.number)
    )
    return [
        receipt_of(run, payout, pickup, vendor, name_in_arabic or "", payer_name)
        for payout, pickup, vendor, name_in_arabic in found
    ]


async def _mark_prepared(session: AsyncSession, run: PayoutRun) -> None:
    """The run's row is locked first, so that of two workers one writes the letters."""
    await session.execute(select(PayoutRun.id).where(PayoutRun.id == run.id).with_for_update())
    waiting = await _waiting(session, run)
    start = literal(f"{folder_of(run.id)}/") + Payout.end_to_end_id
    keys = func.jsonb_build_object(
        *(part for language in LANGUAGES for part in (language, start + f"-receipt-{language}.pdf"))
    )
    await session.execute(
        update(CashPickup)
        .where(CashPickup.payout_id == Payout.id, Payout.id.in_(waiting))
        .values(receipts=keys)
        .execution_options(synchronize_session=False)
    )
    await mark_sent(session, Payout.id.in_(waiting))
    for payout_id in waiting:
        await enqueue(session, CASH_WAITS, payout_id=payout_id, code_number=1)
