"""What people are told of orders paid at the door: buyers by text message and letter, sellers by letter."""

from datetime import UTC
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import Retry, Work, enqueue, job
from marketplace.kit.money import Money
from marketplace.orders.models import Order, VendorOrder
from marketplace.pages import letters
from marketplace.pages.languages import Language
from marketplace.payments.at_the_door import confirming
from marketplace.payments.at_the_door.models import CashOrder, Confirmation
from marketplace.people.models import Address, User
from marketplace.post.reading import part_for_member
from marketplace.post.sending import language_of, send_once, templates_for
from marketplace.post.sms import Message, send_sms_once
from marketplace.vendors.models import VendorMember

PATIENT = Retry(times=10, first_wait_seconds=10)
SMS, LETTER = "post.confirmation_sms", "post.confirmation_letter"
TELL_MEMBER = "post.part_not_sent_to_member"


@job(confirming.ASK)
async def ask_to_confirm(work: Work, order_id: UUID, is_reminder: bool) -> None:
    """Ask a buyer to confirm an order, by every way there is: each is a job of its own, to be tried again."""
    if await _waiting(work.session, order_id) is None:
        return
    for name in (SMS, LETTER):
        await enqueue(work.session, name, order_id=order_id, is_reminder=is_reminder)


@job(SMS, retry=PATIENT)
async def confirmation_sms(work: Work, order_id: UUID, is_reminder: bool) -> None:
    """To the telephone number that the parcel goes to, if there is one."""
    found = await _waiting(work.session, order_id)
    if found is None:
        return
    cash_order, order = found
    phone = await work.session.scalar(select(Address.phone).where(Address.id == order.shipping_address_id))
    if not phone:
        return
    language = language_of(order.language_code)
    values = _values(work, cash_order, order, language, is_reminder=is_reminder)
    text = templates_for(work.settings.public_url).render("sms/confirm_order.txt", language, values)
    await send_sms_once(work, Message(_key("sms", order_id, is_reminder), phone, " ".join(text.split())))


@job(LETTER, retry=PATIENT)
async def confirmation_letter(work: Work, order_id: UUID, is_reminder: bool) -> None:
    """To the address that the order was placed with."""
    found = await _waiting(work.session, order_id)
    if found is None or not found[1].user_email:
        return
    cash_order, order = found
    language = language_of(order.language_code)
    values = _values(work, cash_order, order, language, is_reminder=is_reminder)
    letter = letters.about_cash(templates_for(work.settings.public_url), "confirm_order", language, values)
    await send_once(work, _key("letter", order_id, is_reminder), order.user_email, language, letter)


@job(confirming.TELL_SELLERS)
async def part_not_sent(work: Work, vendor_order_id: UUID, why: str) -> None:
    """Have a seller's members told that a parcel of theirs came back, or is not to be sent at all."""
    members = await work.session.scalars(
        select(VendorMember.user_id)
        .join(VendorOrder, VendorOrder.vendor_id == VendorMember.vendor_id)
        .join(User, User.id == VendorMember.user_id)
        .where(VendorOrder.id == vendor_order_id, User.is_active)
        .order_by(VendorMember.user_id)
    )
    for user_id in members:
        await enqueue(work.session, TELL_MEMBER, vendor_order_id=vendor_order_id, user_id=user_id, why=why)


@job(TELL_MEMBER, retry=PATIENT)
async def part_not_sent_to_member(work: Work, vendor_order_id: UUID, user_id: int, why: str) -> None:
    """Tell one of a seller's members: which pieces are theirs to sell again."""
    told = await part_for_member(work, vendor_order_id, user_id)
    if told is None:
        return
    user, part = told
    language = language_of(user.language_code)
    values = {"part": part, "why": why}
    letter = letters.about_cash(templates_for(work.settings.public_url), "part_not_sent", language, values)
    await send_once(work, f"part_not_sent:{vendor_order_id}:{user.id}:{why}", user.email, language, letter)


async def _waiting(session: AsyncSession, order_id: UUID) -> tuple[CashOrder, Order] | None:
    """An order that still waits for its buyer."""
    cash_order = await session.get(CashOrder, order_id)
    if cash_order is None or cash_order.confirmation is not Confirmation.WAITING:
        return None
    return cash_order, await session.get_one(Order, order_id)


def _values(
    work: Work, cash_order: CashOrder, order: Order, language: Language, *, is_reminder: bool
) -> dict[str, object]:
    """The link is made now, so that no row of the queue can answer in the buyer's place."""
    owed = Money(order.total_authorized_minor, order.currency)
    until = cash_order.cancel_at
    return {
        "number": order.number,
        "amount": {"amount": owed.amount, "currency": owed.currency},
        "until": until.astimezone(UTC).isoformat() if until else None,
        "url": f"{work.settings.public_url}/{language.code}/c/{confirming.sign(work.settings, cash_order)}",
        "is_reminder": is_reminder,
    }


def _key(what: str, order_id: UUID, is_reminder: bool) -> str:
    return f"confirm_order:{what}:{order_id}:{'again' if is_reminder else 'first'}"
