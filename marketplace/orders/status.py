"""What an order's status is, given those of its parts: as Saleor derives it from pieces."""

from collections.abc import Collection

from marketplace.orders.models import OrderStatus, VendorOrderStatus

GONE_BACK = frozenset({VendorOrderStatus.REFUSED, VendorOrderStatus.RETURNED})
HANDED_OVER = frozenset({VendorOrderStatus.FULFILLED, VendorOrderStatus.DELIVERED})


def status_of_order(parts: Collection[VendorOrderStatus]) -> OrderStatus:
    """The order's status. Parts that were called off count for nothing while others are left."""
    standing = [part for part in parts if part is not VendorOrderStatus.CANCELED]
    if not standing:
        return OrderStatus.CANCELED
    if all(part is VendorOrderStatus.UNFULFILLED for part in standing):
        return OrderStatus.UNFULFILLED
    if all(part in GONE_BACK for part in standing):
        return OrderStatus.RETURNED
    if any(part in GONE_BACK for part in standing):
        return OrderStatus.PARTIALLY_RETURNED
    if all(part in HANDED_OVER for part in standing):
        return OrderStatus.FULFILLED
    return OrderStatus.PARTIALLY_FULFILLED


def status_of_part(pieces: int, fulfilled: int) -> VendorOrderStatus:
    """A vendor order's status while its pieces leave."""
    if fulfilled == 0:
        return VendorOrderStatus.UNFULFILLED
    return VendorOrderStatus.FULFILLED if fulfilled == pieces else VendorOrderStatus.PARTIALLY_FULFILLED
