"""What checkouts, orders and their lines say of discounts and gift cards: parts of these types."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, cast, func, select
from strawberry import ID

from marketplace.checkout.models import CheckoutGiftCard
from marketplace.orders import discounts as models
from marketplace.orders.models import OrderLine as OrderLineRow
from marketplace.people.permissions import Permission
from marketplace.pricing.discounts import DiscountType
from marketplace.pricing.vouchers import VoucherCode as VoucherCodeRow
from marketplace_graphql.kernel import (
    Node,
    PositiveDecimal,
    expression,
    never_null,
    node,
    null_when,
    object_type,
    record,
    related,
)
from marketplace_graphql.kernel import (
    value as made_of,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum, OrderDiscountType
from marketplace_graphql.values import Money, money
from marketplace_graphql.vouchers.gift_cards import GiftCard
from marketplace_graphql.vouchers.types import Voucher


@object_type
class DiscountsOfCheckout:
    """What promo codes and promotions do to a checkout: a part of `Checkout`."""

    discount: Money | None = made_of(lambda row, ctx: money(row.discount_minor, row.currency))
    """What a voucher or a promotion of orders takes off, as prices are entered in the channel."""
    discount_name: str | None
    translated_discount_name: str | None
    """In the checkout's language; empty where it has no such name."""
    voucher_code: str | None
    voucher: Voucher | None = related(
        lambda row, voucher, ctx: voucher.id.in_(_voucher_of(row.voucher_code)),
        needs=Permission.MANAGE_DISCOUNTS,
    )
    gift_cards: list[GiftCard] = related(
        lambda row, card, ctx: card.id.in_(
            select(CheckoutGiftCard.gift_card_id).where(CheckoutGiftCard.checkout_id == row.id).correlate(row)
        )
    )
    """What pays for it before anything else."""


def _voucher_of(code: Any) -> Any:
    of_code = aliased(VoucherCodeRow)
    return select(of_code.voucher_id).where(of_code.code == code).correlate_except(of_code)


@node(models.OrderDiscount, order_by=lambda row, ctx: (row.created_at, row.id))
class OrderDiscount(Node):
    """Something that made an order cheaper as a whole, or its delivery."""

    type: OrderDiscountType
    name: str | None
    translated_name: str | None
    """In the buyer's language; empty where it had no such name."""
    value_type: DiscountValueTypeEnum
    value: PositiveDecimal
    """An amount, or per cent."""
    reason: str | None
    amount: Money = made_of(lambda row, ctx: money(row.amount_minor, row.currency), deprecated="Use `total`.")
    total: Money = made_of(lambda row, ctx: money(row.amount_minor, row.currency))
    """What was taken off."""


@record(models.OrderLineDiscount, order_by=lambda row, ctx: (row.created_at, row.id))
class OrderLineDiscount:
    """Something that made a line cheaper."""

    id: ID = expression(lambda row, ctx: never_null(global_id("OrderLineDiscount", row.id)))
    type: OrderDiscountType
    name: str | None
    translated_name: str | None
    """In the buyer's language; empty where it had no such name."""
    value_type: DiscountValueTypeEnum
    value: PositiveDecimal
    """An amount, or per cent."""
    reason: str | None
    total: Money = made_of(lambda row, ctx: money(row.amount_minor, row.currency))
    """What was taken off all pieces."""

    @made_of
    def unit(row: Any, ctx: Any) -> Money:
        """What was taken off one piece."""
        line = ctx.joined(row, OrderLineRow, lambda line: line.id == row.order_line_id, key="its line")
        unit = func.round(cast(row.amount_minor, Numeric) / line.quantity)
        return money(cast(unit, BigInteger), row.currency)


@object_type
class DiscountsOfOrder:
    """What made an order cheaper, and the gift cards that paid for it: a part of `Order`."""

    voucher: Voucher | None = related(lambda row, voucher, ctx: voucher.id == row.voucher_id)
    """For staff: buyers see `voucherCode` and `discounts`."""
    voucher_code: str | None
    gift_cards: list[GiftCard] = related(
        lambda row, card, ctx: card.id.in_(
            select(models.OrderGiftCard.gift_card_id)
            .where(models.OrderGiftCard.order_id == row.id)
            .correlate(row)
        )
    )
    """What paid for some of it."""
    discounts: list[OrderDiscount] = related(lambda row, discount, ctx: discount.order_id == row.id)
    """Off the order as a whole, or off its delivery: contained in its totals."""
    discount_name: str | None = expression(
        lambda row, ctx: _of_voucher(row, models.OrderDiscount.name), deprecated="Use `discounts`."
    )
    translated_discount_name: str | None = expression(
        lambda row, ctx: _of_voucher(row, models.OrderDiscount.translated_name),
        deprecated="Use `discounts`.",
    )

    @made_of(deprecated="Use `discounts`.")
    def discount(row: Any, ctx: Any) -> Money | None:
        """What a voucher took off."""
        amount = _of_voucher(row, models.OrderDiscount.amount_minor)
        return null_when(amount.is_(None), money(amount, row.currency))


def _of_voucher(order: Any, attribute: Any) -> ColumnElement[Any]:
    """Of an order's discount that a voucher gave."""
    discount = aliased(models.OrderDiscount)
    return (
        select(getattr(discount, attribute.key))
        .where(discount.order_id == order.id, discount.type == DiscountType.VOUCHER)
        .limit(1)
        .correlate_except(discount)
        .scalar_subquery()
    )


@object_type
class DiscountsOfOrderLine:
    """What made a line cheaper: a part of `OrderLine`."""

    unit_discount: Money = made_of(lambda row, ctx: money(row.unit_discount_minor, row.currency))
    """What one piece was reduced by, as prices were entered in the channel."""
    unit_discount_reason: str | None
    unit_discount_value: PositiveDecimal
    """An amount, or per cent."""
    unit_discount_type: DiscountValueTypeEnum | None
    voucher_code: str | None
    """Of the voucher that reduced this very line."""
    discounts: list[OrderLineDiscount] | None = related(
        lambda row, discount, ctx: discount.order_line_id == row.id
    )
    """Off this very line: contained in its prices."""
