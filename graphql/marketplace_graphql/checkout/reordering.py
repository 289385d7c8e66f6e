"""`checkoutCreateFromOrder`: the same again."""

from enum import Enum
from typing import Any

from strawberry import ID

from marketplace.kit.announcements import announce
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order
from marketplace.orders.reordering import reorder
from marketplace.people.models import User
from marketplace_graphql.kernel import Info, enum, error_type, mutation, object_type
from marketplace_graphql.rules import codes_of


@enum
class CheckoutCreateFromOrderErrorCode(Enum):
    """What can be wrong when an order is to be bought again."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    CHANNEL_INACTIVE = "CHANNEL_INACTIVE"
    TAX_ERROR = "TAX_ERROR"


@enum
class CheckoutCreateFromOrderUnavailableVariantErrorCode(Enum):
    """Why something of an order can't be bought again."""

    NOT_FOUND = "NOT_FOUND"
    PRODUCT_UNAVAILABLE_FOR_PURCHASE = "PRODUCT_UNAVAILABLE_FOR_PURCHASE"
    UNAVAILABLE_VARIANT_IN_CHANNEL = "UNAVAILABLE_VARIANT_IN_CHANNEL"
    PRODUCT_NOT_PUBLISHED = "PRODUCT_NOT_PUBLISHED"
    QUANTITY_GREATER_THAN_LIMIT = "QUANTITY_GREATER_THAN_LIMIT"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"


CheckoutCreateFromOrderError = error_type("CheckoutCreateFromOrderError", CheckoutCreateFromOrderErrorCode)


@object_type
class CheckoutCreateFromOrderUnavailableVariant:
    """Something of an order that can't be bought again."""

    message: str
    """Why, for a person to read."""
    code: CheckoutCreateFromOrderUnavailableVariantErrorCode
    variant_id: ID
    """The variant; empty where it doesn't exist any more."""
    line_id: ID
    """The order's line."""


@object_type
class Reordering:
    """A part of the mutations of checkouts."""

    @mutation(
        returns={
            "unavailable_variants": list[CheckoutCreateFromOrderUnavailableVariant] | None,
            "checkout": "Checkout | None",
        },
        errors=CheckoutCreateFromOrderError,
    )
    async def checkout_create_from_order(self, info: Info, id: ID) -> Any:
        """Opens a checkout with all of an order that can be bought again."""
        try:
            order = await info.find(Order, id)
        except NotFoundError as error:
            raise NotFoundError("There is no such order.", field="id", code="ORDER_NOT_FOUND") from error
        user_id = info.requester.user_id
        user = None if user_id is None else await info.session.get(User, user_id)
        with codes_of(CheckoutCreateFromOrderError):
            checkout, unavailable = await reorder(info.session, order, user)
        if checkout is not None:
            await announce(info.session, "CHECKOUT_CREATED", checkout)
        return {
            "checkout": checkout,
            "unavailable_variants": [
                {
                    "message": refused.message,
                    "code": CheckoutCreateFromOrderUnavailableVariantErrorCode[refused.code],
                    "variant_id": to_global_id("ProductVariant", refused.variant_id)
                    if refused.variant_id
                    else "",
                    "line_id": to_global_id("OrderLine", refused.line_id),
                }
                for refused in unavailable
            ],
        }
