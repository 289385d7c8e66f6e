"""What sellers and staff do to orders: hand over, confirm, call off. Each kind of it has a module."""

from strawberry import ID

from marketplace.kit.errors import PermissionDeniedError
from marketplace.orders import cancelling, fulfilment, models
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    DateTime,
    Info,
    mutation,
    object_type,
)
from marketplace_graphql.orders.calling_off import CancellingMutations
from marketplace_graphql.orders.errors import VendorOrderError
from marketplace_graphql.orders.granting import GrantingMutations
from marketplace_graphql.orders.invoices import InvoiceMutations
from marketplace_graphql.orders.parcels import ParcelMutations
from marketplace_graphql.orders.refunding import RefundMutations
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS


@object_type
class OrdersMutations(
    InvoiceMutations, ParcelMutations, CancellingMutations, RefundMutations, GrantingMutations
):
    """Orders on their way."""

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=(AUTHENTICATED, AUTHENTICATED_APP))
    async def vendor_order_fulfill(
        self,
        info: Info,
        id: ID,
        tracking_number: str | None = None,
    ) -> models.VendorOrder:
        """A seller hands all that is left of its part to the carrier, in one parcel."""
        part = await info.find(models.VendorOrder, id)
        if part.vendor_id not in info.requester.vendor_ids and not info.requester.has_any([STAFF]):
            raise PermissionDeniedError(STAFF)
        with codes_of(VendorOrderError):
            await fulfilment.fulfil(
                info.session,
                part.id,
                tracking_number=tracking_number or "",
                user_id=info.requester.user_id,
            )
        return part

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=STAFF)
    async def vendor_order_deliver(
        self,
        info: Info,
        id: ID,
        delivered_at: DateTime | None = None,
    ) -> models.VendorOrder:
        """The carrier confirms: the buyer has the parcel, and has paid for it if that was agreed."""
        with codes_of(VendorOrderError):
            return await fulfilment.deliver(
                info.session,
                await info.key_in_reach(models.VendorOrder, id),
                delivered_at=delivered_at,
                user_id=info.requester.user_id,
            )

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=STAFF)
    async def vendor_order_refuse(self, info: Info, id: ID) -> models.VendorOrder:
        """The buyer did not take the parcel: its pieces come back, and nothing is paid for it."""
        with codes_of(VendorOrderError):
            return await fulfilment.refuse(
                info.session,
                await info.key_in_reach(models.VendorOrder, id),
                user_id=info.requester.user_id,
            )

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=STAFF)
    async def vendor_order_cancel(self, info: Info, id: ID) -> models.VendorOrder:
        """Calls a seller's part off before anything of it has left."""
        with codes_of(VendorOrderError):
            return await cancelling.cancel_part(
                info.session,
                await info.key_in_reach(models.VendorOrder, id),
                user_id=info.requester.user_id,
            )
