"""What apps and staff do with buyers' checkouts: make orders of them, delete them."""

from typing import Any

from strawberry import ID

from marketplace.kit.errors import DomainError, Errors, PermissionDeniedError
from marketplace.payments import abandoning, completion
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.carriers import hear_carriers
from marketplace_graphql.checkout.errors import CheckoutErrorCode
from marketplace_graphql.checkout.inputs import metadata_entries
from marketplace_graphql.checkout.taxes import once_taxed
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import AUTHENTICATED_APP, Info, error_type, mutation, object_type
from marketplace_graphql.order_editing.inputs import uuid_key

OrderCreateFromCheckoutError = error_type(
    "OrderCreateFromCheckoutError",
    (
        "GRAPHQL_ERROR",
        "CHECKOUT_NOT_FOUND",
        "CHANNEL_INACTIVE",
        "INSUFFICIENT_STOCK",
        "VOUCHER_NOT_APPLICABLE",
        "GIFT_CARD_NOT_APPLICABLE",
        "TAX_ERROR",
        "SHIPPING_METHOD_NOT_SET",
        "BILLING_ADDRESS_NOT_SET",
        "SHIPPING_ADDRESS_NOT_SET",
        "INVALID_SHIPPING_METHOD",
        "NO_LINES",
        "EMAIL_NOT_SET",
        "UNAVAILABLE_VARIANT_IN_CHANNEL",
    ),
    variants=list[ID] | None,
    lines=list[ID] | None,
)
CheckoutDeleteError = error_type("CheckoutDeleteError", CheckoutErrorCode)

_UNAVAILABLE = ("PRODUCT_NOT_PUBLISHED", "PRODUCT_UNAVAILABLE_FOR_PURCHASE")
"""Codes of a checkout that an app is told by another name."""


@object_type
class FromCheckoutMutations:
    """Checkouts in the hands of apps and staff."""

    @mutation(returns="Order", errors=OrderCreateFromCheckoutError, needs=AUTHENTICATED_APP)
    async def order_create_from_checkout(
        self,
        info: Info,
        id: ID,
        remove_checkout: bool | None = True,
        private_metadata: list[MetadataInput] | None = None,
        metadata: list[MetadataInput] | None = None,
    ) -> Any:
        """Makes an order of a checkout, whether it is paid or not: for apps, which see to the payment."""
        if Permission.HANDLE_CHECKOUTS not in info.requester.permissions:
            raise PermissionDeniedError(Permission.HANDLE_CHECKOUTS)
        key = uuid_key(id, "Checkout", "id")
        try:
            await hear_carriers(info, key, keeps_choice=True)
            return await once_taxed(
                info,
                lambda: completion.complete(
                    info.session,
                    key,
                    metadata_entries(metadata),
                    private_metadata=metadata_entries(private_metadata),
                    may_be_unpaid=True,
                    keeps_checkout=remove_checkout is False,
                ),
            )
        except (DomainError, Errors) as refused:
            for error in refused.errors if isinstance(refused, Errors) else [refused]:
                if error.code == "NOT_FOUND":
                    error.code = "CHECKOUT_NOT_FOUND"
                elif error.code in _UNAVAILABLE:
                    error.code = "UNAVAILABLE_VARIANT_IN_CHANNEL"
            raise

    @mutation(returns=None, errors=CheckoutDeleteError, needs=Permission.MANAGE_CHECKOUTS)
    async def checkout_delete(self, info: Info, id: ID) -> Any:
        """Deletes a checkout of which nothing is paid or promised."""
        await abandoning.delete_checkout(info.session, uuid_key(id, "Checkout", "id"))
