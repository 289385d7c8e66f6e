"""What an order has in it, and what staff take off: of drafts and of orders that wait to be confirmed."""

from typing import Any

from strawberry import ID

from marketplace.orders import editing, models, staff_discounts
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, Later, mutation, object_type
from marketplace_graphql.order_editing.inputs import (
    OrderDiscountCommonInput,
    OrderLineCreateInput,
    OrderLineInput,
    discount_given,
    new_lines,
    uuid_key,
)
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS
ORDER_AND_LINE = {"order": "Order | None", "order_line": "OrderLine | None"}
ORDER = {"order": "Order | None"}


@object_type
class LineMutations:
    """Lines and discounts."""

    @mutation(
        returns={"order": "Order | None", "order_lines": "list[OrderLine] | None"},
        errors=OrderError,
        needs=STAFF,
    )
    async def order_lines_create(self, info: Info, id: ID, input: list[OrderLineCreateInput]) -> Any:
        """Puts pieces into an order that is not confirmed yet."""
        with codes_of(OrderError):
            order, lines = await editing.add_lines(
                info.session, uuid_key(id, "Order", "id"), new_lines(input), info.requester.user_id
            )
        return {"order": order, "order_lines": lines}

    @mutation(returns=ORDER_AND_LINE, errors=OrderError, needs=STAFF)
    async def order_line_update(self, info: Info, id: ID, input: OrderLineInput) -> Any:
        """Sets how many pieces a line has."""
        with codes_of(OrderError):
            order, line = await editing.change_quantity(
                info.session, uuid_key(id, "OrderLine", "id"), input.quantity, info.requester.user_id
            )
        return {"order": order, "order_line": line}

    @mutation(returns=ORDER_AND_LINE, errors=OrderError, needs=STAFF)
    async def order_line_delete(self, info: Info, id: ID) -> Any:
        """Takes a line out of an order; the line is shown as it was, the order as it is."""
        line = await info.find(models.OrderLine, id)
        order = await info.session.get_one(models.Order, line.order_id)
        info.afterwards(lambda: editing.take_out(info.session, order.id, [line.id], info.requester.user_id))
        return {"order": Later(order), "order_line": line}

    @mutation(returns=ORDER, errors=OrderError, needs=STAFF)
    async def order_discount_add(self, info: Info, input: OrderDiscountCommonInput, order_id: ID) -> Any:
        """Takes something off an order, goods and delivery alike."""
        key = uuid_key(order_id, "Order", "orderId")
        with codes_of(OrderError):
            order = await staff_discounts.add_discount(
                info.session, key, discount_given(input), info.requester.user_id
            )
        return {"order": order}

    @mutation(returns=ORDER, errors=OrderError, needs=STAFF)
    async def order_discount_update(
        self, info: Info, discount_id: ID, input: OrderDiscountCommonInput
    ) -> Any:
        """Takes something else off an order."""
        key = uuid_key(discount_id, "OrderDiscount", "discountId")
        with codes_of(OrderError):
            order = await staff_discounts.change_discount(
                info.session, key, discount_given(input), info.requester.user_id
            )
        return {"order": order}

    @mutation(returns=ORDER, errors=OrderError, needs=STAFF)
    async def order_discount_delete(self, info: Info, discount_id: ID) -> Any:
        """Takes nothing off an order any more; its voucher counts again."""
        key = uuid_key(discount_id, "OrderDiscount", "discountId")
        with codes_of(OrderError):
            order = await staff_discounts.remove_discount(info.session, key, info.requester.user_id)
        return {"order": order}

    @mutation(returns=ORDER_AND_LINE, errors=OrderError, needs=STAFF)
    async def order_line_discount_update(
        self, info: Info, input: OrderDiscountCommonInput, order_line_id: ID
    ) -> Any:
        """Takes something off each piece of a line, in place of what promotions take off."""
        key = uuid_key(order_line_id, "OrderLine", "orderLineId")
        with codes_of(OrderError):
            order, line = await staff_discounts.discount_line(
                info.session, key, discount_given(input), info.requester.user_id
            )
        return {"order": order, "order_line": line}

    @mutation(returns=ORDER_AND_LINE, errors=OrderError, needs=STAFF)
    async def order_line_discount_remove(self, info: Info, order_line_id: ID) -> Any:
        """Takes nothing off a line any more."""
        key = uuid_key(order_line_id, "OrderLine", "orderLineId")
        with codes_of(OrderError):
            order, line = await staff_discounts.undiscount_line(info.session, key, info.requester.user_id)
        return {"order": order, "order_line": line}
