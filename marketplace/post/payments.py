"""What staff who handle payments are written to about: disputes, and where Stripe's books and ours differ;
and what sellers are who were charged with a dispute.
"""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import Retry, Work, job
from marketplace.kit.money import Money
from marketplace.orders.models import Order
from marketplace.pages import letters
from marketplace.payments.gateways.stripe.gateway import stripe_gateway
from marketplace.payments.gateways.stripe.letters import (
    DIFFERENCES,
    DISPUTE_DECIDED,
    DISPUTE_DUE,
    TO_BE_ANSWERED,
)
from marketplace.payments.gateways.stripe.models import PaymentDifference, StripeDispute
from marketplace.payments.gateways.stripe.state import url_of
from marketplace.payments.models import TransactionItem
from marketplace.payouts.dispute_charges import LETTER
from marketplace.payouts.models import DisputeCharge
from marketplace.people.models import User
from marketplace.post.reading import part_for_member
from marketplace.post.sending import language_of, send_once, templates_for

PATIENT = Retry(times=10, first_wait_seconds=10)
MOST_SHOWN = 20
"""Differences in a letter; the page has all."""


@job(DISPUTE_DUE, retry=PATIENT)
async def dispute_due(work: Work, dispute_id: int, step: int, user_id: int) -> None:
    """Remind somebody that a dispute is to be answered; not of one that was answered meanwhile."""
    dispute = await work.session.get_one(StripeDispute, dispute_id)
    if dispute.status in TO_BE_ANSWERED:
        values = await _of_dispute(work, dispute)
        await _send(work, user_id, "dispute_due", f"{dispute.reference}:{step}", values)


@job(DISPUTE_DECIDED, retry=PATIENT)
async def dispute_decided(work: Work, dispute_id: int, is_won: bool, user_id: int) -> None:
    """Tell somebody how a bank has decided."""
    dispute = await work.session.get_one(StripeDispute, dispute_id)
    values = {**await _of_dispute(work, dispute), "is_won": is_won}
    await _send(work, user_id, "dispute_decided", f"{dispute.reference}:{is_won}", values)


@job(DIFFERENCES, retry=PATIENT)
async def differences(work: Work, day: str, user_id: int) -> None:
    """Tell somebody where Stripe's books and ours differ, if they still do."""
    count = await work.session.scalar(select(func.count()).select_from(PaymentDifference)) or 0
    if not count:
        return
    rows = await work.session.scalars(
        select(PaymentDifference).order_by(PaymentDifference.id).limit(MOST_SHOWN)
    )
    shown = [
        {
            "what": row.what,
            "reference": row.reference,
            "at_gateway": _shown(row.at_gateway_minor, row.currency),
            "here": _shown(row.here_minor, row.currency),
        }
        for row in rows
    ]
    values = {"differences": shown, "count": count, "left": count - len(shown)}
    await _send(work, user_id, "payment_differences", day, values)


@job(LETTER, retry=PATIENT)
async def dispute_charged(work: Work, charge_id: int, user_id: int) -> None:
    """Tell one of a seller's members that a lost dispute is taken off the next payout, and why."""
    charge = await work.session.get_one(DisputeCharge, charge_id)
    told = await part_for_member(work, charge.vendor_order_id, user_id)
    if told is None:
        return
    user, part = told
    language = language_of(user.language_code)
    amount = _shown(charge.amount_minor, charge.currency)
    values = {"number": part["number"], "amount": amount, "reason": charge.reason}
    letter = letters.dispute_charged(templates_for(work.settings.public_url), language, values)
    await send_once(work, f"dispute_charged:{charge.id}:{user.id}", user.email, language, letter)


async def _of_dispute(work: Work, dispute: StripeDispute) -> dict[str, object]:
    gateway, due_at = stripe_gateway(work.settings), dispute.evidence_due_at
    return {
        "number": await _order_number(work.session, dispute),
        "reference": dispute.reference,
        "reason": dispute.reason,
        "amount": _shown(dispute.amount_minor, dispute.currency),
        "is_withdrawn": dispute.is_withdrawn,
        "due_at": None if due_at is None else _moment(due_at),
        "url": None
        if gateway is None
        else url_of("disputes", dispute.reference, is_live=gateway.api.is_live),
    }


async def _order_number(session: AsyncSession, dispute: StripeDispute) -> str | None:
    number = await session.scalar(
        select(Order.number)
        .join(TransactionItem, TransactionItem.order_id == Order.id)
        .where(TransactionItem.id == dispute.transaction_id)
    )
    return None if number is None else str(number)


async def _send(work: Work, user_id: int, name: str, key: str, values: dict[str, object]) -> None:
    user = await work.session.get(User, user_id)
    if user is None or not user.is_active or not user.is_staff:
        return
    language = language_of(user.language_code)
    letter = letters.to_staff(templates_for(work.settings.public_url), name, language, values)
    await send_once(work, f"{name}:{key}:{user_id}", user.email, language, letter)


def _shown(minor: int, currency: str) -> dict[str, object]:
    money = Money(minor, currency)
    return {"amount": money.amount, "currency": currency}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
