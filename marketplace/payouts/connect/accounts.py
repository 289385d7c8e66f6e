"""Sellers' accounts at Stripe: asked for, set up by the seller on Stripe's own pages, and given up.

Stripe is asked with nothing locked. So that a lost answer makes no second account, an account is asked for by
a key that is written down before; and what Stripe says of one never gives way to what it said earlier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from stripe import Account

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe.connect import StripeConnect, connect_of
from marketplace.payments.gateways.stripe.state import metadata_of
from marketplace.payouts.connect.errors import (
    CountryNotServedError,
    SellerStateError,
    StripeMissingError,
)
from marketplace.payouts.connect.models import Capability, ConnectedAccount
from marketplace.people import audit
from marketplace.vendors.bank_changes import HELD_FOR
from marketplace.vendors.models import Vendor, VendorStatus

REST = HELD_FOR
"""So long nothing is paid into an account that a seller has just connected: as into a bank account."""
CONNECTED_LETTER = "post.stripe_account_connected"
"""The letters to whoever owns a seller that is to be paid there."""
LOOKED_AFTER = timedelta(days=1)
AT_ONCE = 100
MOST_REQUIREMENTS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account that a seller is to have: the one that there is, or one that is asked for by a key."""

    vendor_id: int
    key: UUID
    country: str
    account_id: str | None


def connect_in(settings: Settings) -> StripeConnect:
    """Raises StripeMissingError."""
    connect = connect_of(settings)
    if connect is None:
        raise StripeMissingError("Stripe is not set up here: sellers are paid in other ways.")
    return connect


async def begin(session: AsyncSession, settings: Settings, vendor_id: int, actor_id: int | None) -> Wanted:
    """Note that a seller is to be paid into an account at Stripe. Begun again, it goes on where it was.

    Raises NotFoundError, StripeMissingError, CountryNotServedError, SellerStateError.
    """
    connect_in(settings)
    vendor = await session.get(Vendor, vendor_id, with_for_update={"read": True})
    if vendor is None:
        raise NotFoundError("There is no such seller.", field="vendorId")
    if vendor.status is not VendorStatus.APPROVED:
        raise SellerStateError(
            f"Only an approved seller is paid; this one is {vendor.status}.", field="vendorId"
        )
    if vendor.country_code not in settings.connect_countries:
        raise CountryNotServedError(
            f"Stripe can't pay sellers in {vendor.country_code}. They are paid into their bank account.",
            field="vendorId",
        )
    now = clock.now()
    fresh = {"country_code": vendor.country_code, "payable_from": now + REST}
    made = await session.scalar(
        upsert(ConnectedAccount)
        .values(vendor_id=vendor_id, **fresh)
        .on_conflict_do_nothing()
        .returning(ConnectedAccount.id)
    )
    row = await _locked(session, ConnectedAccount.vendor_id == vendor_id)
    if row is None:
        raise RuntimeError(f"seller {vendor_id} has no row of an account that was just made")
    is_new = made is not None or row.disconnected_at is not None
    if is_new:
        row.disconnected_at, row.payable_from = None, now + REST
        await enqueue(session, CONNECTED_LETTER, vendor_id=vendor_id, payable_from=row.payable_from)
    if row.account_id is None:
        row.country_code = vendor.country_code
    await session.flush()
    await audit.record(session, actor_id, "vendor.stripe_onboarding", "Vendor", vendor_id)
    return Wanted(vendor_id, row.request_key, row.country_code, row.account_id)


async def ask_for(settings: Settings, wanted: Wanted) -> Account:
    """Have Stripe open the account: the same one, however often it is asked. Raises AnswerError."""
    seller = to_global_id("Vendor", wanted.vendor_id)
    return await connect_in(settings).open_account(wanted.country, seller, str(wanted.key))


async def note_refusal(session: AsyncSession, wanted: Wanted) -> None:
    """Stripe has opened none. It would say the same to the same key: the next try has another."""
    await session.execute(
        update(ConnectedAccount)
        .where(
            ConnectedAccount.vendor_id == wanted.vendor_id,
            ConnectedAccount.request_key == wanted.key,
            ConnectedAccount.account_id.is_(None),
        )
        .values(request_key=uuid4())
    )


async def note(session: AsyncSession, account: Account, asked_at: datetime) -> ConnectedAccount | None:
    """Write down how an account stands, as Stripe was asked at a moment; None: it is no seller's of ours.

    An account of which the name was never answered is known by the key that it was opened by.
    """
    row = await _locked(session, ConnectedAccount.account_id == account.id)
    if row is None:
        key = _key_of(account)
        row = await _locked(session, ConnectedAccount.request_key == key) if key else None
        if row is None or row.account_id is not None:
            return None
        row.account_id = account.id
    if row.checked_at is not None and row.checked_at > asked_at:
        return row
    needs = account.requirements
    due_by = needs.current_deadline if needs else None
    named = [*(needs.past_due or ()), *(needs.currently_due or ())] if needs else []
    row.checked_at = asked_at
    row.country_code = account.country or row.country_code
    row.details_submitted = bool(account.details_submitted)
    row.charges_enabled = bool(account.charges_enabled)
    row.payouts_enabled = bool(account.payouts_enabled)
    row.transfers = _transfers_of(account)
    row.requirements = list(dict.fromkeys(named))[:MOST_REQUIREMENTS]
    row.disabled_reason = (needs.disabled_reason if needs else None) or ""
    row.due_by = None if due_by is None else datetime.fromtimestamp(due_by, UTC)
    await session.flush()
    return row


async def note_gone(session: AsyncSession, account_id: str) -> None:
    """The account is gone, or was taken away from us. If the seller wants one again, it is another."""
    row = await _locked(session, ConnectedAccount.account_id == account_id)
    if row is None:
        return
    row.account_id, row.request_key = None, uuid4()
    row.disconnected_at = row.disconnected_at or clock.now()
    row.details_submitted = row.charges_enabled = row.payouts_enabled = False
    row.transfers, row.requirements, row.disabled_reason, row.due_by = Capability.INACTIVE, [], "", None
    await session.flush()
    await audit.record(session, None, "vendor.stripe_account_gone", "Vendor", row.vendor_id)


async def disconnect(session: AsyncSession, vendor_id: int, actor_id: int | None) -> None:
    """Pay a seller into its account at Stripe no more. The account is the seller's, and stays.

    Raises NotFoundError. Given up twice, it is given up once.
    """
    row = await _locked(session, ConnectedAccount.vendor_id == vendor_id)
    if row is None:
        raise NotFoundError("This seller has no account at Stripe.", field="vendorId")
    if row.disconnected_at is not None:
        return
    row.disconnected_at = clock.now()
    await session.flush()
    await audit.record(session, actor_id, "vendor.stripe_disconnected", "Vendor", vendor_id)


async def connected_to(session: AsyncSession, vendor_id: int) -> str:
    """What Stripe calls a seller's account. Raises NotFoundError."""
    account_id: str | None = await session.scalar(
        select(ConnectedAccount.account_id).where(
            ConnectedAccount.vendor_id == vendor_id, ConnectedAccount.disconnected_at.is_(None)
        )
    )
    if account_id is None:
        raise NotFoundError("This seller has no account at Stripe.", field="vendorId")
    return account_id


async def look(database: Database, settings: Settings, account_id: str) -> bool:
    """Ask how an account stands and write it down; whether it is a seller's of ours. Raises AnswerError."""
    asked_at = clock.now()
    account = await connect_in(settings).account(account_id)
    async with database.transaction() as session:
        if account is None:
            await note_gone(session, account_id)
            return True
        return await note(session, account, asked_at) is not None


async def look_after(database: Database, settings: Settings) -> None:
    """Ask after accounts of which nothing was heard for a day. Raises AnswerError."""
    if connect_of(settings) is None:
        return
    for account_id in await _unheard_of(database):
        await look(database, settings, account_id)


async def _unheard_of(database: Database) -> Sequence[str]:
    async with database.transaction() as session:
        found = await session.scalars(
            select(ConnectedAccount.account_id)
            .where(
                ConnectedAccount.account_id.is_not(None),
                ConnectedAccount.disconnected_at.is_(None),
                ConnectedAccount.checked_at <= clock.now() - LOOKED_AFTER,
            )
            .order_by(ConnectedAccount.checked_at)
            .limit(AT_ONCE)
        )
        return [account_id for account_id in found if account_id is not None]


async def _locked(session: AsyncSession, which: object) -> ConnectedAccount | None:
    query = select(ConnectedAccount).where(which).with_for_update()  # type: ignore[arg-type]
    found: ConnectedAccount | None = await session.scalar(query.execution_options(populate_existing=True))
    return found


def _key_of(account: Account) -> UUID | None:
    try:
        return UUID(metadata_of(account).get("request", ""))
    except ValueError:
        return None


def _transfers_of(account: Account) -> Capability:
    said = account.capabilities.transfers if account.capabilities else None
    return Capability.__members__.get((said or "").upper(), Capability.INACTIVE)
