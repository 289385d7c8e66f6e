"""What orders can be narrowed down by besides their own columns.

Of all orders, what few of them fulfil is found by an index of its own; what many do is met along the list.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Numeric,
    Select,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from marketplace.catalog.models import Product, ProductType, ProductTypeKind
from marketplace.catalog.models import ProductVariant as VariantRow
from marketplace.kit.money import MINOR_DIGITS
from marketplace.orders import models
from marketplace.orders.discounts import OrderGiftCard
from marketplace.people.models import Address as AddressRow
from marketplace_graphql.inputs import DecimalFilterInput, StringFilterInput
from marketplace_graphql.kernel import QueryError, between, input_type, matches, refers
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import CountryCode
from marketplace_graphql.values import major_amount

Meaning = Callable[[Any, Any, Any], ColumnElement[bool] | None]
Said = TypeVar("Said", bound=ColumnElement[bool] | None)
FEW = 2_500
FEW_OF_OWN = 5_000
UNTRIED = -1
"""More than the keys that are known: not even none counts as few."""
LOOKS = 4_000
"""So many orders are looked at along a list before all that fulfil its conditions are looked up."""
AT_ONCE = 20
GREATEST = 10**18
"""More than any amount is."""


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


def few_or_many(
    row: Any, keys: Select[Any], holds: ColumnElement[bool], ctx: Any, *, few: int | None = None
) -> ColumnElement[bool]:
    """As `ctx.few_or_many`: of 100,000 orders, a walk meets the 50 of a page among the first few thousand
    where 2,500 fulfil the condition, unless they all stand at the other end.
    """
    return ctx.few_or_many(row, keys, holds, few=FEW if few is None else few, looks=LOOKS)  # type: ignore[no-any-return]


def own(row: Any, rule: Callable[[Any], Said], ctx: Any, *, along: str | None = None) -> Said:
    """A condition on the order's own columns that has an index. Of the orders that fulfil it, however few,
    any order of the list may have all at its end: a status and the order by another are seldom independent.

    `along`: the column in whose order an index has what fulfils it in one piece.
    """
    said, order = rule(row), aliased(models.Order)
    if said is None or ctx.whole:
        return said
    keys = select(order.id).where(rule(order))  # type: ignore[arg-type]
    in_order = None if along is None else (getattr(row, along), said)
    return ctx.few_or_many(row, keys, said, few=FEW_OF_OWN, in_order=in_order)  # type: ignore[no-any-return]


def on_own(name: str) -> Meaning:
    """Meaning of Saleor's operator inputs on a column that has an index together with `created_at`."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        said = matches(lambda order, ctx: getattr(order, name))
        return own(row, lambda order: said(order, value, ctx), ctx, along="created_at")

    return meaning


def in_range(name: str) -> Meaning:
    """Meaning of a range of an indexed column of the order."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        inside = between(lambda order, ctx: getattr(order, name))
        return own(row, lambda order: inside(order, value, ctx), ctx, along=name)

    return meaning


def each_of(wanted: Sequence[Any], met: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """All of a list of conditions. Raises QueryError for more than a statement is made of."""
    if len(wanted) > AT_ONCE:
        raise QueryError(f"At most {AT_ONCE} conditions at once.")
    return and_(true(), *[met(each) for each in wanted])


def amount(name: str) -> Meaning:
    """Meaning of `PriceFilterInput` on an amount of the order that has an index together with the currency,
    such as `total_gross_minor`.
    """

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        def said(order: Any) -> ColumnElement[bool] | None:
            parts = [] if value.currency is None else [order.currency == func.upper(value.currency)]
            minor = getattr(order, name)
            inside = matches(lambda row, ctx: major_amount(minor, row.currency))(order, value.amount, ctx)
            parts += [] if inside is None else [inside]
            return and_(*parts) if parts else None

        order = aliased(models.Order)
        holds, of_order = said(row), said(order)
        about = _about(order, getattr(order, name), value.amount)
        if holds is None or of_order is None or about is None or ctx.whole:
            return holds
        return few_or_many(row, select(order.id).where(about, of_order), holds, ctx)

    return meaning


def _about(order: Any, minor: Any, given: Any) -> ColumnElement[bool] | None:
    """Where in the index an amount is, for the currencies of each number of decimals; None where that isn't
    said.
    """
    places = []
    for digits in sorted(set(MINOR_DIGITS.values())):
        bounds = []
        if given.given("eq") and given.eq is not None:
            bounds.append(minor == _minor(given.eq, digits))
        if given.given("range") and given.range is not None:
            if given.range.given("gte") and given.range.gte is not None:
                bounds.append(minor >= _minor(given.range.gte, digits))
            if given.range.given("lte") and given.range.lte is not None:
                bounds.append(minor <= _minor(given.range.lte, digits))
        if bounds:
            currencies = [code for code, number in MINOR_DIGITS.items() if number == digits]
            places.append(and_(order.currency.in_(currencies), *bounds))
    return or_(*places) if places else None


def _minor(amount: Any, digits: int) -> ColumnElement[int]:
    in_minor = cast(amount, Numeric) * 10**digits
    return cast(func.least(func.greatest(func.round(in_minor), -GREATEST), GREATEST), BigInteger)


def address(name: str) -> Meaning:
    """Meaning of `AddressFilterInput` on one of the order's addresses: an order without it never matches."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        has = _has_address(getattr(row, name), value, ctx)
        return few_or_many(row, _at_address(name, value, ctx), has, ctx)

    return meaning


def _at_address(name: str, value: Any, ctx: Any) -> Select[Any]:
    order, kept = aliased(models.Order), aliased(AddressRow)
    return (
        select(order.id)
        .join(kept, kept.id == getattr(order, name))
        .where(*_said_of_address(kept, value, ctx))
    )


def _has_address(address_id: Any, value: Any, ctx: Any) -> ColumnElement[bool]:
    kept = aliased(AddressRow)
    said = _said_of_address(kept, value, ctx)
    return select(literal(1)).where(kept.id == address_id, *said).correlate_except(kept).exists()


def _said_of_address(kept: Any, value: Any, ctx: Any) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if value.phone_number is not None:
        said = matches(lambda row, ctx: row.phone)(kept, value.phone_number, ctx)
        parts += [] if said is None else [said]
    if value.country is not None:
        parts += _in_country(kept.country_code, value.country)
    return parts


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
    if ctx.whole:
        said = matches(lambda row, ctx: func.count(row.id))(line, value, ctx)
        return None if said is None else row.id.in_(_orders_with(line, said))
    count = select(func.count(line.id)).where(line.order_id == row.id).correlate_except(line)
    holds = matches(lambda row, ctx: count.scalar_subquery())(row, value, ctx)
    least = value.eq if value.given("eq") else None
    if least is None and value.given("range") and value.range is not None and value.range.given("gte"):
        least = value.range.gte
    if holds is None or least is None:
        return holds
    # So many lines have a last one that is at least so far down.
    other = aliased(models.OrderLine)
    return few_or_many(row, select(other.order_id).where(other.position >= least), holds, ctx)


def _orders_with(line: Any, said: ColumnElement[bool]) -> Select[Any]:
    return select(line.order_id).group_by(line.order_id).having(said)


def product_type(row: Any, value: Any, ctx: Any) -> ColumnElement[bool]:
    """Meaning of a condition on the type of what was bought: one line of it is enough."""

    def of_type(product: Any) -> ColumnElement[bool]:
        said = refers(lambda row, ctx: product.product_type_id, "ProductType")(row, value, ctx)
        return true() if said is None else said

    return _bought(row, of_type, ctx)


def gift_card_bought(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `isGiftCardBought`: a line of a product whose type is of gift cards."""
    kind = aliased(ProductType)
    of_cards = select(kind.id).where(kind.kind == ProductTypeKind.GIFT_CARD)
    return _bought(row, lambda product: product.product_type_id.in_(of_cards), ctx, wanted=wanted)


def _bought(
    order: Any, rule: Callable[[Any], ColumnElement[bool]], ctx: Any, *, wanted: bool = True
) -> ColumnElement[bool]:
    """The order has a line of a product that a rule holds for."""

    def lines(order_id: Any = None) -> Select[Any]:
        line, variant, product = aliased(models.OrderLine), aliased(VariantRow), aliased(Product)
        joined = variant.product_id == product.id
        if order_id is None:
            # Their variants first, as one array, so that these lines are found by an index and no others.
            of_rule = select(variant.id).join(product, joined).where(rule(product))
            variants = func.array(of_rule.scalar_subquery(), type_=ARRAY(BigInteger()))
            return select(line.order_id).where(line.variant_id == any_(variants))
        bought = select(line.order_id).join(variant, variant.id == line.variant_id).join(product, joined)
        return bought.where(line.order_id == order_id, rule(product)).correlate_except(line, variant, product)

    there = lines(order.id)
    if not wanted:
        return _lacks(order, there, ctx)
    return few_or_many(order, lines(), there.exists(), ctx)


def hangs_on(
    model: Any, order: Any, rule: Callable[[Any], ColumnElement[bool]], ctx: Any, *, wanted: bool = True
) -> ColumnElement[bool]:
    """The order has a row of a table, such as a parcel or an event, that a rule holds for. What the rule says
    needs an index.
    """
    one, other = aliased(model), aliased(model)
    there = select(literal(1)).where(one.order_id == order.id, rule(one)).correlate_except(one)
    if not wanted:
        return _lacks(order, there, ctx)
    keys = select(other.order_id).where(other.order_id.is_not(None), rule(other))
    return few_or_many(order, keys, there.exists(), ctx)


def _lacks(order: Any, there: Select[Any], ctx: Any) -> ColumnElement[bool]:
    """A condition on what an order does not have. That is in no index, be it few or many that lack it: it is
    looked for along the list, then everywhere.
    """
    if ctx.whole:
        return not_(there.exists())
    none = select(aliased(models.Order).id).where(false())
    # Looked up for each order: of an EXISTS PostgreSQL would make a list of all that is there.
    missing = there.limit(1).scalar_subquery().is_(None)
    lacking: ColumnElement[bool] = ctx.few_or_many(order, none, missing, few=UNTRIED, looks=4 * LOOKS)
    return lacking


def gift_card_used(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `isGiftCardUsed`: a card paid for some of it."""
    return hangs_on(OrderGiftCard, row, lambda use: true(), ctx, wanted=wanted)


def has_fulfillments(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `hasFulfillments`: there is a parcel, of whatever kind."""
    return hangs_on(models.Fulfillment, row, lambda parcel: true(), ctx, wanted=wanted)


def fetched(row: Any, wanted: bool, ctx: Any) -> ColumnElement[bool]:
    """Meaning of `isClickAndCollect`: nothing is fetched, sellers send everything."""
    return false() if wanted else true()
