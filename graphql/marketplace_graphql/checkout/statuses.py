"""How much of a checkout is promised or paid."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, select

from marketplace.checkout import models
from marketplace.payments.models import TransactionItem as TransactionRow
from marketplace_graphql.kernel import enum
from marketplace_graphql.kernel.reader.aliases import aliased


@enum
class CheckoutAuthorizeStatusEnum(Enum):
    """How much of a checkout is promised or paid."""

    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"


@enum
class CheckoutChargeStatusEnum(Enum):
    """How much of a checkout is paid."""

    NONE = "NONE"
    PARTIAL = "PARTIAL"
    FULL = "FULL"
    OVERCHARGED = "OVERCHARGED"


def authorize_status_of(row: Any) -> ColumnElement[str]:
    """How much of the total is promised or paid."""
    covered = charged_minor(row) + _authorized(row)
    return case(
        (_owes_nothing(row), literal("FULL")),
        (covered <= 0, literal("NONE")),
        (covered >= row.total_gross_minor, literal("FULL")),
        else_=literal("PARTIAL"),
    )


def charge_status_of(row: Any) -> ColumnElement[str]:
    """How much of the total is paid."""
    charged = charged_minor(row)
    return case(
        (charged > row.total_gross_minor, literal("OVERCHARGED")),
        (_owes_nothing(row), literal("FULL")),
        (charged <= 0, literal("NONE")),
        (charged >= row.total_gross_minor, literal("FULL")),
        else_=literal("PARTIAL"),
    )


def _owes_nothing(checkout: Any) -> ColumnElement[bool]:
    """Something is in it, and all of it is free."""
    line = aliased(models.CheckoutLine)
    filled = select(literal(1)).where(line.checkout_id == checkout.id).correlate_except(line).exists()
    return and_(checkout.total_gross_minor <= 0, filled)


def charged_minor(checkout: Any) -> ColumnElement[int]:
    """Money that payments brought or are bringing, in minor units."""
    payment = aliased(TransactionRow)
    return _sum_of(checkout, payment, payment.charged_minor + payment.charge_pending_minor)


def _authorized(checkout: Any) -> ColumnElement[int]:
    payment = aliased(TransactionRow)
    return _sum_of(checkout, payment, payment.authorized_minor + payment.authorize_pending_minor)


def _sum_of(checkout: Any, payment: Any, amount: Any) -> ColumnElement[int]:
    return (
        select(func.coalesce(func.sum(amount), 0))
        .where(payment.checkout_id == checkout.id)
        .correlate_except(payment)
        .scalar_subquery()
    )
