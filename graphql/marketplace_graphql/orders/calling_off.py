"""Calling orders off before anything of them has left."""

from strawberry import ID

from marketplace.kit.errors import DomainError
from marketplace.orders import cancelling, models
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, mutation, object_type
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS
AT_ONCE = 100


@object_type
class CancellingMutations:
    """A part of the mutations of orders."""

    @mutation(returns="Order", errors=OrderError, needs=STAFF)
    async def order_cancel(self, info: Info, id: ID) -> models.Order:
        """Calls an order off before anything of it has left."""
        with codes_of(OrderError):
            return await cancelling.cancel_order(
                info.session, await info.key_in_reach(models.Order, id), user_id=info.requester.user_id
            )

    @mutation(returns={"count": int}, failed={"count": 0}, errors=OrderError, needs=STAFF)
    async def order_bulk_cancel(self, info: Info, ids: list[ID]) -> dict[str, object]:
        """Calls orders off. Those that can't be are left as they are, and named."""
        info.at_most(AT_ONCE, ids, "ids")
        ids = list(dict.fromkeys(ids))
        orders = await info.find_many(models.Order, ids, field_name="ids")
        named = {order.id: global_id for order, global_id in zip(orders, ids, strict=True)}
        count, errors = 0, []
        for order_id in sorted(named):  # One order for everybody: two lists never wait for each other.
            try:
                async with info.session.begin_nested():
                    await cancelling.cancel_order(info.session, order_id, user_id=info.requester.user_id)
                count += 1
            except DomainError as refused:
                refused.field = named[order_id]
                errors.append(refused)
        return {"count": count, "errors": errors}
