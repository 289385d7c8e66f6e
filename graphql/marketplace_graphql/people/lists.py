"""Lists of people, as staff look through them: customers, and their own colleagues."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, case, func, literal, not_, or_, select, true
from sqlalchemy.dialects.postgresql import TSQUERY
from strawberry import ID

from marketplace.orders.models import Order, OrderStatus
from marketplace.people import models
from marketplace.people.words import query_text
from marketplace_graphql.catalog.attribute_answers import AssignedAttributeWhereInput, answers
from marketplace_graphql.inputs import (
    DateRangeInput,
    DateTimeRangeInput,
    GlobalIDFilterInput,
    IntRangeInput,
    MetadataFilter,
    MetadataFilterInput,
    StringFilterInput,
    has_metadata,
    metadata_says,
)
from marketplace_graphql.kernel import (
    BEST_MATCH,
    Filter,
    OrderDirection,
    Sorting,
    between,
    by_id,
    enum,
    input_type,
    matches,
    refers,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.conditions import AddressFilterInput
from marketplace_graphql.orders.filters import IntFilterInput, days

FEW = 10_000
LOOKS = 10_000
"""So many people are looked at along a list before all who fulfil its conditions are looked up."""
CROWD = 10_000
"""Of more people who fit a search, it is not told who fits best: that would be to read all of them."""


@input_type
class CustomerFilterInput:
    """Which customers are listed."""

    date_joined: DateRangeInput | None
    number_of_orders: IntRangeInput | None
    placed_orders: DateRangeInput | None
    """When an order was placed."""
    search: str | None
    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    updated_at: DateTimeRangeInput | None


@input_type
class CustomerWhereInput:
    """Which customers are listed."""

    metadata: MetadataFilterInput | None
    ids: list[ID] | None
    email: StringFilterInput | None
    first_name: StringFilterInput | None
    last_name: StringFilterInput | None
    is_active: bool | None
    date_joined: DateTimeRangeInput | None
    updated_at: DateTimeRangeInput | None
    placed_orders_at: DateTimeRangeInput | None
    """When an order was placed."""
    addresses: AddressFilterInput | None
    """An address of their book."""
    number_of_orders: IntFilterInput | None
    customer_type: GlobalIDFilterInput | None
    attributes: list[AssignedAttributeWhereInput] | None
    AND: "list[CustomerWhereInput] | None"
    OR: "list[CustomerWhereInput] | None"


@enum
class StaffMemberStatus(Enum):
    """Whether a member of staff may sign in."""

    ACTIVE = "ACTIVE"
    DEACTIVATED = "DEACTIVATED"


@input_type
class StaffUserInput:
    """Which members of staff are listed."""

    status: StaffMemberStatus | None
    search: str | None
    ids: list[ID] | None


@enum
class UserSortField(Enum):
    """What people can be sorted by."""

    FIRST_NAME = "FIRST_NAME"
    LAST_NAME = "LAST_NAME"
    EMAIL = "EMAIL"
    ORDER_COUNT = "ORDER_COUNT"
    CREATED_AT = "CREATED_AT"
    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"
    RANK = "RANK"


@input_type
class UserSortingInput:
    """How people are sorted."""

    direction: OrderDirection
    field: UserSortField


def is_customer(user: Any) -> ColumnElement[bool]:
    """Everybody but staff who have never bought anything."""
    return or_(not_(user.is_staff), user.number_of_orders > 0)


def found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a person has all the words of a term, in the account or in the book of addresses."""
    holds: ColumnElement[bool] = ctx.few_or_many(
        row, _found(term), row.search_vector.bool_op("@@")(_query(term)), few=FEW, looks=LOOKS
    )
    return holds


def rank(row: Any, term: Any, ctx: Any) -> ColumnElement[float]:
    """How well they fit: those of the account count most. Of a crowd, nobody fits better than another."""
    some = _found(term).limit(CROWD + 1).subquery()
    is_crowd = select(func.count() > CROWD).select_from(some).scalar_subquery()
    return case((is_crowd, literal(0.0, Float())), else_=func.ts_rank(row.search_vector, _query(term)))


def _found(term: Any) -> Select[Any]:
    other = aliased(models.User)
    found = select(other.id).where(other.search_vector.bool_op("@@")(_query(term)))
    return found.correlate_except(other)


def _query(term: Any) -> Any:
    return term.converted("people query", TSQUERY(), query_text)


def _there(other: Any, *conditions: Any) -> ColumnElement[bool]:
    """Whether there is such a row, looked up for each person: of an EXISTS PostgreSQL would make a list of
    all such rows.
    """
    there = select(true()).select_from(other).where(*conditions).limit(1).correlate_except(other)
    return there.scalar_subquery().is_(True)


def _by(name: str, meaning: Any) -> Any:
    """A condition on a column that has an index, and that few or most may meet."""

    def condition(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        other = aliased(models.User)
        holds, among_all = meaning(row, value, ctx), meaning(other, value, ctx)
        if holds is None:
            return None
        keys = select(other.id).where(among_all).correlate_except(other)
        found: ColumnElement[bool] = ctx.few_or_many(row, keys, holds, in_order=(getattr(row, name), holds))
        return found

    return condition


def _placed(meaning: Any) -> Any:
    """A condition on when orders were placed."""

    def condition(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        order, own = aliased(Order), aliased(Order)
        among_all, of_row = meaning(order, value, ctx), meaning(own, value, ctx)
        if among_all is None:
            return None
        buyers = select(order.user_id).where(
            order.user_id.is_not(None), order.status != OrderStatus.DRAFT, among_all
        )
        bought = _there(own, own.user_id == row.id, own.status != OrderStatus.DRAFT, of_row)
        found: ColumnElement[bool] = ctx.few_or_many(
            row, buyers.correlate_except(order), bought, few=FEW, looks=LOOKS
        )
        return found

    return condition


def _lives(row: Any, given: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Meaning of `AddressFilterInput`: one address is as asked."""
    address, own = aliased(models.Address), aliased(models.Address)
    wanted = _is_as_asked(given, address)
    if not wanted:
        return None
    people = select(address.user_id).where(address.user_id.is_not(None), *wanted)
    lives = _there(own, own.user_id == row.id, *_is_as_asked(given, own))
    found: ColumnElement[bool] = ctx.few_or_many(
        row, people.correlate_except(address), lives, few=FEW, looks=LOOKS
    )
    return found


def _is_as_asked(given: Any, address: Any) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool] | None] = []
    if given.phone_number is not None:
        parts.append(matches(lambda row, ctx: row.phone)(address, given.phone_number, None))
    if given.country is not None:
        country = given.country
        if country.eq is not None:
            parts.append(address.country_code == country.eq.value)
        if country.one_of is not None:
            parts.append(address.country_code.in_([each.value for each in country.one_of]))
        if country.not_one_of is not None:
            parts.append(address.country_code.not_in([each.value for each in country.not_one_of]))
    return [part for part in parts if part is not None]


def _email(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
    return matches(lambda row, ctx: row.email)(row, value, ctx)


def _has_status(row: Any, status: StaffMemberStatus, ctx: Any) -> ColumnElement[bool]:
    active = status is StaffMemberStatus.ACTIVE
    return and_(row.is_staff, row.is_active if active else not_(row.is_active))


customer_filter = Filter(
    CustomerFilterInput,
    {
        "date_joined": _by("created_at", days(lambda row: row.created_at)),
        "number_of_orders": _by("number_of_orders", between(lambda row, ctx: row.number_of_orders)),
        "placed_orders": _placed(days(lambda row: row.created_at)),
        "search": found,
        "metadata": has_metadata,
        "ids": by_id("User"),
        "updated_at": _by("updated_at", between(lambda row, ctx: row.updated_at)),
    },
)
customer_where = Filter(
    CustomerWhereInput,
    {
        "metadata": metadata_says,
        "ids": by_id("User"),
        "email": _email,
        "first_name": _by("first_name", matches(lambda row, ctx: row.first_name)),
        "last_name": _by("last_name", matches(lambda row, ctx: row.last_name)),
        "is_active": lambda row, active, ctx: row.is_active if active else not_(row.is_active),
        "date_joined": _by("created_at", between(lambda row, ctx: row.created_at)),
        "updated_at": _by("updated_at", between(lambda row, ctx: row.updated_at)),
        "placed_orders_at": _placed(between(lambda row, ctx: row.created_at)),
        "addresses": _lives,
        "number_of_orders": _by("number_of_orders", matches(lambda row, ctx: row.number_of_orders)),
        "customer_type": _by(
            "customer_type_id", refers(lambda row, ctx: row.customer_type_id, "CustomerType")
        ),
        "attributes": answers,
    },
)
staff_filter = Filter(StaffUserInput, {"status": _has_status, "search": found, "ids": by_id("User")})
user_order = Sorting(
    UserSortingInput,
    {
        UserSortField.FIRST_NAME: lambda row, ctx: (row.first_name, row.last_name),
        UserSortField.LAST_NAME: lambda row, ctx: (row.last_name, row.first_name),
        UserSortField.EMAIL: lambda row, ctx: row.email,
        UserSortField.ORDER_COUNT: lambda row, ctx: row.number_of_orders,
        UserSortField.CREATED_AT: lambda row, ctx: row.created_at,
        UserSortField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at,
        UserSortField.RANK: BEST_MATCH,
    },
)
