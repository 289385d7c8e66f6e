"""An order that staff are working on, as a cart: so that its prices, taxes, discounts and delivery are worked
out by what works them out for buyers. Nothing of such a cart is in the database; `rewriting` brings what it
comes to into the order's own rows.

A line costs what it cost when it was added. A draft's takes the shop's price anew once its time is over
(`price_frozen_until`); what was sold keeps its price.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import app_taxes
from marketplace.checkout.carts import REWARDS_IN_FORCE, Cart
from marketplace.checkout.discounts import Reduction, reduce_line
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.checkout.offers import Offer, offers
from marketplace.checkout.totals import Taxed, taxed
from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.markets.models import Channel
from marketplace.orders.discounts import OrderDiscount, OrderLineDiscount
from marketplace.orders.models import Order, OrderLine, OrderOrigin, OrderStatus, VendorOrder
from marketplace.people.models import Address
from marketplace.pricing.discounts import DiscountType, DiscountValueType
from marketplace.pricing.reductions import reduction_minor
from marketplace.pricing.voucher_use import usable_voucher

NO_VARIANT = 0
"""Stands for the variant of a line whose variant has been deleted: no key is zero."""
NO_VENDOR = 0


@dataclass(slots=True)
class Basket(Cart):
    """An order in hand, locked. Its lines have the ids of the order's."""

    order: Order = field(kw_only=True)
    rows: dict[UUID, OrderLine] = field(default_factory=dict)
    """The order's lines as they stand in the database."""
    parts: list[VendorOrder] = field(default_factory=list)
    own_offers: dict[UUID, Offer] = field(default_factory=dict)
    """By line: what it costs, where that is not what the shop asks today."""
    catalogue: dict[UUID, Reduction] = field(default_factory=dict)
    """By line: the promotion of the catalogue that had lowered its price when it was added."""
    manual: OrderDiscount | None = None
    """What staff took off the whole."""
    manual_reduction: Reduction | None = None
    """The same, as it has been spread."""
    by_line: dict[UUID, OrderLineDiscount] = field(default_factory=dict)
    """What staff took off lines."""

    @property
    def is_kept(self) -> bool:
        return False

    @property
    def kind(self) -> str:
        return "Order"

    @property
    def is_draft(self) -> bool:
        return self.order.status is OrderStatus.DRAFT

    def offer(self, line: CheckoutLine) -> Offer:
        return self.own_offers.get(line.id) or self.offers[line.variant_id]

    def price(self, line: CheckoutLine) -> int | None:
        offer = self.offer(line)
        if line.price_override_minor is None:
            return offer.price_minor
        return offer.charged(line.price_override_minor)

    def discounts_of_whole(self) -> list[Reduction]:
        """With what staff have taken off goods and delivery alike."""
        found = Cart.discounts_of_whole(self)
        return found if self.manual_reduction is None else [*found, self.manual_reduction]

    @property
    def estimated_shipping_rate_bp(self) -> int:
        return self.order.shipping_tax_rate_bp

    def estimate(self, shipping: Taxed) -> Taxed:
        """What was sold is taxed as it was, until the app says it anew: who has paid for it shall not see it
        cheaper in between.
        """
        with_tax = self.channel.prices_entered_with_tax
        for line in self.lines:
            row = self.rows.get(line.id)
            if row is not None and row.tax_rate_bp:
                line.tax_rate_bp = row.tax_rate_bp
                left_minor = self.entered(line.total_gross_minor, line.total_net_minor)
                reduce_line(line, left_minor, line.discount_minor, self)
        entered_minor = self.entered(shipping.gross_minor, shipping.net_minor)
        return taxed(entered_minor, self.estimated_shipping_rate_bp, with_tax)

    def takes_voucher(self, line: CheckoutLine) -> bool:
        """As in Saleor, what staff took off a line stands alone."""
        return line.id not in self.by_line and self.price(line) is not None

    def entered(self, gross_minor: int, net_minor: int) -> int:
        """Of an amount with tax and without the one that prices are entered as."""
        return gross_minor if self.channel.prices_entered_with_tax else net_minor

    def line_reductions(self) -> list[Reduction]:
        """What hangs on lines alone: promotions of the catalogue that had lowered them, and staff's doing."""
        staying = {line.id: line for line in self.lines}
        kept = [reduction for line_id, reduction in self.catalogue.items() if line_id in staying]
        given = [
            _given(discount, {line_id: self._off_by_staff(staying[line_id])})
            for line_id, discount in self.by_line.items()
            if line_id in staying
        ]
        return [*kept, *given]

    def restore_price(self, line: CheckoutLine) -> None:
        """Have a line cost what it did before anything was taken off it."""
        offer = self.offer(line)
        self.own_offers[line.id] = replace(
            offer, price_minor=offer.undiscounted_minor, promotion_rule_id=None
        )
        self.catalogue.pop(line.id, None)

    def _off_by_staff(self, line: CheckoutLine) -> int:
        offer = self.offer(line)
        return ((offer.undiscounted_minor or 0) - (offer.price_minor or 0)) * line.quantity


async def open_basket(
    session: AsyncSession,
    order: Order,
    parts: list[VendorOrder],
    *,
    new_variants: Collection[int] = (),
    lock_stocks: bool = False,
    is_exempt: bool | None = None,
) -> Basket:
    """What an order comes to be priced as: it and its parts are locked. `new_variants` are about to be added.

    `is_exempt` is for an order that is about to be exempt from tax, or to be so no more. The stocks of one
    that has been placed are locked, too: of all its variants, at once. `lock_stocks` asks for the same of a
    draft, which is about to be placed.
    """
    now = clock.now()
    is_exempt = order.is_tax_exempt if is_exempt is None else is_exempt
    found = await session.execute(
        _CHANNEL, {"channel_id": order.channel_id, "address_id": order.shipping_address_id, "now": now}
    )
    channel, in_force, country_code = found.one()
    basket = Basket(
        _checkout_of(order, country_code or channel.default_country_code, is_exempt=is_exempt),
        channel,
        now,
        chosen_method_id=order.shipping_method_id,
        order=order,
        parts=parts,
    )
    rows = await session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position, OrderLine.id),
        execution_options={"populate_existing": True},
    )
    basket.rows = {row.id: row for row in rows}
    lock_stocks = lock_stocks or not basket.is_draft
    basket.may_be_rewarded = bool(in_force) or any(row.is_gift for row in basket.rows.values())
    known = {row.variant_id for row in basket.rows.values() if row.variant_id is not None}
    basket.offers = await offers(
        session,
        known | set(new_variants),
        channel.id,
        basket.checkout.country_code,
        now,
        is_exempt=is_exempt,
        lock_stocks=lock_stocks,
    )
    if lock_stocks:
        basket.locked_variants = frozenset(basket.offers)
    await app_taxes.recall(session, basket)
    basket.delivery_minor = basket.entered(order.shipping_gross_minor, order.shipping_net_minor)
    promotions = await _read_discounts(session, basket)
    _fill(basket, promotions)
    if order.voucher_code is not None:
        basket.voucher = await usable_voucher(
            session,
            [order.voucher_code],
            channel_id=channel.id,
            language_code=order.language_code,
            email=order.user_email,
            user_id=order.user_id,
            now=now,
            is_sold=not basket.is_draft,
        )
    return basket


_CHANNEL = (
    select(Channel, REWARDS_IN_FORCE, Address.country_code)
    .outerjoin(Address, Address.id == bindparam("address_id", type_=BigInteger))
    .where(Channel.id == bindparam("channel_id", type_=BigInteger))
)


def _checkout_of(order: Order, country_code: str, *, is_exempt: bool) -> Checkout:
    return Checkout(
        id=order.id,
        channel_id=order.channel_id,
        user_id=order.user_id,
        email=order.user_email or None,
        currency=order.currency,
        country_code=country_code,
        language_code=order.language_code,
        note=order.customer_note,
        billing_address_id=order.billing_address_id,
        shipping_address_id=order.shipping_address_id,
        voucher_code=order.voucher_code,
        discount_minor=0,
        is_tax_exempt=is_exempt,
        tax_answer=order.tax_answer,
        public_metadata={},
    )


async def _read_discounts(session: AsyncSession, basket: Basket) -> Mapping[UUID, list[OrderLineDiscount]]:
    """Take note of what staff gave; gives what promotions of the catalogue took off each line."""
    found = await session.scalars(
        select(OrderDiscount)
        .where(OrderDiscount.order_id == basket.order.id)
        .order_by(OrderDiscount.created_at, OrderDiscount.id)
    )
    of_whole = found.all()
    basket.manual = next((one for one in of_whole if one.type is DiscountType.MANUAL), None)
    promotions: dict[UUID, list[OrderLineDiscount]] = defaultdict(list)
    if not basket.rows:
        return promotions
    for discount in await session.scalars(
        select(OrderLineDiscount).where(
            OrderLineDiscount.order_line_id.in_(basket.rows),
            OrderLineDiscount.type.in_([DiscountType.MANUAL, DiscountType.PROMOTION, DiscountType.SALE]),
        )
    ):
        if discount.type is DiscountType.MANUAL:
            basket.by_line[discount.order_line_id] = discount
        else:
            promotions[discount.order_line_id].append(discount)
    if basket.order.origin is OrderOrigin.REISSUE and not of_whole:
        _take_over(session, basket, promotions)
    return promotions


def _take_over(
    session: AsyncSession, basket: Basket, promotions: Mapping[UUID, list[OrderLineDiscount]]
) -> None:
    """A draft that replaces pieces has their lines as they were sold, and nothing that says why they were
    cheaper: that they were is staff's doing from now on.
    """
    for row in basket.rows.values():
        if row.is_gift or not row.unit_discount_minor or row.id in basket.by_line or row.id in promotions:
            continue
        basket.by_line[row.id] = discount = OrderLineDiscount(
            order_line_id=row.id,
            type=DiscountType.MANUAL,
            value_type=DiscountValueType.FIXED,
            value=Money(row.unit_discount_minor, row.currency).amount,
            reason=row.unit_discount_reason,
            currency=row.currency,
            amount_minor=row.unit_discount_minor * row.quantity,
        )
        session.add(discount)


def _fill(basket: Basket, promotions: Mapping[UUID, list[OrderLineDiscount]]) -> None:
    """Put the order's lines into the basket, each at the price that it has."""
    vendors = {part.id: part.vendor_id for part in basket.parts}
    for row in basket.rows.values():
        line = CheckoutLine(
            id=row.id,
            checkout_id=basket.order.id,
            variant_id=row.variant_id or NO_VARIANT,
            quantity=row.quantity,
            currency=row.currency,
            is_gift=row.is_gift,
            public_metadata=row.public_metadata,
            price_override_reason=row.price_override_reason,
        )
        basket.lines.append(line)
        today = basket.offers.get(line.variant_id)
        if today is None:
            vendor_id = vendors.get(row.vendor_order_id) if row.vendor_order_id else None
            today = _gone(row, vendor_id or NO_VENDOR)
        if is_frozen(basket, row) or today.price_minor is None:
            taken = promotions.get(row.id, [])
            off_minor = sum(discount.amount_minor for discount in taken)
            undiscounted = basket.entered(row.undiscounted_unit_gross_minor, row.undiscounted_unit_net_minor)
            today = replace(
                today,
                undiscounted_minor=undiscounted,
                price_minor=undiscounted - off_minor // row.quantity,
                promotion_rule_id=None,
            )
            if taken:
                basket.catalogue[row.id] = _kept(taken[0], row, off_minor // row.quantity)
            basket.own_offers[row.id] = today
        elif row.variant_id is None:
            basket.own_offers[row.id] = today
        reduce_by_staff(basket, line)


def is_frozen(basket: Basket, row: OrderLine) -> bool:
    """Whether a line keeps its price: it was sold, staff have set it, or its time is not over."""
    if not basket.is_draft or row.is_price_overridden or row.price_frozen_until is None:
        return True
    return row.price_frozen_until > basket.now


def reduce_by_staff(basket: Basket, line: CheckoutLine) -> None:
    """Price a line at what staff left of it, where they took something off: promotions don't count then."""
    discount = basket.by_line.get(line.id)
    if discount is None:
        return
    offer = basket.offer(line)
    undiscounted = offer.undiscounted_minor or 0
    off_minor = reduction_minor(undiscounted, discount.value_type, discount.value, basket.order.currency)
    basket.own_offers[line.id] = replace(offer, price_minor=undiscounted - off_minor, promotion_rule_id=None)
    basket.catalogue.pop(line.id, None)


def scale_catalogue(basket: Basket) -> None:
    """Have what promotions took off each piece taken off as many pieces as the lines have now."""
    for line in basket.lines:
        kept = basket.catalogue.get(line.id)
        if kept is not None:
            offer = basket.offer(line)
            off_minor = ((offer.undiscounted_minor or 0) - (offer.price_minor or 0)) * line.quantity
            basket.catalogue[line.id] = replace(kept, amount_minor=off_minor, by_line={line.id: off_minor})


def _kept(discount: OrderLineDiscount, row: OrderLine, off_minor: int) -> Reduction:
    return Reduction(
        discount.type,
        discount.name,
        discount.translated_name or "",
        discount.value_type,
        discount.value,
        off_minor * row.quantity,
        {row.id: off_minor * row.quantity},
        is_per_line=True,
        promotion_id=row.promotion_id,
        said_reason=discount.reason,
    )


def _given(discount: OrderLineDiscount | OrderDiscount, by_line: Mapping[UUID, int]) -> Reduction:
    return Reduction(
        DiscountType.MANUAL,
        discount.name,
        "",
        DiscountValueType(discount.value_type),
        Decimal(discount.value),
        sum(by_line.values()),
        by_line,
        is_per_line=isinstance(discount, OrderLineDiscount),
        said_reason=discount.reason,
    )


def spread_by_staff(discount: OrderDiscount, by_line: Mapping[UUID, int], amount_minor: int) -> Reduction:
    """What staff took off the whole, as it falls on lines; the rest of the amount falls on the delivery."""
    return replace(_given(discount, by_line), amount_minor=amount_minor)


def _gone(row: OrderLine, vendor_id: int) -> Offer:
    """A variant that has been deleted, as far as its line still knows it."""
    return Offer(
        variant_id=NO_VARIANT,
        product_id=NO_VARIANT,
        vendor_id=vendor_id,
        category_id=row.category_id,
        product_name=row.product_name,
        variant_name=row.variant_name,
        sku=row.product_sku,
        weight_grams=0,
        is_shipping_required=row.is_shipping_required,
        is_tracked=False,
        lead_time_days=row.lead_time_days,
        maximum_pieces=row.quantity,
        price_minor=None,
        undiscounted_minor=None,
        promotion_rule_id=None,
        is_out_of_date=False,
        rate_bp=row.tax_rate_bp,
        tax_class_id=row.tax_class_id,
        is_live=False,
        is_for_sale=False,
    )
