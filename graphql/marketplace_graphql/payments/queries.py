"""Root fields of payments."""

from typing import Any

from sqlalchemy import Uuid
from strawberry import ID

from marketplace.kit.ids import uuid_pk
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import UUID, QueryError, object_type, related
from marketplace_graphql.payments.types import OtherPaymentMethodDetails, TransactionItem

TYPES = (OtherPaymentMethodDetails,)


@object_type
class PaymentsQueries:
    """What was paid."""

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
