"""Asking somebody by letter to work for a seller. Whoever has the link reads the mail of the address."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import NotFoundError, RequiredError, UniqueError
from marketplace.kit.events import publish
from marketplace.people import audit, tokens
from marketplace.people.accounts import checked_name
from marketplace.people.events import EmailProven
from marketplace.people.models import User
from marketplace.people.passwords import hash_password
from marketplace.people.service import checked_email, create_user, user_by_email
from marketplace.vendors import members, standing
from marketplace.vendors.errors import LimitReachedError
from marketplace.vendors.letters import VendorLetter, write_to
from marketplace.vendors.links import no_link
from marketplace.vendors.member_models import VendorInvitation
from marketplace.vendors.models import APPLYING, MemberRole, Vendor, VendorMember

GOOD_FOR = timedelta(days=14)
MOST_IN_A_DAY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What somebody says who has no account yet."""

    password: str | None = None
    first_name: str = ""
    last_name: str = ""
    language_code: str = "fr"


async def invite(
    session: AsyncSession, vendor_id: int, email: str, role: MemberRole, *, actor_id: int | None
) -> VendorInvitation:
    """Ask somebody to work for a seller; asked again, only the last letter's link works.

    Raises InvalidError, UniqueError, LimitReachedError.
    """
    email = checked_email(email)
    await standing.locked(session, vendor_id)
    user = await user_by_email(session, email)
    if user is not None and await session.get(VendorMember, (vendor_id, user.id)) is not None:
        raise UniqueError("Whoever has this address works for the seller already.", field="email")
    since = clock.now() - timedelta(days=1)
    sent = await session.scalar(
        select(func.count()).where(
            VendorInvitation.vendor_id == vendor_id, VendorInvitation.created_at > since
        )
    )
    if (sent or 0) >= MOST_IN_A_DAY:
        raise LimitReachedError(f"At most {MOST_IN_A_DAY} invitations a day, please.", field="email")
    earlier = await session.scalar(
        select(VendorInvitation).where(
            VendorInvitation.vendor_id == vendor_id,
            func.lower(VendorInvitation.email) == email.lower(),
            VendorInvitation.closed_at.is_(None),
        )
    )
    if earlier is not None:
        earlier.closed_at = clock.now()
        await session.flush()
    invitation = VendorInvitation(
        vendor_id=vendor_id,
        email=email,
        role=role,
        expires_at=clock.now() + GOOD_FOR,
        invited_by_id=actor_id,
    )
    session.add(invitation)
    await session.flush()
    await audit.record(session, actor_id, "vendor.invited", "Vendor", vendor_id, role=role)
    await write_to(session, VendorLetter.INVITATION, vendor_id, email, about=invitation.id, role=role)
    return invitation


async def take_back(session: AsyncSession, invitation_id: UUID, *, actor_id: int | None) -> VendorInvitation:
    """Have an invitation's link work no more. Raises NotFoundError."""
    invitation = await _locked(session, invitation_id)
    if invitation is None or invitation.closed_at is not None:
        raise NotFoundError("There is no such invitation any more.", field="id")
    invitation.closed_at = clock.now()
    await session.flush()
    await audit.record(session, actor_id, "vendor.invitation_taken_back", "Vendor", invitation.vendor_id)
    return invitation


async def decline(session: AsyncSession, invitation_id: UUID) -> None:
    """Whoever reads the mail of the address won't. Raises VendorLinkError."""
    invitation = await _locked(session, invitation_id)
    if invitation is None or not is_open(invitation):
        raise no_link()
    invitation.closed_at = clock.now()
    await session.flush()


def is_open(invitation: VendorInvitation) -> bool:
    """Whether it may be answered still."""
    return invitation.closed_at is None and invitation.expires_at > clock.now()


async def needs_account(session: AsyncSession, email: str) -> bool:
    """Whether whoever accepts has to choose a password: there is no account, or one that nobody has shown to
    be theirs, whose password may be a stranger's.
    """
    user = await user_by_email(session, email)
    return user is None or not user.is_confirmed


async def accept(session: AsyncSession, invitation_id: UUID, given: NewAccount) -> VendorInvitation:
    """Have whoever reads the mail of the address work for the seller.

    Raises VendorLinkError, RequiredError (`password`, where an account has to be opened), PasswordError.
    """
    vendor_id = await session.scalar(
        select(VendorInvitation.vendor_id).where(VendorInvitation.id == invitation_id)
    )
    if vendor_id is None:
        raise no_link()
    vendor = await standing.locked(session, vendor_id)
    invitation = await _locked(session, invitation_id)
    if invitation is None or not is_open(invitation):
        raise no_link()
    user = await _account(session, invitation.email, given)
    if await session.get(VendorMember, (vendor_id, user.id)) is None:
        await members.join(session, vendor_id, user.id, invitation.role)
    invitation.closed_at, invitation.accepted_by_id = clock.now(), user.id
    if invitation.role is MemberRole.OWNER:
        await _is_applicant(session, vendor, user.id)
    await session.flush()
    await audit.record(session, user.id, "vendor.joined", "Vendor", vendor_id, role=invitation.role)
    return invitation


async def _account(session: AsyncSession, email: str, given: NewAccount) -> User:
    user = await user_by_email(session, email)
    if user is not None and not user.is_active:
        raise no_link()
    if user is not None and user.is_confirmed:
        return user
    if not given.password:
        raise RequiredError("Choose a password for your account.", field="password")
    first_name = checked_name(given.first_name, "firstName")
    last_name = checked_name(given.last_name, "lastName")
    if user is None:
        user = await create_user(session, email, given.password, language_code=given.language_code)
    else:  # Whoever opened it has never shown that they read this mail: it is not theirs.
        user.password_hash = await hash_password(given.password, user)
        user.token_key = tokens.new_token_key()
        user.is_confirmed = True
    user.first_name, user.last_name = first_name, last_name
    await session.flush()
    await publish(session, EmailProven(user.id, user.email))
    return user


async def _is_applicant(session: AsyncSession, vendor: Vendor, user_id: int) -> None:
    """An application that staff wrote is its owner's from now on, unless they have one under way."""
    if vendor.applicant_id is not None or vendor.status not in APPLYING:
        return
    other = select(Vendor.id).where(Vendor.applicant_id == user_id, Vendor.status.in_(APPLYING))
    await session.get_one(User, user_id, with_for_update=True)
    if await session.scalar(other.limit(1)) is None:
        vendor.applicant_id = user_id


async def _locked(session: AsyncSession, invitation_id: UUID) -> VendorInvitation | None:
    return await session.get(VendorInvitation, invitation_id, with_for_update=True, populate_existing=True)
