"""What staff change of orders."""

from typing import Any

from strawberry import ID, UNSET

from marketplace.kit.errors import DomainError
from marketplace.orders import confirming, editing, models, notes, updating
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.taxes import once_taxed
from marketplace_graphql.kernel import Info, error_type, mutation, object_type, row_by
from marketplace_graphql.order_editing.carriers import hear_carriers
from marketplace_graphql.order_editing.drafts import DraftMutations
from marketplace_graphql.order_editing.from_checkouts import FromCheckoutMutations
from marketplace_graphql.order_editing.inputs import (
    OrderAddNoteInput,
    OrderNoteInput,
    OrderUpdateInput,
    OrderUpdateShippingInput,
    int_key,
    method_key,
    order_changes,
    uuid_key,
)
from marketplace_graphql.order_editing.lines import LineMutations
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS
OrderNoteAddError = error_type("OrderNoteAddError", ("GRAPHQL_ERROR", "REQUIRED"))
OrderNoteUpdateError = error_type("OrderNoteUpdateError", ("GRAPHQL_ERROR", "NOT_FOUND", "REQUIRED"))
ORDER_AND_EVENT = {"order": "Order | None", "event": "OrderEvent | None"}


@object_type
class OrderEditingMutations(DraftMutations, LineMutations, FromCheckoutMutations):
    """Drafts, and what is changed of orders."""

    @mutation(
        returns="Order", errors=OrderError, needs=STAFF, about=row_by(models.Order, "external_reference")
    )
    async def order_update(self, info: Info, order: models.Order, input: OrderUpdateInput) -> models.Order:
        """Says something else of an order that is placed: whose it is, where it goes, its metadata."""
        with codes_of(OrderError):
            return await updating.update_order(
                info.session, order, order_changes(input), info.requester.user_id
            )

    @mutation(returns={"order": "Order | None"}, errors=OrderError, needs=STAFF)
    async def order_update_shipping(self, info: Info, order: ID, input: OrderUpdateShippingInput) -> Any:
        """Says how an order travels that is not confirmed yet."""
        if input.shipping_method is UNSET or input.shipping_method == "":
            raise DomainError("Say how.", field="shippingMethod", code="SHIPPING_METHOD_REQUIRED")
        key = uuid_key(order, "Order", "order")
        with codes_of(OrderError):
            await hear_carriers(info, key)
            changed = await editing.choose_delivery(info.session, key, method_key(input.shipping_method))
        return {"order": changed}

    @mutation(returns={"order": "Order | None"}, errors=OrderError, needs=STAFF)
    async def order_confirm(self, info: Info, id: ID) -> Any:
        """Confirms an order: its sellers hear of it, and may hand it over."""
        key = uuid_key(id, "Order", "id")
        order = await once_taxed(info, lambda: confirming.confirm(info.session, key, info.requester.user_id))
        return {"order": order}

    @mutation(returns=ORDER_AND_EVENT, errors=OrderNoteAddError, needs=STAFF)
    async def order_note_add(self, info: Info, order: ID, input: OrderNoteInput) -> Any:
        """Keeps a note with an order."""
        return await _add_note(info, order, input.message)

    @mutation(returns=ORDER_AND_EVENT, errors=OrderNoteUpdateError, needs=STAFF)
    async def order_note_update(self, info: Info, note: ID, input: OrderNoteInput) -> Any:
        """Writes a note anew; what it said stays in the order's history."""
        key = int_key(note, "OrderEvent", "note")
        order, event = await notes.change_note(info.session, key, input.message, info.requester.user_id)
        return {"order": order, "event": event}

    @mutation(returns=ORDER_AND_EVENT, errors=OrderError, needs=STAFF, deprecated="Use `orderNoteAdd`.")
    async def order_add_note(self, info: Info, order: ID, input: OrderAddNoteInput) -> Any:
        """Keeps a note with an order."""
        return await _add_note(info, order, input.message)


async def _add_note(info: Info, global_id: str, message: str) -> dict[str, Any]:
    order = await info.find(models.Order, global_id, field_name="order")
    event = await notes.add_note(info.session, order, message, info.requester.user_id)
    return {"order": order, "event": event}
