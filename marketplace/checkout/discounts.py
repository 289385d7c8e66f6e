"""What makes a cart cheaper, worked out anew with every change of it, in the change's own transaction.

In this order, as Saleor computes it: a line's price is already what catalogue promotions left of it; a
voucher reduces lines (each eligible piece, or the cheapest one), or the goods as a whole, spread over the
lines in proportion, or the delivery, spread over the parcels. A cart without a voucher may earn the reward
of an order promotion instead: a discount of the goods as a whole, or a gift. Tax is worked out on what is
left of each line and each parcel. Gift cards then pay of the sum (`carts.set_total`): they change no price.

All amounts are minor units as prices are entered in the channel. Shares are made by largest remainder, so
that lines, sellers and parcels add up to what was taken off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, rewards
from marketplace.checkout.carts import Cart
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.totals import taxed, unit_of
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money, share
from marketplace.pricing.discounts import DiscountType, DiscountValueType
from marketplace.pricing.errors import VoucherNotApplicableError
from marketplace.pricing.order_promotions import OrderReward
from marketplace.pricing.voucher_use import UsableVoucher, check_voucher, eligible_variants
from marketplace.pricing.vouchers import VoucherType

if TYPE_CHECKING:
    from marketplace.checkout.offered_deliveries import OfferedDelivery


@dataclass(frozen=True, slots=True)
class Reduction:
    """What is taken off a cart, and where it comes from.

    `by_line` says what of it falls on each line; it is empty for one of the delivery. `is_per_line` tells a
    discount of the lines themselves (an `OrderLineDiscount` of the order) from one of the goods as a whole or
    of the delivery (an `OrderDiscount`).
    """

    type: DiscountType
    name: str | None
    translated_name: str
    value_type: DiscountValueType
    value: Decimal
    amount_minor: int
    by_line: Mapping[UUID, int]
    is_per_line: bool
    voucher_id: int | None = None
    voucher_code: str | None = None
    promotion_id: UUID | None = None
    said_reason: str | None = None
    """As staff have said it, of a discount that they gave."""

    @property
    def reason(self) -> str | None:
        """As Saleor writes it."""
        if self.said_reason:
            return self.said_reason
        if self.voucher_code:
            return f"Voucher code: {self.voucher_code}"
        return f"Promotion: {to_global_id('Promotion', self.promotion_id)}" if self.promotion_id else None


async def reduce_lines(session: AsyncSession, cart: Cart, *, strictly: bool = False) -> None:
    """Take a cart's discount off its priced lines and write it into the checkout.

    A voucher that does not apply any more is taken out of the checkout, as in Saleor; `strictly`, for the
    order itself, raises VoucherNotApplicableError instead: nobody's order gets dearer than what they have
    agreed to. An order promotion is for carts without a voucher only: Saleor never mixes the two.
    """
    cart.reduction = None
    if cart.checkout.voucher_code is not None:
        try:
            cart.reduction = await _of_voucher(session, cart)
        except VoucherNotApplicableError as refused:
            if strictly:
                raise
            drop_voucher(cart, refused)
    if cart.checkout.voucher_code is not None:
        await rewards.take_back(session, cart)
    else:
        reward = await rewards.grant(session, cart, keep=not strictly)
        cart.reduction = _of_reward(cart, reward) if reward else None
    _write(cart, cart.reduction)


async def follow_delivery(
    session: AsyncSession, cart: Cart, delivery: "OfferedDelivery | None", *, strictly: bool = False
) -> bool:
    """Work out anew what hangs on the chosen delivery, once its price is known: a voucher of the delivery is
    dropped with it, and an order promotion may ask for a total.

    Gives whether another gift has come of it: then the delivery isn't what it was, and has to be worked out
    again. `strictly` as in `reduce_lines`.
    """
    gift_variant_id, price_minor = cart.gift_variant_id, delivery.price_minor if delivery else 0
    had_voucher, followed = cart.voucher is not None, cart.delivery_minor == price_minor
    cart.delivery_minor = price_minor
    reduce_delivery(cart, delivery, strictly=strictly)
    if cart.may_be_rewarded and cart.voucher is None and (had_voucher or not followed):
        carts.price_all(cart)
        await reduce_lines(session, cart, strictly=strictly)
    return cart.gift_variant_id != gift_variant_id


def reduce_delivery(
    cart: Cart, delivery: "OfferedDelivery | None", *, strictly: bool = False
) -> "OfferedDelivery | None":
    """The chosen delivery, after a voucher on it. To be asked after the lines were reduced.

    `strictly` as in `reduce_lines`.
    """
    voucher = cart.voucher
    if voucher is None or voucher.voucher.type is not VoucherType.SHIPPING:
        return delivery
    try:
        delivery = _checked_delivery(cart, voucher, delivery)
    except VoucherNotApplicableError as refused:
        if strictly:
            raise
        drop_voucher(cart, refused)
        return delivery
    amount_minor = voucher.off(delivery.price_minor)
    parts = share(amount_minor, [parcel.price_minor for parcel in delivery.parcels])
    cart.reduction = _reduction(voucher, amount_minor, {})
    _write(cart, cart.reduction)
    with_tax = cart.channel.prices_entered_with_tax
    return replace(
        delivery,
        parcels=tuple(
            replace(
                parcel,
                discount_minor=off_minor,
                price=taxed(parcel.price_minor - off_minor, parcel.tax_rate_bp, with_tax),
            )
            for parcel, off_minor in zip(delivery.parcels, parts, strict=True)
        ),
    )


def drop_voucher(cart: Cart, refused: VoucherNotApplicableError | None = None) -> None:
    """Take the voucher out of the checkout. Its lines are priced without it from the next pricing on."""
    cart.voucher, cart.reduction, cart.refusal = None, None, refused
    cart.checkout.voucher_code = None
    _write(cart, None)


def spread(cart: Cart, amount_minor: int) -> dict[UUID, int]:
    """What of a discount of all goods falls on each line: in proportion to what the line comes to."""
    bases = cart.bases()
    return dict(zip(bases, share(amount_minor, list(bases.values())), strict=True))


def base_subtotal(cart: Cart) -> int:
    """What the goods come to after catalogue promotions, before anything here."""
    return sum(cart.bases().values())


async def _of_voucher(session: AsyncSession, cart: Cart) -> Reduction:
    """What the cart's voucher takes off its goods. Raises VoucherNotApplicableError."""
    usable = cart.voucher
    if usable is None:
        raise VoucherNotApplicableError("This code can't be used any more.", field="voucherCode")
    check_voucher(usable, base_subtotal(cart), sum(line.quantity for line in cart.goods))
    if usable.voucher.type is VoucherType.SHIPPING:
        return _reduction(usable, 0, {})
    if usable.is_per_line:
        by_line = await _per_line(session, cart, usable)
        return _reduction(usable, sum(by_line.values()), by_line)
    amount_minor = usable.off(base_subtotal(cart))
    return _reduction(usable, amount_minor, spread(cart, amount_minor))


async def _per_line(session: AsyncSession, cart: Cart, usable: UsableVoucher) -> dict[UUID, int]:
    """What a voucher takes off each eligible line, or off the cheapest piece of them."""
    lines = [line for line in cart.goods if cart.takes_voucher(line)]
    if usable.voucher.type is VoucherType.SPECIFIC_PRODUCT:
        variants = await eligible_variants(session, usable.voucher, [line.variant_id for line in lines])
        lines = [line for line in lines if line.variant_id in variants]
    if not lines:
        raise VoucherNotApplicableError("This code is for other goods.", field="promoCode")
    if usable.voucher.apply_once_per_order:
        cheapest = min(lines, key=lambda line: cart.price(line) or 0)
        return {cheapest.id: usable.off(cart.price(cheapest) or 0)}
    return {line.id: _off_line(cart, usable, line) for line in lines}


def _off_line(cart: Cart, usable: UsableVoucher, line: CheckoutLine) -> int:
    """Per cent are of the line, a fixed amount is off each of its pieces: as Saleor rounds."""
    price_minor = cart.price(line) or 0
    if usable.voucher.discount_value_type is DiscountValueType.PERCENTAGE:
        return usable.off(price_minor * line.quantity)
    return usable.off(price_minor) * line.quantity


def _checked_delivery(
    cart: Cart, usable: UsableVoucher, delivery: "OfferedDelivery | None"
) -> "OfferedDelivery":
    """The delivery that a voucher is for. Raises VoucherNotApplicableError."""
    if delivery is None or not delivery.parcels:
        raise VoucherNotApplicableError(
            "This code is for delivery: choose how it travels first.", field="promoCode"
        )
    countries = usable.voucher.country_codes
    if countries and cart.checkout.country_code not in countries:
        raise VoucherNotApplicableError("This code is for deliveries to other countries.", field="promoCode")
    return delivery


def _reduction(usable: UsableVoucher, amount_minor: int, by_line: Mapping[UUID, int]) -> Reduction:
    voucher = usable.voucher
    name = voucher.name
    return Reduction(
        DiscountType.VOUCHER,
        name,
        usable.translated_name if usable.translated_name != name else "",
        voucher.discount_value_type,
        usable.listing.discount_value,
        amount_minor,
        by_line,
        usable.is_per_line,
        voucher.id,
        usable.code.code,
    )


def _of_reward(cart: Cart, reward: OrderReward) -> Reduction:
    """What a cart's reward takes off its goods; of a gift, what it would cost."""
    value_type, value, amount_minor = reward.value_type, reward.value, reward.amount_minor
    gift = cart.gift
    if gift is None:
        by_line = spread(cart, amount_minor)
    else:
        amount_minor = gift.undiscounted_unit_price_minor
        value_type, value = DiscountValueType.FIXED, Money(amount_minor, gift.currency).amount
        by_line = {gift.id: amount_minor}
    return Reduction(
        DiscountType.ORDER_PROMOTION,
        reward.name,
        reward.translated_name or "",
        value_type,
        value,
        amount_minor,
        by_line,
        gift is not None,
        promotion_id=reward.promotion_id,
    )


def _write(cart: Cart, reduction: Reduction | None) -> None:
    """Write a reduction into the checkout and the lines that it falls on, which are priced without it.

    A gift says so itself: as in Saleor the checkout has no discount then.
    """
    checkout, of_all = cart.checkout, reduction if cart.gift is None else None
    if of_all is not None or checkout.discount_name is not None or checkout.discount_minor:
        checkout.discount_minor = of_all.amount_minor if of_all else 0
        checkout.discount_name = of_all.name if of_all else None
        checkout.translated_discount_name = of_all.translated_name if of_all else None
    if reduction is None:
        return
    if cart.gift is not None:
        cart.gift.discount_minor = reduction.amount_minor
        return
    for line in cart.goods:
        off_minor = reduction.by_line.get(line.id, 0)
        if off_minor:
            reduce_line(line, (cart.price(line) or 0) * line.quantity - off_minor, off_minor, cart)


def reduce_line(line: CheckoutLine, left_minor: int, off_minor: int, cart: Cart) -> None:
    """Price a line at what is left of it. Tax is that of the whole line, the unit's price a share of it."""
    total = taxed(left_minor, line.tax_rate_bp, cart.channel.prices_entered_with_tax)
    line.discount_minor = off_minor
    line.total_gross_minor, line.total_net_minor = total.gross_minor, total.net_minor
    line.unit_gross_minor = unit_of(total.gross_minor, line.quantity)
    line.unit_net_minor = unit_of(total.net_minor, line.quantity)
