"""What an app is told that works out taxes: `checkout.tax_base`, as its event's details give it."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Integer, Uuid, and_, func, not_, select
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.vendors.models import TaxRegime
from marketplace.vendors.models import Vendor as VendorRow
from marketplace_graphql.kernel import (
    each,
    enum,
    expression,
    never_null,
    object_type,
    one_of,
    related,
    seen_as,
    union,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.subscriptions import Happened
from marketplace_graphql.markets.tax_mutations import TaxSourceObject
from marketplace_graphql.values import Money, money
from marketplace_graphql.webhooks.parts import MODEL, Part, is_subject
from marketplace_graphql.webhooks.table import kind

if TYPE_CHECKING:
    from marketplace_graphql.checkout.types import CheckoutLine
    from marketplace_graphql.markets.types import Channel
    from marketplace_graphql.orders.lines import OrderLine
    from marketplace_graphql.people.types import Address

if TYPE_CHECKING:
    TaxSourceLine = CheckoutLine | OrderLine
else:
    TaxSourceLine = union("TaxSourceLine", "CheckoutLine", "OrderLine", description="A line that is taxed.")


@enum
class TaxableObjectDiscountTypeEnum(Enum):
    """What a discount is taken off."""

    SUBTOTAL = "SUBTOTAL"
    SHIPPING = "SHIPPING"


@object_type
class TaxableObjectDiscount:
    """What is taken off all goods together, or off the delivery, and has to be spread."""

    name: str | None
    amount: Money
    """As prices are entered."""
    type: TaxableObjectDiscountTypeEnum


class Item(Happened):
    """One line of what is taxed; amounts are in the currency of the whole."""

    def __init__(self, line: ColumnElement[Any], currency: ColumnElement[Any]) -> None:
        super().__init__(line)
        self.currency = currency

    def amount(self, name: str) -> Any:
        return money(self.typed(name, BigInteger()), self.currency)


def _is_line(item: Item, line: Any, _ctx: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = line.id == item.typed("key", Uuid())
    return found


@object_type
class TaxableObjectLine:
    """Pieces of one variant."""

    source_line: TaxSourceLine = one_of({"CheckoutLine": _is_line, "OrderLine": _is_line}, shown=True)
    """The line itself."""
    quantity: int = expression(lambda item, ctx: never_null(item.typed("quantity", Integer())))
    product_name: str = expression(lambda item, ctx: never_null(item.text("product_name")))
    variant_name: str = expression(lambda item, ctx: never_null(item.text("variant_name")))
    product_sku: str | None = expression(lambda item, ctx: item.text("sku"))
    unit_price: Money = value(lambda item, ctx: item.amount("unit_minor"))
    """Of one piece, as entered, before what is taken off all goods together."""
    total_price: Money = value(lambda item, ctx: item.amount("total_minor"))
    """Of all its pieces, as entered, before what is taken off all goods together."""
    charge_taxes: bool = expression(lambda item, ctx: never_null(_charges_tax(item)))
    """Whether its seller charges tax at all."""


def _charges_tax(item: Item) -> ColumnElement[bool]:
    vendor = aliased(VendorRow)
    regime = select(vendor.tax_regime).where(vendor.id == item.typed("vendor_id", BigInteger()))
    exempt = regime.correlate_except(vendor).scalar_subquery() == TaxRegime.EXEMPT
    return func.coalesce(not_(exempt), True)


def _is_source(model: str) -> Any:
    return lambda happened, target, ctx: and_(
        happened.text(MODEL) == model, is_subject(happened, target, ctx)
    )


@object_type
class TaxableObject:
    """What is taxed: a checkout, or an order that is not confirmed yet."""

    source_object: TaxSourceObject = one_of(
        {"Checkout": _is_source("Checkout"), "Order": _is_source("Order")}, shown=True
    )
    """The checkout or the order itself."""
    prices_entered_with_tax: bool = expression(
        lambda happened, ctx: never_null(happened.typed("with_tax", Boolean()))
    )
    """Whether amounts are with their tax."""
    currency: str = expression(lambda happened, ctx: never_null(happened.text("currency")))
    """ISO 4217 code."""
    shipping_price: Money = value(
        lambda happened, ctx: money(happened.typed("shipping_minor", BigInteger()), happened.text("currency"))
    )
    """Of the delivery, as entered, after a voucher on it."""
    address: "Address | None" = related(
        lambda happened, address, ctx: address.id == happened.typed("address_id", BigInteger()), shown=True
    )
    """Where it goes, or, before that is known, where it is billed."""
    discounts: list[TaxableObjectDiscount] = value(lambda happened, ctx: _discounts(happened))
    """What is taken off the whole. What is taken off single lines is off their prices already."""
    lines: list[TaxableObjectLine] = value(lambda happened, ctx: _lines(happened))
    """In the order in which the answer has to give their taxes."""
    channel: "Channel" = related(
        lambda happened, channel, ctx: channel.id == happened.typed("channel_id", BigInteger()), shown=True
    )


def _items(happened: Happened, name: str) -> Any:
    return (
        func.jsonb_array_elements(happened.json(name))
        .table_valued(sql_column("item", JSONB), with_ordinality="place")
        .render_derived()
    )


def _lines(happened: Happened) -> Any:
    found = _items(happened, "lines")
    item = Item(found.c.item, happened.text("currency"))
    return each(found, seen_as("TaxableObjectLine", item), order_by=found.c.place)


def _discounts(happened: Happened) -> Any:
    found = _items(happened, "discounts")
    item = Item(found.c.item, happened.text("currency"))
    parts = {"name": item.text("name"), "amount": item.amount("amount_minor"), "type": item.text("type")}
    return each(found, parts, order_by=found.c.place)


def _tax_base() -> Part:
    made = value(lambda happened, ctx: seen_as("TaxableObject", happened))
    return Part("tax_base", "TaxableObject", lambda: made, ("TaxableObject", "Checkout", "Order"))


CALCULATES_TAXES = kind("CalculateTaxes", _tax_base(), own_channel=True, may_be_tried=False)
