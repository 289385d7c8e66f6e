"""Inputs that several domains share: ranges, operators, periods."""

from strawberry import ID

from marketplace_graphql.kernel.scalars import Date, DateTime, Decimal
from marketplace_graphql.kernel.types import input_type


@input_type
class StringFilterInput:
    """A condition on a text."""

    eq: str | None
    """Exactly this."""
    one_of: list[str] | None
    """One of these."""


@input_type
class GlobalIDFilterInput:
    """A condition on a reference."""

    eq: ID | None
    """This one."""
    one_of: list[ID] | None
    """One of these."""


@input_type
class IntRangeInput:
    """A range of whole numbers, its ends included."""

    gte: int | None
    lte: int | None


@input_type
class PriceRangeInput:
    """A range of prices in the channel's currency, its ends included."""

    gte: float | None
    lte: float | None


@input_type
class DecimalRangeInput:
    """A range of exact numbers, its ends included."""

    gte: Decimal | None
    lte: Decimal | None


@input_type
class DecimalFilterInput:
    """A condition on an exact number."""

    eq: Decimal | None
    one_of: list[Decimal] | None
    range: DecimalRangeInput | None


@input_type
class DateRangeInput:
    """A range of days, its ends included."""

    gte: Date | None
    lte: Date | None


@input_type
class DateTimeRangeInput:
    """A range of moments, its ends included."""

    gte: DateTime | None
    lte: DateTime | None


@input_type
class DateTimeFilterInput:
    """A condition on a moment."""

    eq: DateTime | None
    one_of: list[DateTime] | None
    range: DateTimeRangeInput | None


@input_type
class MetadataInput:
    """One entry of a store of metadata."""

    key: str
    value: str
