"""Orders that staff put together for somebody."""

import uuid
from collections import defaultdict
from typing import Any

from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.orders import draft_completion, drafts, editing, models
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.taxes import once_taxed
from marketplace_graphql.kernel import (
    Info,
    bulk_deletion,
    changes,
    deletion,
    mutation,
    object_type,
    row_by,
)
from marketplace_graphql.order_editing.carriers import hear_carriers
from marketplace_graphql.order_editing.inputs import (
    DraftOrderCreateInput,
    DraftOrderInput,
    channel_of,
    draft_changes,
    new_lines,
    uuid_key,
)
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS
AT_ONCE = 100


@object_type
class DraftMutations:
    """What is done with drafts."""

    @mutation(returns="Order", errors=OrderError, needs=STAFF, tells="DRAFT_ORDER_CREATED")
    async def draft_order_create(self, info: Info, input: DraftOrderCreateInput) -> models.Order:
        """Begins a draft. Nothing of it is sold, and no seller hears of it, until it is completed."""
        with codes_of(OrderError):
            order = await drafts.create_draft(
                info.session,
                await channel_of(info, input),
                await draft_changes(info, input),
                new_lines(input.lines or (), "variants"),
                info.requester.user_id,
            )
            await hear_carriers(info, order.id)
            return order

    @mutation(
        returns="Order", errors=OrderError, needs=STAFF, about=row_by(models.Order, "external_reference")
    )
    async def draft_order_update(
        self, info: Info, order: models.Order, input: DraftOrderInput
    ) -> models.Order:
        """Says something else of a draft, and works its prices out anew."""
        if changes(input).get("channel_id"):
            raise InvalidError("A draft stays in its channel.", field="channelId", code="NOT_EDITABLE")
        with codes_of(OrderError):
            changed = await drafts.change_draft(info.session, order, await draft_changes(info, input))
            await hear_carriers(info, changed.id)
            return changed

    @mutation(returns="Order", errors=OrderError, needs=STAFF)
    async def draft_order_complete(self, info: Info, id: ID) -> models.Order:
        """Makes an order of a draft: it is split among its sellers, and its pieces are sold."""
        key = uuid_key(id, "Order", "id")
        with codes_of(OrderError):
            await hear_carriers(info, key)
            return await once_taxed(
                info,
                lambda: draft_completion.complete_draft(info.session, key, info.requester.user_id),
            )

    draft_order_delete = deletion(
        models.Order,
        drafts.delete_drafts,
        doc="Deletes a draft.",
        errors=OrderError,
        needs=STAFF,
        about=row_by(models.Order, "external_reference"),
        tells="DRAFT_ORDER_DELETED",
    )
    draft_order_bulk_delete = bulk_deletion(
        models.Order,
        drafts.delete_drafts,
        doc="Deletes drafts.",
        errors=OrderError,
        needs=STAFF,
        tells="DRAFT_ORDER_DELETED",
        limit=AT_ONCE,
    )

    @mutation(
        returns={"count": int},
        failed={"count": 0},
        errors=OrderError,
        needs=STAFF,
        deprecated="Use `orderLineDelete`.",
    )
    async def draft_order_lines_bulk_delete(self, info: Info, ids: list[ID]) -> Any:
        """Takes lines out of drafts."""
        info.at_most(AT_ONCE, ids, "ids")
        lines = await info.find_many(models.OrderLine, dict.fromkeys(ids), field_name="ids")
        by_order: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        for line in lines:
            by_order[line.order_id].append(line.id)
        for order_id in sorted(by_order):
            order = await info.session.get_one(models.Order, order_id)
            if order.status is not models.OrderStatus.DRAFT:
                raise InvalidError("Only lines of drafts can be deleted here.", field="ids")
            await editing.take_out(info.session, order_id, by_order[order_id], info.requester.user_id)
        return {"count": len(lines)}
