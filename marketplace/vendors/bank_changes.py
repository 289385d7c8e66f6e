"""Where a seller is paid is changed in two steps, and can be undone for two days.

Asked for in the seller's name, confirmed by a link that goes to the contact of the *old* account (whoever has
stolen a password does not read it), then nothing is paid for 48 hours in which that contact can say that it
was not the seller. See docs/decisions/0047.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, RequiredError
from marketplace.kit.settings import Settings
from marketplace.people import audit
from marketplace.people.models import User
from marketplace.vendors import standing
from marketplace.vendors.bank import ENDING_LENGTH, checked_number, encrypted_number
from marketplace.vendors.bank_models import BankChange, BankChangeStatus
from marketplace.vendors.errors import LimitReachedError, VendorStatusError
from marketplace.vendors.letters import VendorLetter, tell_owners, tell_staff, text_to, write_to
from marketplace.vendors.links import no_link
from marketplace.vendors.models import (
    BankAccount,
    BankAccountKind,
    MemberRole,
    Vendor,
    VendorMember,
    VendorStatus,
)

CONFIRMED_WITHIN = timedelta(hours=24)
HELD_FOR = timedelta(hours=48)
MOST_IN_A_DAY = 5
LONGEST_LINE = 140
"""Of a holder and of a bank, as payment messages carry them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """Where a seller wants to be paid."""

    kind: BankAccountKind
    holder: str
    bank_name: str
    number: str


async def ask_to_change(
    session: AsyncSession, settings: Settings, vendor_id: int, given: NewAccount, *, actor_id: int | None
) -> BankChange:
    """Keep what a seller wants, and ask the old account's contact to confirm it. Nothing is paid there yet.

    Raises BankNumberInvalidError, RequiredError, InvalidError, VendorStatusError, LimitReachedError.
    """
    holder, bank_name = _line(given.holder, "holder"), _line(given.bank_name, "bankName")
    if not holder:
        raise RequiredError("Whose account is it? Give the holder as the bank writes it.", field="holder")
    checked = checked_number(given.kind, given.number)
    vendor = await standing.locked(session, vendor_id)
    if vendor.status in (VendorStatus.REFUSED, VendorStatus.CLOSED):
        raise VendorStatusError("Nothing is paid to this seller any more.", field="vendorId")
    account = await account_of(session, vendor_id)
    if account is not None and account.payable_from is not None and account.payable_from > clock.now():
        raise VendorStatusError(
            "The account was changed less than 48 hours ago. Until these are over, it can only be undone.",
            field="vendorId",
        )
    await _give_up_waiting(session, vendor_id)
    email, phone = await _contact(session, vendor, account)
    change = BankChange(
        vendor_id=vendor_id,
        kind=given.kind,
        holder=holder,
        bank_name=bank_name,
        number_encrypted=encrypted_number(checked, settings),
        number_ending=checked[-ENDING_LENGTH:],
        contact_email=email,
        contact_phone=phone,
        asked_by_id=actor_id,
        confirm_before=clock.now() + CONFIRMED_WITHIN,
    )
    session.add(change)
    await session.flush()
    await _tell_contact(session, VendorLetter.BANK_CONFIRM, change)
    await _note(session, actor_id, "asked", change)
    return change


async def confirm(session: AsyncSession, change_id: UUID) -> BankChange:
    """The contact says yes: the seller is paid there, from 48 hours on. Raises VendorLinkError."""
    change = await _waiting(session, change_id)
    vendor = await session.get_one(Vendor, change.vendor_id)
    account = await account_of(session, change.vendor_id)
    if account is None:
        account = BankAccount(vendor_id=change.vendor_id)
        session.add(account)
    else:
        change.previous_kind, change.previous_holder = account.kind, account.holder
        change.previous_bank_name = account.bank_name
        change.previous_number_encrypted = account.number_encrypted
        change.previous_number_ending = account.number_ending
    now = clock.now()
    account.kind, account.holder, account.bank_name = change.kind, change.holder, change.bank_name
    account.number_encrypted, account.number_ending = change.number_encrypted, change.number_ending
    account.payable_from = change.undo_before = now + HELD_FOR
    # Whoever confirmed this one is asked about the next, unless the seller has another contact by then.
    account.contact_email = vendor.email or change.contact_email
    account.contact_phone = vendor.phone or change.contact_phone
    change.status, change.closed_at = BankChangeStatus.CONFIRMED, now
    await session.flush()
    await _tell_contact(session, VendorLetter.BANK_CHANGED, change)
    await _note(session, change.asked_by_id, "confirmed", change)
    return change


async def decline(session: AsyncSession, change_id: UUID) -> BankChange:
    """The contact says no: nothing changes, and the staff are told. Raises VendorLinkError."""
    change = await _waiting(session, change_id)
    change.status, change.closed_at = BankChangeStatus.CANCELED, clock.now()
    await session.flush()
    await _tell_undone(session, change, "declined")
    return change


async def undo(session: AsyncSession, change_id: UUID) -> BankChange:
    """It was not the seller: what was there before is put back, and the staff are told.

    Raises VendorLinkError.
    """
    change = await _locked(session, change_id)
    if change is None or not may_be_undone(change):
        raise no_link()
    account = await account_of(session, change.vendor_id)
    if account is not None and change.previous_kind is None:
        await session.delete(account)
    elif account is not None and change.previous_number_encrypted is not None:
        account.kind, account.holder = change.previous_kind or account.kind, change.previous_holder
        account.bank_name = change.previous_bank_name
        account.number_encrypted = change.previous_number_encrypted
        account.number_ending = change.previous_number_ending
        account.payable_from = None
        account.contact_email, account.contact_phone = change.contact_email, change.contact_phone
    change.status, change.undone_at = BankChangeStatus.UNDONE, clock.now()
    await session.flush()
    await _tell_undone(session, change, "undone")
    return change


def is_waiting(change: BankChange) -> bool:
    """Whether the contact may still confirm it."""
    return change.status is BankChangeStatus.WAITING and change.confirm_before > clock.now()


def may_be_undone(change: BankChange) -> bool:
    """Whether the contact may still say that it was not the seller."""
    is_held = change.undo_before is not None and change.undo_before > clock.now()
    return change.status is BankChangeStatus.CONFIRMED and is_held


async def _waiting(session: AsyncSession, change_id: UUID) -> BankChange:
    change = await _locked(session, change_id)
    if change is None or not is_waiting(change):
        raise no_link()
    return change


async def _locked(session: AsyncSession, change_id: UUID) -> BankChange | None:
    """The change, with its seller locked before it, as everywhere."""
    vendor_id = await session.scalar(select(BankChange.vendor_id).where(BankChange.id == change_id))
    if vendor_id is None:
        return None
    await standing.locked(session, vendor_id)
    return await session.get(BankChange, change_id, with_for_update=True, populate_existing=True)


async def account_of(session: AsyncSession, vendor_id: int) -> BankAccount | None:
    """Where a seller is paid now, kept from other changes."""
    return await session.scalar(
        select(BankAccount).where(BankAccount.vendor_id == vendor_id).with_for_update(),
        execution_options={"populate_existing": True},
    )


async def _give_up_waiting(session: AsyncSession, vendor_id: int) -> None:
    """Only the last change that was asked for can be confirmed. Raises LimitReachedError."""
    since = clock.now() - timedelta(days=1)
    asked = await session.scalar(
        select(func.count()).where(BankChange.vendor_id == vendor_id, BankChange.asked_at > since)
    )
    if (asked or 0) >= MOST_IN_A_DAY:
        raise LimitReachedError("This was asked for too often today.", field="vendorId")
    waiting = await session.scalar(
        select(BankChange).filter_by(vendor_id=vendor_id, status=BankChangeStatus.WAITING).with_for_update()
    )
    if waiting is not None:
        waiting.status, waiting.closed_at = BankChangeStatus.CANCELED, clock.now()
        await session.flush()


async def _contact(session: AsyncSession, vendor: Vendor, account: BankAccount | None) -> tuple[str, str]:
    """Whom to ask: the old account's contact; else the seller's; else its first owner's address."""
    if account is not None and (account.contact_email or account.contact_phone):
        return account.contact_email, account.contact_phone
    if vendor.email or vendor.phone:
        return vendor.email, vendor.phone
    owner = await session.scalar(
        select(User.email)
        .join(VendorMember, VendorMember.user_id == User.id)
        .where(VendorMember.vendor_id == vendor.id, VendorMember.role == MemberRole.OWNER, User.is_active)
        .order_by(User.id)
        .limit(1)
    )
    if owner is None:
        message = "Nobody can confirm this: the seller has neither an e-mail address nor a telephone number."
        raise RequiredError(message, field="vendorId")
    return owner, ""


async def _tell_contact(session: AsyncSession, letter: VendorLetter, change: BankChange) -> None:
    """By letter and by text message: whichever of them there is."""
    about, ending = change.id, change.number_ending
    if change.contact_email:
        await write_to(session, letter, change.vendor_id, change.contact_email, about=about, ending=ending)
    if change.contact_phone:
        await text_to(session, letter, change.vendor_id, change.contact_phone, about=about, ending=ending)


async def _tell_undone(session: AsyncSession, change: BankChange, what: str) -> None:
    ending = change.number_ending
    await tell_owners(session, VendorLetter.BANK_UNDONE, change.vendor_id, ending=ending)
    await tell_staff(session, VendorLetter.BANK_UNDONE_STAFF, change.vendor_id, ending=ending)
    await _note(session, None, what, change)


async def _note(session: AsyncSession, actor_id: int | None, what: str, change: BankChange) -> None:
    """The log says who changed it, and the ends of both numbers: never the numbers."""
    await audit.record(
        session,
        actor_id,
        f"bank_account.{what}",
        "Vendor",
        change.vendor_id,
        ending=change.number_ending,
        replaced_ending=change.previous_number_ending or None,
    )


def _line(text: str, field: str) -> str:
    said = " ".join(text.split())
    if len(said) > LONGEST_LINE:
        raise InvalidError(f"At most {LONGEST_LINE} characters, please.", field=field)
    return said
