"""What orders can be narrowed down by besides their own columns. All of it is looked up by keys, for the few
orders of one buyer.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, not_, select, true
from sqlalchemy.orm import aliased

from marketplace.catalog.models import Product, ProductType, ProductTypeKind
from marketplace.catalog.models import ProductVariant as VariantRow
from marketplace.orders import models
from marketplace.orders.discounts import OrderGiftCard
from marketplace.people.models import Address as AddressRow
from marketplace_graphql.inputs import DecimalFilterInput, StringFilterInput
from marketplace_graphql.kernel import input_type, matches, refers
from marketplace_graphql.languages import CountryCode
from marketplace_graphql.values import major_amount

Meaning = Callable[[Any, Any, Any], ColumnElement[bool] | None]


@input_type
class PriceFilterInput:
    """A condition on an amount of money."""

    currency: str | None
    """ISO 4217; any, if it is left out."""
    amount: DecimalFilterInput
    """In the currency's own unit."""


@input_type
class CountryCodeEnumFilterInput:
    """A condition on a country."""

    eq: CountryCode | None
    one_of: list[CountryCode] | None
    not_one_of: list[CountryCode] | None


@input_type
class AddressFilterInput:
    """A condition on an address."""

    phone_number: StringFilterInput | None
    """As it is kept: with the country's prefix."""
    country: CountryCodeEnumFilterInput | None


def amount(name: str) -> Meaning:
    """Meaning of `PriceFilterInput` on an amount of the order, such as `total_gross_minor`."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        minor = getattr(row, name)
        inside = matches(lambda row, ctx: major_amount(minor, row.currency))(row, value.amount, ctx)
        parts = [] if inside is None else [inside]
        if value.currency is not None:
            parts.append(row.currency == func.upper(value.currency))
        return and_(*parts) if parts else None

    return meaning


def address(name: str) -> Meaning:
    """Meaning of `AddressFilterInput` on one of the order's addresses: an order without it never matches."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        kept = aliased(AddressRow)
        parts = [kept.id == getattr(row, name)]
        if value.phone_number is not None:
            said = matches(lambda row, ctx: row.phone)(kept, value.phone_number, ctx)
            parts += [] if said is None else [said]
        if value.country is not None:
            parts += _in_country(kept.country_code, value.country)
        return select(literal(1)).where(*parts).correlate_except(kept).exists()

    return meaning


def _in_country(code: Any, value: Any) -> list[ColumnElement[bool]]:
    parts = []
    if value.eq is not None:
        parts.append(code == value.eq.value)
    if value.one_of is not None:
        parts.append(code.in_([country.value for country in value.one_of]))
    if value.not_one_of is not None:
        parts.append(not_(code.in_([country.value for country in value.not_one_of])))
    return parts


def lines_count(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Meaning of a condition on the number of an order's lines."""
    line = aliased(models.OrderLine)
    count = select(func.count(line.id)).where(line.order_id == row.id).correlate_except(line)
    return matches(lambda row, ctx: count.scalar_subquery())(row, value, ctx)


def product_type(row: Any, value: Any, ctx: Any) -> ColumnElement[bool]:
    """Meaning of a condition on the type of what was bought: one line of it is enough."""
    product: Any = aliased(Product)
    of_type = refers(lambda row, ctx: product.product_type_id, "ProductType")(row, value, ctx)
    return _bought(row, product, true() if of_type is None else of_type)


def gift_card_bought(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `isGiftCardBought`: a line of a product whose type is of gift cards."""
    product, kind = aliased(Product), aliased(ProductType)
    of_cards = select(kind.id).where(kind.kind == ProductTypeKind.GIFT_CARD)
    found = _bought(row, product, product.product_type_id.in_(of_cards))
    return found if wanted else not_(found)


def _bought(order: Any, product: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The order has a line of a product that the condition holds for."""
    line, variant = aliased(models.OrderLine), aliased(VariantRow)
    return (
        select(literal(1))
        .select_from(line)
        .join(variant, variant.id == line.variant_id)
        .join(product, product.id == variant.product_id)
        .where(line.order_id == order.id, condition)
        .correlate_except(line, variant, product)
        .exists()
    )


def gift_card_used(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `isGiftCardUsed`: a card paid for some of it."""
    use = aliased(OrderGiftCard)
    found = select(literal(1)).where(use.order_id == row.id).correlate_except(use).exists()
    return found if wanted else not_(found)


def fetched(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `isClickAndCollect`: nothing is fetched, sellers send everything."""
    return false() if wanted else true()
