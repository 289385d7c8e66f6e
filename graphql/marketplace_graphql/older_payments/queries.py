"""Root fields of payments as they were before transactions."""

from typing import Any

from sqlalchemy import and_
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    by_id,
    connection,
    input_type,
    object_type,
    refers,
    related,
)
from marketplace_graphql.older_payments.types import Payment

DEPRECATED = "Use `transactions`."


@input_type
class PaymentFilterInput:
    """Which payments are listed."""

    ids: list[ID] | None
    checkouts: list[ID] | None


payment_filter = Filter(
    PaymentFilterInput,
    {"ids": by_id("Payment"), "checkouts": refers(lambda row, ctx: row.checkout_id, "Checkout")},
)


@object_type
class OlderPaymentsQueries:
    """What was paid with `checkoutPaymentCreate`."""

    payments: CountableConnection[Payment] | None = connection(
        lambda root, payment, ctx: payment.recorded.is_not(None),
        filter=payment_filter,
        needs=Permission.MANAGE_ORDERS,
        deprecated=DEPRECATED,
    )
    """All of them, the oldest first."""

    @related(needs=Permission.MANAGE_ORDERS, deprecated="Use `transaction`.")
    def payment(root: Any, payment: Any, ctx: Any, id: ID) -> Payment | None:
        """One of them."""
        return and_(payment.id == ctx.key(id, "Payment"), payment.recorded.is_not(None))
