"""What the links of letters ask, and what becomes of the answers. Looking changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.people.changing import full_name
from marketplace.people.models import User
from marketplace.vendors import bank_changes, delegations, invitations
from marketplace.vendors.bank_models import BankChange
from marketplace.vendors.invitations import NewAccount
from marketplace.vendors.links import LinkPurpose, no_link, opened
from marketplace.vendors.member_models import VendorDelegation, VendorInvitation
from marketplace.vendors.models import MemberRole, Vendor


@dataclass(frozen=True, slots=True)
class Asked:
    """What whoever opens a link finds."""

    purpose: LinkPurpose
    vendor_name: str
    is_open: bool
    """Whether it can be answered still."""
    before: datetime | None = None
    role: MemberRole | None = None
    agent: str | None = None
    days: int | None = None
    reason: str | None = None
    ending: str | None = None
    needs_account: bool = False


async def look(session: AsyncSession, settings: Settings, token: str) -> Asked:
    """What a link asks. Raises VendorLinkError."""
    purpose, key = opened(settings, token)
    match purpose:
        case LinkPurpose.INVITATION:
            return await _invitation(session, key)
        case LinkPurpose.DELEGATION:
            return await _delegation(session, key)
        case LinkPurpose.BANK_CONFIRMATION | LinkPurpose.BANK_UNDOING:
            return await _bank_change(session, purpose, key)


async def answer(
    session: AsyncSession, settings: Settings, token: str, *, agrees: bool, account: NewAccount
) -> LinkPurpose:
    """Do what a link's answer says; it is answered once.

    Raises VendorLinkError, InvalidError, RequiredError, PasswordError.
    """
    purpose, key = opened(settings, token)
    match purpose, agrees:
        case LinkPurpose.INVITATION, True:
            await invitations.accept(session, key, account)
        case LinkPurpose.INVITATION, False:
            await invitations.decline(session, key)
        case LinkPurpose.DELEGATION, _:
            await delegations.consent(session, key, None, agrees=agrees)
        case LinkPurpose.BANK_CONFIRMATION, True:
            await bank_changes.confirm(session, key)
        case LinkPurpose.BANK_CONFIRMATION, False:
            await bank_changes.decline(session, key)
        case LinkPurpose.BANK_UNDOING, True:
            await bank_changes.undo(session, key)
        case LinkPurpose.BANK_UNDOING, False:
            raise InvalidError("There is nothing to be done then: the change stays.", field="agree")
    return purpose


async def _invitation(session: AsyncSession, key: UUID) -> Asked:
    found = await session.get(VendorInvitation, key)
    if found is None:
        raise no_link()
    return Asked(
        LinkPurpose.INVITATION,
        await _name(session, found.vendor_id),
        invitations.is_open(found),
        found.expires_at,
        role=found.role,
        needs_account=await invitations.needs_account(session, found.email),
    )


async def _delegation(session: AsyncSession, key: UUID) -> Asked:
    found = await session.get(VendorDelegation, key)
    if found is None:
        raise no_link()
    agent = await session.get_one(User, found.agent_id)
    return Asked(
        LinkPurpose.DELEGATION,
        await _name(session, found.vendor_id),
        delegations.is_waiting(found),
        found.asked_at + delegations.ASKED_FOR,
        agent=full_name(agent) or agent.email,
        days=found.days,
        reason=found.reason,
    )


async def _bank_change(session: AsyncSession, purpose: LinkPurpose, key: UUID) -> Asked:
    found = await session.get(BankChange, key)
    if found is None:
        raise no_link()
    confirms = purpose is LinkPurpose.BANK_CONFIRMATION
    is_open = bank_changes.is_waiting(found) if confirms else bank_changes.may_be_undone(found)
    before = found.confirm_before if confirms else found.undo_before
    name = await _name(session, found.vendor_id)
    return Asked(purpose, name, is_open, before, ending=found.number_ending)


async def _name(session: AsyncSession, vendor_id: int) -> str:
    return (await session.get_one(Vendor, vendor_id)).name
