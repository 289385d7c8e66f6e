"""What staff change of a draft, or of an order that waits to be confirmed: its lines, and how it travels.

Each function takes hold of the order first, then, if its pieces are sold, of the stocks; it then rewrites the
order, and with it its sellers' parts. On an error nothing has changed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.errors import UnknownVariantError, ZeroQuantityError
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.offers import Offer
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money
from marketplace.markets.models import ShippingMethod, ShippingMethodListing
from marketplace.orders.baskets import Basket, open_basket, reduce_by_staff
from marketplace.orders.errors import DeliveryNotOfferedError, NotEditableError
from marketplace.orders.history import note, pieces_of
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Order, OrderLine, OrderStatus, VendorOrderStatus
from marketplace.orders.rewriting import rewrite

EDITABLE = frozenset({OrderStatus.DRAFT, OrderStatus.UNCONFIRMED})
MAXIMUM_LINES = 500
MAXIMUM_PIECES = 1_000_000
MAXIMUM_PRICE = Decimal(10**8)
"""Of one piece. With the other two: as much as an order's total can hold."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """Pieces to add to an order."""

    variant_id: int
    quantity: int
    own_line: bool = False
    """Not to be added to a line that has the variant already."""
    price: Decimal | None = None
    """Of one piece, as prices are entered in the channel; None: the shop's."""


async def editable(
    session: AsyncSession,
    order_id: UUID,
    *,
    new_variants: Collection[int] = (),
    field: str = "id",
    code: str | None = None,
    is_exempt: bool | None = None,
) -> Basket:
    """Take hold of an order that may be changed. Raises NotFoundError, NotEditableError."""
    order, parts = await lock_whole(session, order_id)
    if order.status not in EDITABLE:
        raise NotEditableError("Only drafts and unconfirmed orders can be changed.", field=field, code=code)
    basket = await open_basket(session, order, parts, new_variants=new_variants, is_exempt=is_exempt)
    begun = {part.id for part in parts if part.status is not VendorOrderStatus.UNFULFILLED}
    if any(row.vendor_order_id in begun for row in basket.rows.values()):
        raise NotEditableError("Some of it was called off, or has left already.", field=field, code=code)
    return basket


async def add_lines(
    session: AsyncSession, order_id: UUID, adding: Sequence[NewLine], user_id: int | None
) -> tuple[Order, list[OrderLine]]:
    """Put pieces into an order. Gives it, and the lines that are new or have more pieces.

    Raises NotFoundError, NotEditableError, ZeroQuantityError, InvalidError, UnknownVariantError,
    DomainError (PRODUCT_NOT_PUBLISHED, NOT_AVAILABLE_IN_CHANNEL), InsufficientStockError.
    """
    check_lines(adding)
    basket = await editable(session, order_id, new_variants=[line.variant_id for line in adding])
    added = put_in(basket, adding, field="input")
    await rewrite(session, basket)
    pieces = [(line.id, quantity, _name_of(basket, line)) for line, quantity in added]
    note(session, basket.order, "ADDED_PRODUCTS", user_id, lines=pieces_of(pieces))
    await session.flush()
    return basket.order, await _rows(session, [line.id for line, _ in added])


async def change_quantity(
    session: AsyncSession, line_id: UUID, quantity: int, user_id: int | None
) -> tuple[Order, OrderLine]:
    """Set how many pieces a line has.

    Raises NotFoundError, NotEditableError, ZeroQuantityError, InvalidError, DomainError
    (NON_EDITABLE_GIFT_LINE), InsufficientStockError.
    """
    check_quantity(quantity)
    basket, line = await line_of(session, line_id)
    if line.is_gift:
        raise DomainError("A gift can't be changed.", field="id", code="NON_EDITABLE_GIFT_LINE")
    difference = quantity - line.quantity
    line.quantity = quantity
    await rewrite(session, basket)
    if difference:
        kind = "ADDED_PRODUCTS" if difference > 0 else "REMOVED_PRODUCTS"
        pieces = [(line.id, abs(difference), _name_of(basket, line))]
        note(session, basket.order, kind, user_id, lines=pieces_of(pieces))
    await session.flush()
    return basket.order, basket.rows[line.id]


async def take_out(
    session: AsyncSession, order_id: UUID, line_ids: Collection[UUID], user_id: int | None
) -> Order:
    """Take lines out of an order.

    Raises NotFoundError, NotEditableError, DomainError (NON_REMOVABLE_GIFT_LINE).
    """
    basket = await editable(session, order_id)
    leaving = [line for line in basket.lines if line.id in line_ids]
    if len(leaving) < len(set(line_ids)):
        raise NotFoundError("There is no such line.", field="id")
    if any(line.is_gift for line in leaving):
        raise DomainError("A gift can't be taken out.", field="id", code="NON_REMOVABLE_GIFT_LINE")
    pieces = [(line.id, line.quantity, _name_of(basket, line)) for line in leaving]
    basket.lines = [line for line in basket.lines if line.id not in line_ids]
    if not basket.is_shipping_required and basket.order.shipping_method_id is not None:
        clear_delivery(basket.order)
    await rewrite(session, basket)
    note(session, basket.order, "REMOVED_PRODUCTS", user_id, lines=pieces_of(pieces))
    await session.flush()
    return basket.order


async def choose_delivery(session: AsyncSession, order_id: UUID, method_id: int | None) -> Order:
    """Say how an order travels; None: nobody knows yet, which only a draft can leave so.

    Raises NotFoundError, NotEditableError, DomainError (SHIPPING_METHOD_REQUIRED,
    ORDER_NO_SHIPPING_ADDRESS), DeliveryNotOfferedError.
    """
    basket = await editable(session, order_id)
    order = basket.order
    if method_id is None:
        if not basket.is_draft and basket.is_shipping_required:
            raise DomainError(
                "It has to travel somehow.", field="shippingMethod", code="SHIPPING_METHOD_REQUIRED"
            )
        clear_delivery(order)
    else:
        if not basket.is_draft and order.shipping_address_id is None:
            raise DomainError("Say where it goes first.", field="order", code="ORDER_NO_SHIPPING_ADDRESS")
        await set_delivery(session, order, method_id)
    basket.chosen_method_id = order.shipping_method_id
    try:
        await rewrite(session, basket, is_carried=not basket.is_draft)
    except DeliveryNotOfferedError as refused:
        refused.field = "shippingMethod"
        raise
    return order


async def set_delivery(session: AsyncSession, order: Order, method_id: int) -> None:
    """Write down the method that was chosen. Raises NotFoundError, DeliveryNotOfferedError."""
    found = await session.execute(
        select(ShippingMethod, ShippingMethodListing.id)
        .outerjoin(
            ShippingMethodListing,
            (ShippingMethodListing.method_id == ShippingMethod.id)
            & (ShippingMethodListing.channel_id == order.channel_id),
        )
        .where(ShippingMethod.id == method_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFoundError(f"Couldn't resolve to a node: {method_id}", field="shippingMethod")
    method, listing_id = row
    if listing_id is None:
        raise DeliveryNotOfferedError("This delivery is not offered in the channel.", field="shippingMethod")
    order.shipping_method_id, order.shipping_method_name = method.id, method.name
    order.shipping_app_method_id = order.shipping_app_method = None


def clear_delivery(order: Order) -> None:
    """Forget how an order travels, and what that cost."""
    order.shipping_method_id = order.shipping_method_name = None
    order.shipping_app_method_id = order.shipping_app_method = None
    order.shipping_tax_class_id = order.shipping_tax_class_name = None
    order.shipping_gross_minor = order.shipping_net_minor = order.shipping_discount_minor = 0


def put_in(basket: Basket, adding: Sequence[NewLine], *, field: str) -> list[tuple[CheckoutLine, int]]:
    """Add pieces to a basket whose offers know their variants; gives the lines, and how many each got.

    Raises UnknownVariantError, DomainError, InvalidError.
    """
    check_offers(basket, [line.variant_id for line in adding], field)
    added: dict[UUID, tuple[CheckoutLine, int]] = {}
    for given in adding:
        same = [line for line in basket.goods if line.variant_id == given.variant_id]
        if given.own_line or len(same) != 1:
            line = _new_line(basket, given)
        else:
            line = same[0]
            line.quantity += given.quantity
        check_quantity(line.quantity)
        if given.price is not None:
            _set_price(basket, line, given.price)
        _, before = added.get(line.id, (line, 0))
        added[line.id] = (line, before + given.quantity)
    if len(basket.lines) > MAXIMUM_LINES:
        raise InvalidError(f"An order has at most {MAXIMUM_LINES} lines.", field=field)
    return list(added.values())


def _new_line(basket: Basket, given: NewLine) -> CheckoutLine:
    line = CheckoutLine(
        id=uuid4(),
        checkout_id=basket.order.id,
        variant_id=given.variant_id,
        quantity=given.quantity,
        currency=basket.order.currency,
        is_gift=False,
        public_metadata={},
    )
    basket.lines.append(line)
    return line


def _set_price(basket: Basket, line: CheckoutLine, amount: Decimal) -> None:
    """Have a line cost what staff say. Raises InvalidError."""
    currency = basket.order.currency
    price = Money.from_decimal(min(amount, MAXIMUM_PRICE), currency)
    if amount > MAXIMUM_PRICE or price.amount != amount:
        raise InvalidError(f"This can't be paid in {currency}.", field="price")
    row = basket.rows.get(line.id)
    if row is None:
        line.price_override_minor = price.minor
        return
    row.is_price_overridden, row.price_frozen_until = True, None
    offer = basket.offer(line)
    basket.own_offers[line.id] = replace(
        offer,
        undiscounted_minor=offer.charged(price.minor),
        price_minor=offer.charged(price.minor),
        promotion_rule_id=None,
    )
    basket.catalogue.pop(line.id, None)
    reduce_by_staff(basket, line)


def check_lines(adding: Sequence[NewLine]) -> None:
    """Raises ZeroQuantityError, which names the variants, and InvalidError."""
    empty = [to_global_id("ProductVariant", line.variant_id) for line in adding if line.quantity <= 0]
    if empty:
        raise ZeroQuantityError("At least one piece, please.", field="quantity", variants=empty)
    for line in adding:
        check_quantity(line.quantity)
    if len(adding) > MAXIMUM_LINES:
        raise InvalidError(f"An order has at most {MAXIMUM_LINES} lines.", field="lines")


def check_quantity(quantity: int) -> None:
    """Raises ZeroQuantityError, InvalidError."""
    if quantity <= 0:
        raise ZeroQuantityError("At least one piece, please.", field="quantity")
    if quantity > MAXIMUM_PIECES:
        raise InvalidError(f"At most {MAXIMUM_PIECES} pieces.", field="quantity", code="INVALID_QUANTITY")


def check_offers(basket: Basket, variant_ids: Collection[int], field: str) -> None:
    """Raises UnknownVariantError, or DomainError for what is not on the channel's shelves."""
    unknown = _ids(variant_id for variant_id in variant_ids if variant_id not in basket.offers)
    if unknown:
        raise UnknownVariantError(
            f"Couldn't resolve to a node: {unknown[0]}", field="variantId", code="NOT_FOUND", variants=unknown
        )
    found: list[Offer] = [basket.offers[variant_id] for variant_id in variant_ids]
    hidden = _ids(offer.variant_id for offer in found if not offer.is_live)
    if hidden:
        raise DomainError(
            "Some of these are not published in the channel of this order.",
            field=field,
            code="PRODUCT_NOT_PUBLISHED",
            variants=hidden,
        )
    unlisted = _ids(offer.variant_id for offer in found if offer.price_minor is None)
    if unlisted:
        raise DomainError(
            "Some of these have no price in the channel of this order.",
            field=field,
            code="NOT_AVAILABLE_IN_CHANNEL",
            variants=unlisted,
        )


def _ids(variant_ids: Iterable[int]) -> list[str]:
    return [to_global_id("ProductVariant", key) for key in dict.fromkeys(variant_ids)]


async def line_of(
    session: AsyncSession,
    line_id: UUID,
    *,
    field: str = "id",
    status_field: str = "id",
    code: str | None = None,
) -> tuple[Basket, CheckoutLine]:
    """A line of an order that may be changed, in its basket. Raises NotFoundError, NotEditableError."""
    order_id = await session.scalar(select(OrderLine.order_id).where(OrderLine.id == line_id))
    missing = NotFoundError("There is no such line.", field=field)
    if order_id is None:
        raise missing
    basket = await editable(session, order_id, field=status_field, code=code)
    line = next((line for line in basket.lines if line.id == line_id), None)
    if line is None:  # Taken out meanwhile.
        raise missing
    return basket, line


def _name_of(basket: Basket, line: CheckoutLine) -> str:
    offer = basket.offer(line)
    return f"{offer.product_name} ({offer.variant_name})" if offer.variant_name else offer.product_name


async def _rows(session: AsyncSession, line_ids: Sequence[UUID]) -> list[OrderLine]:
    found = await session.scalars(
        select(OrderLine).where(OrderLine.id.in_(line_ids)).order_by(OrderLine.position)
    )
    return list(found)
