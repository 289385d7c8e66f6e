"""Drafts: orders that staff put together for somebody. A draft has no sellers' parts, nothing of it is sold,
and the ledger does not know it, until it is completed (`draft_completion`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import DomainError, InvalidError, RequiredError, UniqueError
from marketplace.markets.models import Channel
from marketplace.orders.baskets import open_basket
from marketplace.orders.editing import (
    NewLine,
    check_lines,
    clear_delivery,
    put_in,
    set_delivery,
)
from marketplace.orders.errors import NotEditableError
from marketplace.orders.history import note, pieces_of
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Order, OrderOrigin, OrderStatus
from marketplace.orders.rewriting import rewrite
from marketplace.people.addresses import PostalAddress, change_address, checked_address, create_address
from marketplace.people.models import Address, User
from marketplace.people.service import checked_email
from marketplace.pricing.voucher_use import usable_voucher
from marketplace.pricing.vouchers import Voucher, VoucherCode

MAXIMUM_NOTE_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What is said of a draft. `said` has what was given, by name: billing_address and shipping_address
    (a PostalAddress), save_billing_address, save_shipping_address, user (a User or None), user_email,
    shipping_method_id, voucher (a Voucher or None), voucher_code, customer_note, redirect_url,
    external_reference, language_code, public_metadata, private_metadata.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    unchecked: Collection[str] = ()
    """Which addresses are taken as they are: "billing", "shipping". The others have to be right."""


async def create_draft(
    session: AsyncSession,
    channel: Channel | None,
    changes: Changes,
    lines: Sequence[NewLine],
    user_id: int | None,
) -> Order:
    """Begin a draft. Raises RequiredError, what `say` and `editing.add_lines` raise."""
    if channel is None:
        raise RequiredError("Say in which channel it is sold.", field="channel")
    check_lines(lines)
    now = clock.now()
    order = Order(
        id=uuid4(),
        status=OrderStatus.DRAFT,
        origin=OrderOrigin.DRAFT,
        channel_id=channel.id,
        currency=channel.currency_code,
        user_email="",
        customer_note="",
        created_at=now,
        updated_at=now,
        **dict.fromkeys(_AMOUNTS, 0),
    )
    await say(session, order, changes)
    session.add(order)
    await flush_pending(session)
    note(session, order, "DRAFT_CREATED", user_id)
    basket = await open_basket(session, order, [], new_variants=[line.variant_id for line in lines])
    added = put_in(basket, lines, field="lines")
    await rewrite(session, basket, is_told=False)
    if added:
        pieces = [(line.id, quantity, basket.offer(line).product_name) for line, quantity in added]
        note(session, order, "ADDED_PRODUCTS", user_id, lines=pieces_of(pieces))
    await session.flush()
    return order


_AMOUNTS = (
    "subtotal_gross_minor",
    "subtotal_net_minor",
    "shipping_gross_minor",
    "shipping_net_minor",
    "shipping_discount_minor",
    "undiscounted_total_gross_minor",
    "undiscounted_total_net_minor",
    "total_gross_minor",
    "total_net_minor",
)


async def change_draft(session: AsyncSession, order: Order, changes: Changes) -> Order:
    """Say something else of a draft. Raises InvalidError for what is none, and what `say` raises."""
    order, _ = await lock_whole(session, order.id)
    if order.status is not OrderStatus.DRAFT:
        raise InvalidError("This is no draft: use `orderUpdate`.", field="id")
    await say(session, order, changes)
    order.updated_at = clock.now()
    await flush_pending(session)
    await rewrite(session, await open_basket(session, order, []))
    return order


async def say(session: AsyncSession, order: Order, changes: Changes) -> None:
    """Write what is said of a draft; its prices are not worked out here.

    Raises InvalidError, UniqueError, NotFoundError, Errors (addresses), DomainError
    (MISSING_ADDRESS_DATA, INVALID_VOUCHER, INVALID_VOUCHER_CODE), DeliveryNotOfferedError.
    """
    said = changes.said
    await say_addresses(session, order, changes)
    for kind in ("billing", "shipping"):
        save = said.get(f"save_{kind}_address")
        if f"{kind}_address" in said and said[f"{kind}_address"] is not None:
            setattr(order, f"saves_{kind}_address", bool(save))
        elif save is not None:
            name = f"save{kind.capitalize()}Address"
            raise DomainError("There is no address to save.", field=name, code="MISSING_ADDRESS_DATA")
    await _say_customer(session, order, said)
    await say_texts(session, order, said)
    if "shipping_method_id" in said:
        clear_delivery(order)
        if said["shipping_method_id"] is not None:
            await set_delivery(session, order, said["shipping_method_id"])
    await _say_voucher(session, order, said)


async def say_addresses(session: AsyncSession, order: Order, changes: Changes) -> list[str]:
    """Write the addresses that are given into rows of the order's own; gives which. Raises Errors."""
    written = []
    for kind in ("billing", "shipping"):
        given: PostalAddress | None = changes.said.get(f"{kind}_address")
        if given is None:
            continue
        address = given if kind in changes.unchecked else checked_address(given, kind.upper())
        key: int | None = getattr(order, f"{kind}_address_id")
        row = await session.get(Address, key) if key is not None else None
        if row is None:
            setattr(order, f"{kind}_address_id", (await create_address(session, address)).id)
        else:
            change_address(row, address)
        written.append(kind)
    return written


async def say_texts(session: AsyncSession, order: Order, said: Mapping[str, Any]) -> None:
    """Write what is said of any order besides. Raises InvalidError, UniqueError."""
    if "customer_note" in said:
        text = (said["customer_note"] or "").strip()
        if len(text) > MAXIMUM_NOTE_LENGTH:
            raise InvalidError(f"At most {MAXIMUM_NOTE_LENGTH} characters, please.", field="customerNote")
        order.customer_note = text
    if "redirect_url" in said:
        order.redirect_url = said["redirect_url"] or None
    if said.get("language_code"):
        order.language_code = said["language_code"]
    if "external_reference" in said and said["external_reference"] != order.external_reference:
        await _set_reference(session, order, said["external_reference"] or None)
    for store in ("public_metadata", "private_metadata"):
        if said.get(store):
            setattr(order, store, {**(getattr(order, store) or {}), **said[store]})


async def _set_reference(session: AsyncSession, order: Order, reference: str | None) -> None:
    if reference is not None:
        taken = select(Order.id).where(Order.external_reference == reference, Order.id != order.id)
        if await session.scalar(taken) is not None:
            raise _reference_taken()
    order.external_reference = reference


def _reference_taken() -> UniqueError:
    return UniqueError("Another order has this reference.", field="externalReference")


async def _say_customer(session: AsyncSession, order: Order, said: Mapping[str, Any]) -> None:
    """Whose it is: an account, or an e-mail address, which may be an account's."""
    if "user" in said:
        user: User | None = said["user"]
        order.user_id = user.id if user else None
        order.user_email = user.email if user else ""
    if said.get("user_email"):
        await say_email(session, order, said["user_email"])
    elif "user_email" in said and "user" not in said:
        order.user_email, order.user_id = "", None


async def say_email(session: AsyncSession, order: Order, email: str) -> None:
    """Whose it is by an e-mail address. Raises InvalidError."""
    order.user_email = checked_email(email, "userEmail")
    order.user_id = await session.scalar(
        select(User.id).where(func.lower(User.email) == order.user_email.lower(), User.is_active)
    )


async def _say_voucher(session: AsyncSession, order: Order, said: Mapping[str, Any]) -> None:
    if said.get("voucher") is not None and said.get("voucher_code"):
        raise InvalidError("Name a voucher or a code, not both.", field="voucher")
    if "voucher" in said:
        voucher: Voucher | None = said["voucher"]
        code = None
        if voucher is not None:
            code = await session.scalar(
                select(VoucherCode.code)
                .where(VoucherCode.voucher_id == voucher.id, VoucherCode.is_active)
                .order_by(VoucherCode.created_at, VoucherCode.id)
                .limit(1)
            )
        await _set_code(session, order, code, voucher is None, "voucher", "INVALID_VOUCHER")
    elif "voucher_code" in said:
        code = said["voucher_code"]
        await _set_code(session, order, code, not code, "voucherCode", "INVALID_VOUCHER_CODE")


async def _set_code(
    session: AsyncSession, order: Order, code: str | None, is_none: bool, field: str, refusal: str
) -> None:
    if is_none:
        order.voucher_id = order.voucher_code = None
        return
    usable = code and await usable_voucher(
        session,
        [code],
        channel_id=order.channel_id,
        language_code=order.language_code or "",
        email=order.user_email,
        user_id=order.user_id,
        now=clock.now(),
    )
    if not usable:
        raise DomainError("This voucher can't be used here now.", field=field, code=refusal)
    order.voucher_id, order.voucher_code = usable.voucher.id, usable.code.code


async def delete_drafts(session: AsyncSession, orders: Collection[Order]) -> None:
    """Delete drafts, with the addresses that are theirs. Raises InvalidError for what is none, or has been
    paid for.
    """
    for order in sorted(orders, key=lambda order: order.id):
        locked, _ = await lock_whole(session, order.id)
        if locked.status is not OrderStatus.DRAFT:
            raise NotEditableError("Only drafts can be deleted.", field="id", code="INVALID")
    keys = [order.id for order in orders]
    addresses = [
        key for order in orders for key in (order.billing_address_id, order.shipping_address_id) if key
    ]
    try:
        async with session.begin_nested():
            await session.execute(delete(Order).where(Order.id.in_(keys)))
    except IntegrityError as paid:
        raise InvalidError("There are payments of this order.", field="id") from paid
    await session.execute(delete(Address).where(Address.id.in_(addresses), Address.user_id.is_(None)))


async def flush_pending(session: AsyncSession) -> None:
    """Write what is pending. Raises UniqueError for a reference that another order has taken meanwhile."""
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as refused:
        if "external_reference" in str(refused.orig):
            raise _reference_taken() from refused
        raise


async def refresh_draft(session: AsyncSession, order_id: UUID) -> None:
    """Add a draft up anew; lines whose time is over take the shop's prices."""
    order = await session.get(Order, order_id, with_for_update={"key_share": True}, populate_existing=True)
    if order is not None and order.status is OrderStatus.DRAFT:
        await rewrite(session, await open_basket(session, order, []))
