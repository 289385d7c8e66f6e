"""What people are told of payouts: sellers of cash that waits and of money that came back, staff of drafts.

Each letter to each person is a job of its own, to be tried again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import Retry, Work, enqueue, job
from marketplace.kit.money import Money
from marketplace.pages import letters
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.counter import NOT_FETCHED
from marketplace.payouts.drafting import DRAFT_WAITS
from marketplace.payouts.endings import CAME_BACK, CAME_BACK_LETTER
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.ways.cash import CASH_WAITS, TREASURERS
from marketplace.people.models import HeldPermission, User
from marketplace.people.permissions import Permission
from marketplace.post.sending import language_of, send_once, templates_for
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import Vendor, VendorMember

PATIENT = Retry(times=10, first_wait_seconds=10)
TELL_CODE, TELL_CAME_BACK, TELL_DRAFT = "post.cash_code", "post.came_back", "post.payout_draft"


@job(CASH_WAITS)
async def cash_waits(work: Work, payout_id: UUID, code_number: int) -> None:
    """Have a seller's owner and treasurer told the code by which they fetch their money."""
    for user_id in await _treasurers(work.session, payout_id):
        await enqueue(work.session, TELL_CODE, payout_id=payout_id, user_id=user_id, code_number=code_number)


@job(TELL_CODE, retry=PATIENT)
async def cash_code(work: Work, payout_id: UUID, user_id: int, code_number: int) -> None:
    """Tell one of them. No row of the queue knows the code, and one that was replaced is told nobody."""
    payout = await work.session.get_one(Payout, payout_id)
    pickup = await work.session.get(CashPickup, payout_id)
    if pickup is None or pickup.code_number != code_number or payout.status is not PayoutStatus.SENT:
        return
    code = decrypted(pickup.code_encrypted, work.settings)
    until = pickup.fetch_by.astimezone(UTC).isoformat()
    said = {"code": f"{code[:4]} {code[4:]}", "until": until, "reference": payout.end_to_end_id}
    user = await _member(work.session, payout, user_id)
    if user is not None:
        key = f"cash_waits:{payout_id}:{code_number}:{user_id}"
        await _write(work, key, user.email, user.language_code, "cash_waits", {**_of(payout), **said})


@job(CAME_BACK_LETTER)
async def came_back(work: Work, payout_id: UUID) -> None:
    """Have a seller told that its money did not arrive: its owner and treasurer, or else its own address."""
    told: Sequence[int | None] = await _treasurers(work.session, payout_id)
    for user_id in told or [None]:
        await enqueue(work.session, TELL_CAME_BACK, payout_id=payout_id, user_id=user_id)


@job(TELL_CAME_BACK, retry=PATIENT)
async def came_back_to(work: Work, payout_id: UUID, user_id: int | None) -> None:
    """Tell one of them, in its language, in the bank's own words."""
    payout = await work.session.get_one(Payout, payout_id)
    told: User | Vendor | None = await work.session.get_one(Vendor, payout.vendor_id)
    if user_id is not None:
        told = await _member(work.session, payout, user_id)
    if told is None or not told.email or payout.status not in CAME_BACK:
        return
    unfetched = payout.reason == NOT_FETCHED
    said = {
        "reason": "" if unfetched else payout.reason,
        "unfetched": unfetched,
        "method": payout.method.value,
    }
    key = f"came_back:{payout_id}:{user_id or 'seller'}"
    await _write(work, key, told.email, told.language_code, "payout_came_back", {**_of(payout), **said})


@job(DRAFT_WAITS)
async def draft_waits(work: Work, run_id: int) -> None:
    """Have all who work with payouts told that a draft of the schedule waits for two of them."""
    held = select(HeldPermission.user_id).where(HeldPermission.code == Permission.MANAGE_PAYOUTS)
    query = select(User.id).where(User.id.in_(held), User.is_staff, User.is_active).order_by(User.id)
    for user_id in await work.session.scalars(query):
        await enqueue(work.session, TELL_DRAFT, run_id=run_id, user_id=user_id)


@job(TELL_DRAFT, retry=PATIENT)
async def draft_waits_for(work: Work, run_id: int, user_id: int) -> None:
    """Tell one of them, unless others have looked at it meanwhile."""
    run = await work.session.get(PayoutRun, run_id)
    user = await work.session.get(User, user_id)
    if run is None or run.status is not PayoutRunStatus.DRAFT or user is None or not user.is_active:
        return
    query = select(func.count(), func.sum(Payout.amount_minor)).where(Payout.run_id == run_id)
    count, minor = (await work.session.execute(query)).one()
    total = Money(int(minor or 0), run.currency)
    said = {
        "number": run.id,
        "payouts": count,
        "day": (run.drafted_for or run.created_at.date()).isoformat(),
        "total": {"amount": total.amount, "currency": total.currency},
    }
    await _write(
        work, f"payout_draft:{run_id}:{user_id}", user.email, user.language_code, "payout_draft_waits", said
    )


async def _treasurers(session: AsyncSession, payout_id: UUID) -> list[int]:
    query = (
        select(VendorMember.user_id)
        .join(Payout, Payout.vendor_id == VendorMember.vendor_id)
        .join(User, User.id == VendorMember.user_id)
        .where(Payout.id == payout_id, VendorMember.role.in_(TREASURERS), User.is_active)
        .order_by(VendorMember.user_id)
    )
    return list(await session.scalars(query))


async def _member(session: AsyncSession, payout: Payout, user_id: int) -> User | None:
    """Somebody who still keeps the seller's money when the letter is written."""
    query = select(User).join(VendorMember, VendorMember.user_id == User.id)
    works = query.where(
        User.id == user_id,
        User.is_active,
        VendorMember.vendor_id == payout.vendor_id,
        VendorMember.role.in_(TREASURERS),
    )
    return (await session.scalars(works)).one_or_none()


def _of(payout: Payout) -> dict[str, Any]:
    amount = Money(payout.amount_minor, payout.currency)
    return {"amount": {"amount": amount.amount, "currency": amount.currency}, "number": payout.number}


async def _write(
    work: Work, key: str, to: str, language_code: str, name: str, values: Mapping[str, Any]
) -> None:
    language = language_of(language_code)
    letter = letters.about_payout(templates_for(work.settings.public_url), name, language, values)
    await send_once(work, key, to, language, letter)
