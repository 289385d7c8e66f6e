"""Root fields of payments."""

from typing import Any

from sqlalchemy import ColumnElement, Uuid, any_, literal, or_, select
from strawberry import ID

from marketplace.checkout.models import Checkout
from marketplace.kit.ids import uuid_pk
from marketplace.orders.models import Order
from marketplace.payments import models
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    UUID,
    CountableConnection,
    QueryError,
    connection,
    object_type,
    of_channels,
    related,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.payments.differences import PaymentDifference
from marketplace_graphql.payments.disputes import PaymentDispute, dispute_filter
from marketplace_graphql.payments.lists import transaction_order, transaction_where
from marketplace_graphql.payments.types import (
    CardPaymentMethodDetails,
    GiftCardPaymentMethodDetails,
    OtherPaymentMethodDetails,
    TransactionItem,
)

TYPES = (OtherPaymentMethodDetails, CardPaymentMethodDetails, GiftCardPaymentMethodDetails)


@object_type
class PaymentsQueries:
    """What was paid."""

    transactions: CountableConnection[TransactionItem] | None = connection(
        where=transaction_where,
        sort_by=transaction_order,
        order_by=lambda row, ctx: row.created_at.desc(),
        needs=Permission.HANDLE_PAYMENTS,
    )
    """All payments, the latest first."""

    payment_disputes: CountableConnection[PaymentDispute] | None = connection(
        filter=dispute_filter, needs=Permission.HANDLE_PAYMENTS
    )
    """Disputes of buyers with their banks, the latest first."""
    payment_differences: CountableConnection[PaymentDifference] | None = connection(
        needs=Permission.HANDLE_PAYMENTS
    )
    """Where gateways' books and ours said different things last night."""

    @related(needs=Permission.HANDLE_PAYMENTS)
    def transaction(
        root: Any,
        transaction: Any,
        ctx: Any,
        id: ID | None = None,
        token: UUID | None = None,
    ) -> TransactionItem | None:
        """One payment, by id or token."""
        if (id is None) == (token is None):
            raise QueryError("Exactly one of the arguments 'id', 'token' must be given.")
        return transaction.token == (token if id is None else _token_of(id))


def _token_of(given: Any) -> Any:
    """A transaction's id is made of its token, not of its key."""
    name = "TransactionItem"
    return given.converted(f"token:{name}", Uuid(), lambda text: str(uuid_pk(text, name)))


@of_channels(models.TransactionItem)
def transaction_in(row: Any, channel_ids: Any) -> ColumnElement[bool]:
    """A payment, with the order or the checkout that it is for."""
    order, checkout = aliased(Order), aliased(Checkout)
    for_order = select(literal(1)).where(order.id == row.order_id, order.channel_id == any_(channel_ids))
    for_checkout = select(literal(1)).where(
        checkout.id == row.checkout_id, checkout.channel_id == any_(channel_ids)
    )
    return or_(for_order.correlate_except(order).exists(), for_checkout.correlate_except(checkout).exists())
