"""What becomes of an order once gateways have answered whether they pay its buyer back.

It follows from what was told of their requests, whoever told it: the mutation that asked, a webhook, an app's
report, the job that finds out about lost answers. What sellers' parts bear is what was taken on by gateways:
if one fails after all, the parts are given back what they bore of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import DomainError
from marketplace.kit.money import Money
from marketplace.orders.errors import CannotRefundError
from marketplace.orders.fulfilling import lock_order
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Fulfillment, Order, OrderEvent
from marketplace.payments.actions import LONGEST_ANSWER
from marketplace.payments.errors import NotPaidBackError
from marketplace.payments.models import (
    GatewayCall,
    Repayment,
    RepaymentRequest,
    TransactionEvent,
    TransactionItem,
)
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.refund_shares import Share, Take, scaled, worth_of
from marketplace.payments.refunding import Kind, Plan, Refunding, Returned, bear, carry_out, pieces_of
from marketplace.payments.transactions import events_of
from marketplace.payments.wanted import from_json

AT_ONCE = 100
IS_LATE_AFTER = timedelta(minutes=1)

log = structlog.get_logger(__name__)


async def check_none_under_way(session: AsyncSession, order_id: UUID) -> None:
    """Raises CannotRefundError while another refund of an order, now locked, waits for its answers."""
    await lock_whole(session, order_id)
    await follow(session, order_id)
    if await session.scalar(_OF_ORDER.where(Repayment.order_id == order_id, Repayment.settled_at.is_(None))):
        raise CannotRefundError(
            "Another refund of this order is under way: what came of it is being found out.",
            code="TRANSACTION_ERROR",
        )


async def follow(session: AsyncSession, order_id: UUID) -> None:
    """Have an order follow what was told of its repayments. The caller has locked it."""
    found = await session.scalars(
        _OF_ORDER.where(Repayment.order_id == order_id), execution_options={"populate_existing": True}
    )
    for repayment in found.all():
        answers = await _answers(session, repayment)
        if repayment.settled_at is not None:
            await _put_right(session, repayment, answers.taken_minor + sum(repayment.by_hand.values()))
        elif not answers.are_awaited:
            await _conclude(session, repayment, answers)


_OF_ORDER = select(Repayment).order_by(Repayment.id)


async def follow_late(session: AsyncSession) -> int:
    """Conclude what nobody lives to conclude: apps that were being asked when the process died. For a
    periodic job; gives how many were looked at.
    """
    late = await session.scalars(
        select(Repayment.order_id)
        .where(Repayment.settled_at.is_(None), Repayment.created_at < clock.now() - IS_LATE_AFTER)
        .order_by(Repayment.created_at)
        .limit(AT_ONCE)
    )
    keys = late.all()
    for order_id in keys:
        await lock_whole(session, order_id)
        await follow(session, order_id)
    return len(keys)


async def outcome(session: AsyncSession, repayment_id: int) -> Returned:
    """What came of a repayment. Raises NotPaidBackError where it was not paid back, or not all of it."""
    repayment = await session.get_one(Repayment, repayment_id, populate_existing=True)
    order = await session.get_one(Order, repayment.order_id)
    if repayment.settled_at is None:
        return Returned(order)
    if repayment.borne_minor < repayment.amount_minor:
        raise NotPaidBackError(await _what_failed(session, repayment))
    made = repayment.made or {}
    replacement = made.get("replacement")
    return Returned(
        order,
        await _parcels(session, made.get("returned", [])),
        await _parcels(session, made.get("replaced", [])),
        None if replacement is None else await session.get(Order, UUID(replacement)),
    )


@dataclass(slots=True)
class _Answers:
    taken_minor: int = 0
    """What gateways have paid back, or are about to."""
    are_awaited: bool = False
    failures: list[str] = field(default_factory=list)


async def _answers(session: AsyncSession, repayment: Repayment) -> _Answers:
    rows = await session.execute(
        select(TransactionEvent, TransactionItem, GatewayCall)
        .join(RepaymentRequest, RepaymentRequest.request_id == TransactionEvent.id)
        .join(TransactionItem, TransactionItem.id == TransactionEvent.transaction_id)
        .outerjoin(GatewayCall, GatewayCall.request_id == TransactionEvent.id)
        .where(RepaymentRequest.repayment_id == repayment.id)
        .order_by(TransactionEvent.id)
    )
    answers = _Answers()
    for request, transaction, call in rows.all():
        told = await events_of(session, transaction)
        taken_minor = _taken_minor(request, told)
        answers.taken_minor += taken_minor
        if taken_minor:
            continue
        answers.are_awaited |= _is_awaited(request, call, told)
        said = [each.message for each in told if each.id > request.id and each.type is Type.REFUND_FAILURE]
        answers.failures += said[-1:]
    return answers


def _taken_minor(request: TransactionEvent, told: Sequence[TransactionEvent]) -> int:
    """What of a request its gateway has paid back, or says it will: what was told last by its reference."""
    named = [
        event
        for event in told
        if event.counts and event.psp_reference and event.psp_reference == request.psp_reference
    ]
    minor = 0
    for event in named:
        if event.type in (Type.REFUND_REQUEST, Type.REFUND_SUCCESS):
            minor = event.amount_minor
        elif event.type in (Type.REFUND_FAILURE, Type.REFUND_REVERSE):
            minor = 0
    return min(minor, request.amount_minor)


def _is_awaited(
    request: TransactionEvent, call: GatewayCall | None, told: Sequence[TransactionEvent]
) -> bool:
    """Whether nobody knows yet; of an app only for so long as whoever asked may live."""
    if call is not None:
        return call.answered_at is None and not request.counts
    is_last = told[-1].id == request.id
    return is_last and not request.counts and request.created_at > clock.now() - LONGEST_ANSWER


async def _conclude(session: AsyncSession, repayment: Repayment, answers: _Answers) -> None:
    """All have answered: pieces move if all of the money does. If only some of it does, sellers bear that."""
    repayment.settled_at = clock.now()
    is_whole = answers.taken_minor + sum(repayment.by_hand.values()) == repayment.amount_minor
    if not is_whole:
        repayment.by_hand = {}
        await _note_failure(session, repayment, answers.failures)
    repayment.borne_minor = answers.taken_minor + sum(repayment.by_hand.values())
    await session.flush()
    if repayment.borne_minor:
        made = await _carried_out(session, repayment, is_whole=is_whole)
        repayment.made = {
            "returned": [parcel.id for parcel in made.returned],
            "replaced": [parcel.id for parcel in made.replaced],
            "replacement": None if made.replacement is None else str(made.replacement.id),
        }
        await session.flush()


async def _carried_out(session: AsyncSession, repayment: Repayment, *, is_whole: bool) -> Returned:
    wanted = from_json(repayment.wanted)
    order_id, shares = repayment.order_id, scaled(_shares(repayment), repayment.borne_minor)
    takes, user_id = await _by_hand(session, repayment.by_hand), repayment.user_id
    if is_whole:
        try:
            async with session.begin_nested():
                locked = await lock_order(session, order_id)
                moving = await pieces_of(session, locked, wanted)
                plan = Plan(moving, await worth_of(session, locked, moving), shares)
                return await carry_out(session, locked, wanted, plan, takes, user_id)
        except DomainError as error:  # The buyer has the money: whatever became of the pieces meanwhile.
            log.error("refunded pieces have moved meanwhile", order=str(order_id), why=error.message)  # noqa: TRY400
    locked = await lock_order(session, order_id)
    wish = None if wanted.wish is None else replace(wanted.wish, amount_minor=sum_of(shares))
    money_only = Refunding(Kind.KEPT, wish)
    return await carry_out(session, locked, money_only, Plan([], {}, shares), takes, user_id)


def sum_of(shares: Mapping[UUID, Share]) -> int:
    return sum(borne.minor for borne in shares.values())


async def _put_right(session: AsyncSession, repayment: Repayment, minor: int) -> None:
    """What sellers bear becomes what gateways have paid back, if that has changed since."""
    if minor == repayment.borne_minor:
        return
    before = scaled(_shares(repayment), repayment.borne_minor)
    now = scaled(_shares(repayment), minor)
    _, parts = await lock_whole(session, repayment.order_id)
    by_id = {part.id: part for part in parts}
    made = await _parcels(session, (repayment.made or {}).get("returned", []))
    parcel_of = {parcel.vendor_order_id: parcel for parcel in made}
    for part_id, borne in now.items():
        less = before[part_id]
        change = Share(borne.goods_minor - less.goods_minor, borne.shipping_minor - less.shipping_minor)
        parcel = parcel_of.get(part_id)
        if parcel is not None:
            parcel.total_refund_minor = borne.minor
            parcel.shipping_refund_minor = borne.shipping_minor or None
        if change.goods_minor or change.shipping_minor:
            parcel_id = None if parcel is None else parcel.id
            await bear(session, by_id[part_id], change, parcel_id, repayment.user_id)
    if minor < repayment.borne_minor:
        answers = await _answers(session, repayment)
        await _note_failure(session, repayment, answers.failures)
    repayment.borne_minor = minor
    await session.flush()


async def _note_failure(session: AsyncSession, repayment: Repayment, failures: Sequence[str]) -> None:
    message = " ".join(dict.fromkeys(each for each in failures if each)) or "It was not paid back."
    session.add(
        OrderEvent(
            order_id=repayment.order_id,
            type="PAYMENT_FAILED",
            user_id=repayment.user_id,
            parameters={"message": message},
        )
    )
    await session.flush()


async def _what_failed(session: AsyncSession, repayment: Repayment) -> str:
    why = " ".join((await _answers(session, repayment)).failures) or "It was not paid back."
    if not repayment.borne_minor:
        return why
    back = Money(repayment.borne_minor, repayment.currency)
    whole = Money(repayment.amount_minor, repayment.currency)
    return f"{why} Only {back} of {whole} were paid back."


def _shares(repayment: Repayment) -> dict[UUID, Share]:
    return {UUID(part_id): Share(*borne) for part_id, borne in repayment.shares.items()}


async def _by_hand(session: AsyncSession, by_hand: Mapping[str, int]) -> list[Take]:
    return [(await session.get_one(TransactionItem, int(key)), minor) for key, minor in by_hand.items()]


async def _parcels(session: AsyncSession, keys: Sequence[int]) -> list[Fulfillment]:
    if not keys:
        return []
    found = await session.scalars(
        select(Fulfillment).where(Fulfillment.id.in_(keys)).order_by(Fulfillment.id)
    )
    return list(found)
