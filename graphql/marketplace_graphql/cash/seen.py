"""Who sees the order of a link."""

from marketplace.orders.models import Order
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info


def order_of_link(info: Info, order: Order) -> Order | None:
    """The order, for whoever has its link: who works for a seller sees no whole order but their own."""
    requester = info.requester
    if requester.vendor_ids and not requester.has_any([Permission.MANAGE_ORDERS]):
        return order if order.user_id == requester.user_id else None
    return order
