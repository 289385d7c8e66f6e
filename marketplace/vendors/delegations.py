"""Staff who act for a seller: asked for by one of them or offered by an owner, consented to, for a while.

A delegate may do what listers and packers do. Bank details, members and the application stay the seller's.
What delegates do is written into the audit log with both names: see `acted`.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.people import audit
from marketplace.people.changing import full_name
from marketplace.people.models import User
from marketplace.people.service import user_by_email
from marketplace.vendors import standing
from marketplace.vendors.errors import LimitReachedError, VendorStatusError
from marketplace.vendors.letters import VendorLetter, tell_owners
from marketplace.vendors.links import no_link
from marketplace.vendors.member_models import VendorDelegation
from marketplace.vendors.models import WORKING, Vendor

LONGEST_DAYS = 90
MOST_AT_ONCE = 50
"""Sellers that one of the staff acts for at a time."""
ASKED_FOR = timedelta(days=14)
"""How long a question waits for the seller's answer."""


async def ask(
    session: AsyncSession, vendor_id: int, agent_id: int, days: int, reason: str
) -> VendorDelegation:
    """One of the staff asks a seller whether they may act for it. Raises InvalidError, VendorStatusError."""
    delegation = await _new(session, vendor_id, agent_id, days, reason)
    agent = await session.get_one(User, agent_id)
    await tell_owners(
        session,
        VendorLetter.DELEGATION_ASKED,
        vendor_id,
        about=delegation.id,
        agent=full_name(agent) or agent.email,
        days=str(days),
        words=delegation.reason,
    )
    await _note(session, agent_id, "asked", delegation)
    return delegation


async def offer(
    session: AsyncSession, vendor_id: int, owner_id: int, agent_email: str, days: int, reason: str = ""
) -> VendorDelegation:
    """An owner has one of the staff act for the seller, from now on. Raises as `ask`, and NotFoundError."""
    agent = await user_by_email(session, agent_email)
    if agent is None or not (agent.is_staff and agent.is_active):
        raise NotFoundError("Nobody of the shop's staff has this e-mail address.", field="agentEmail")
    delegation = await _new(session, vendor_id, agent.id, days, reason)
    await _begin(session, delegation, owner_id)
    return delegation


async def consent(
    session: AsyncSession, delegation_id: UUID, owner_id: int | None, *, agrees: bool
) -> VendorDelegation:
    """The seller's answer; by the link of the letter nobody is named who gave it. Raises VendorLinkError."""
    delegation = await _locked(session, delegation_id)
    if delegation is None or not is_waiting(delegation):
        raise no_link()
    if agrees:
        await _begin(session, delegation, owner_id)
        return delegation
    delegation.ended_at = clock.now()
    await session.flush()
    await _note(session, owner_id, "declined", delegation)
    return delegation


async def end(session: AsyncSession, delegation_id: UUID, actor_id: int | None) -> VendorDelegation:
    """The seller, or the agent, ends it at once. Raises NotFoundError, VendorStatusError."""
    delegation = await _locked(session, delegation_id)
    if delegation is None:
        raise NotFoundError("There is no such delegation.", field="id")
    if delegation.ended_at is not None or (delegation.ends_at and delegation.ends_at <= clock.now()):
        raise VendorStatusError("It has ended already.", field="id")
    delegation.ended_at = clock.now()
    await session.flush()
    await _note(session, actor_id, "ended", delegation)
    return delegation


def is_waiting(delegation: VendorDelegation) -> bool:
    """Whether the seller may still answer."""
    is_open = delegation.consented_at is None and delegation.ended_at is None
    return is_open and delegation.asked_at + ASKED_FOR > clock.now()


async def acted(session: AsyncSession, agent_id: int, vendor_ids: Iterable[int], what: str) -> None:
    """Write down what a delegate has done for sellers, with both names as they are now."""
    names = await session.execute(select(Vendor.id, Vendor.name).where(Vendor.id.in_(list(vendor_ids))))
    agent = await session.get_one(User, agent_id)
    for vendor_id, name in names.all():
        await audit.record(
            session,
            agent_id,
            "delegate.acted",
            "Vendor",
            vendor_id,
            did=what,
            agent=full_name(agent) or agent.email,
            on_behalf_of=name,
        )


async def _new(
    session: AsyncSession, vendor_id: int, agent_id: int, days: int, reason: str
) -> VendorDelegation:
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidError(f"Between 1 and {LONGEST_DAYS} days, please.", field="days")
    said = standing.checked_reason(reason)
    vendor = await standing.locked(session, vendor_id)
    if vendor.status not in WORKING:
        raise VendorStatusError("Nobody acts for a seller that is not approved.", field="vendorId")
    of_agent = select(VendorDelegation).where(
        VendorDelegation.agent_id == agent_id,
        VendorDelegation.ended_at.is_(None),
        (VendorDelegation.ends_at > clock.now())
        | (VendorDelegation.ends_at.is_(None) & (VendorDelegation.asked_at > clock.now() - ASKED_FOR)),
    )
    standing_ones = (await session.scalars(of_agent)).all()
    if any(each.vendor_id == vendor_id for each in standing_ones):
        raise VendorStatusError("There is a delegation, or a question, already.", field="vendorId")
    if len(standing_ones) >= MOST_AT_ONCE:
        raise LimitReachedError(f"Nobody acts for more than {MOST_AT_ONCE} sellers.", field="vendorId")
    delegation = VendorDelegation(vendor_id=vendor_id, agent_id=agent_id, days=days, reason=said)
    session.add(delegation)
    await session.flush()
    return delegation


async def _begin(session: AsyncSession, delegation: VendorDelegation, owner_id: int | None) -> None:
    now = clock.now()
    delegation.consented_at, delegation.consented_by_id = now, owner_id
    delegation.starts_at, delegation.ends_at = now, now + timedelta(days=delegation.days)
    await session.flush()
    await _note(session, owner_id, "consented", delegation)


async def _locked(session: AsyncSession, delegation_id: UUID) -> VendorDelegation | None:
    return await session.get(VendorDelegation, delegation_id, with_for_update=True, populate_existing=True)


async def _note(session: AsyncSession, actor_id: int | None, what: str, delegation: VendorDelegation) -> None:
    await audit.record(
        session,
        actor_id,
        f"delegation.{what}",
        "Vendor",
        delegation.vendor_id,
        agent_id=delegation.agent_id,
        days=delegation.days,
    )
