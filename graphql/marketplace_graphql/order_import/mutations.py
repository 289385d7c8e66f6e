"""Orders that were placed elsewhere are brought in."""

from typing import Any

from marketplace.kit.errors import DomainError, InvalidError
from marketplace.orders.importing.stocks import StockUpdatePolicy
from marketplace.payments.importing import import_orders
from marketplace.people.permissions import Permission
from marketplace.people.redirects import checked_redirect
from marketplace_graphql.kernel import ErrorPolicyEnum, Info, error_type, mutation, object_type
from marketplace_graphql.kernel.mutations import error_entries
from marketplace_graphql.order_import.inputs import OrderBulkCreateInput, order_given
from marketplace_graphql.people.requests import settings_of

AT_ONCE = 50
OrderBulkCreateError = error_type(
    "OrderBulkCreateError",
    (
        "GRAPHQL_ERROR",
        "REQUIRED",
        "INVALID",
        "NOT_FOUND",
        "UNIQUE",
        "BULK_LIMIT",
        "TOO_MANY_IDENTIFIERS",
        "FUTURE_DATE",
        "INVALID_QUANTITY",
        "PRICE_ERROR",
        "NOTE_LENGTH",
        "INSUFFICIENT_STOCK",
        "NON_EXISTING_STOCK",
        "NO_RELATED_ORDER_LINE",
        "NEGATIVE_INDEX",
        "ORDER_LINE_FULFILLMENT_LINE_MISMATCH",
        "METADATA_KEY_REQUIRED",
        "INCORRECT_CURRENCY",
    ),
    path_only=True,
)


@object_type
class OrderBulkCreateResult:
    """What became of one order."""

    order: "Order | None"  # type: ignore[name-defined]  # noqa: F821 - found when the schema is joined
    errors: list[OrderBulkCreateError.declared] | None  # type: ignore[name-defined]


@object_type
class OrderImportMutations:
    """Imports."""

    @mutation(
        returns={"count": int, "results": list[OrderBulkCreateResult]},
        failed={"count": 0, "results": []},
        errors=OrderBulkCreateError,
        needs=Permission.MANAGE_ORDERS_IMPORT,
    )
    async def order_bulk_create(
        self,
        info: Info,
        orders: list[OrderBulkCreateInput],
        error_policy: ErrorPolicyEnum | None = None,
        stock_update_policy: StockUpdatePolicy | None = None,
    ) -> Any:
        """Brings orders in that were placed elsewhere, as they were: nobody is written to, and nothing is
        posted to the ledger.
        """
        if len(orders) > AT_ONCE:
            raise DomainError(f"At most {AT_ONCE} orders at once.", field="orders", code="BULK_LIMIT")
        policy = error_policy or ErrorPolicyEnum.REJECT_EVERYTHING
        plans = await import_orders(
            info.session,
            [_checked(info, order_given(order)) for order in orders],
            keeps_failed=policy is ErrorPolicyEnum.IGNORE_FAILED,
            rejects_everything=policy is ErrorPolicyEnum.REJECT_EVERYTHING,
            policy=stock_update_policy or StockUpdatePolicy.UPDATE,
        )
        results = [
            {"order": plan.written, "errors": error_entries(OrderBulkCreateError, plan.errors)}
            for plan in plans
        ]
        return {"count": sum(plan.written is not None for plan in plans), "results": results}


def _checked(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    """What can only be checked here: where links may lead."""
    if given.get("redirect_url"):
        try:
            checked_redirect(settings_of(info), given["redirect_url"])
        except InvalidError as refused:
            given["faults"] = [DomainError(refused.message, field="redirect_url", code="INVALID")]
            given["redirect_url"] = None
    return given
