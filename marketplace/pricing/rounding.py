"""Tax and price arithmetic as SQL, rounding exactly as `kit.money` does in Python.

Both forms work on whole minor units that are not negative; a test holds them to the same answers.
"""

from sqlalchemy import ColumnElement, SQLColumnExpression, cast, literal
from sqlalchemy.types import BigInteger

from marketplace.kit.money import BASIS_POINTS


def net_of_gross_sql(
    gross_minor: SQLColumnExpression[int], rate_bp: SQLColumnExpression[int]
) -> ColumnElement[int]:
    """`kit.money.net_of_gross`: the amount before tax of one that includes it, half up."""
    numerator: ColumnElement[int] = gross_minor * _whole(2 * BASIS_POINTS) + _whole(BASIS_POINTS) + rate_bp
    return _whole_division(numerator, _whole(2) * (_whole(BASIS_POINTS) + rate_bp))


def percentage_sql(
    amount_minor: SQLColumnExpression[int], rate_bp: SQLColumnExpression[int]
) -> ColumnElement[int]:
    """`kit.money.percentage`: a rate of an amount, half up."""
    return share_sql(amount_minor, rate_bp, BASIS_POINTS)


def share_sql(
    amount_minor: SQLColumnExpression[int], parts: SQLColumnExpression[int], whole: int
) -> ColumnElement[int]:
    """So many parts of a whole number of them, of an amount: half up."""
    numerator: ColumnElement[int] = amount_minor * parts * _whole(2) + _whole(whole)
    return _whole_division(numerator, _whole(2 * whole))


def _whole_division(dividend: ColumnElement[int], divisor: ColumnElement[int]) -> ColumnElement[int]:
    """PostgreSQL's division of bigints, which drops the remainder."""
    return cast(dividend, BigInteger).op("/", return_type=BigInteger())(cast(divisor, BigInteger))


def _whole(number: int) -> ColumnElement[int]:
    return literal(number, BigInteger)
