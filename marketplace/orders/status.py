"""What the status of an order and of its parts is, given where their pieces are: as Saleor derives it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from marketplace.orders.models import OrderStatus, VendorOrderStatus

HANDED_OVER = frozenset({VendorOrderStatus.FULFILLED, VendorOrderStatus.DELIVERED})


@dataclass(frozen=True, slots=True)
class Pieces:
    """So many pieces, by where they are. What was ordered and is in no parcel is still to be packed."""

    ordered: int = 0
    in_parcels: int = 0
    """In parcels of any kind: Saleor's `quantityFulfilled`."""
    waiting: int = 0
    """In parcels that wait for approval."""
    away: int = 0
    """Left, and with the carrier or the buyer: refunded or not."""
    back: int = 0
    """Left, and came back."""
    withdrawn: int = 0
    """Refunded or taken back before they left: they never will."""
    returned: int = 0
    """In parcels that Saleor calls returned, whether they had left or not."""
    replaced: int = 0
    """In parcels for which other pieces are sent."""

    def __add__(self, other: "Pieces") -> "Pieces":
        return Pieces(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Pieces)))


_AS_PIECES = {
    VendorOrderStatus.UNFULFILLED: Pieces(2),
    VendorOrderStatus.PARTIALLY_FULFILLED: Pieces(2, in_parcels=1, away=1),
    VendorOrderStatus.FULFILLED: Pieces(2, in_parcels=2, away=2),
    VendorOrderStatus.DELIVERED: Pieces(2, in_parcels=2, away=2),
    VendorOrderStatus.REFUSED: Pieces(2, in_parcels=2, back=2, returned=2),
    VendorOrderStatus.RETURNED: Pieces(2, in_parcels=2, back=2, returned=2),
}


def status_of_order(parts: Collection[VendorOrderStatus]) -> OrderStatus:
    """The order's status by its parts alone, where none is partly returned or waits for approval."""
    return (
        status_of_pieces([(part, _AS_PIECES.get(part, Pieces())) for part in parts])
        or OrderStatus.UNFULFILLED
    )


def status_of_pieces(parts: Iterable[tuple[VendorOrderStatus, Pieces]]) -> OrderStatus | None:
    """The order's status; None where it stays as it was, since all of it was replaced.

    Parts that were called off count for nothing while others are left.
    """
    standing = [pieces for status, pieces in parts if status is not VendorOrderStatus.CANCELED]
    if not standing:
        return OrderStatus.CANCELED
    whole = sum(standing, Pieces())
    ordered, in_parcels = whole.ordered - whole.replaced, whole.in_parcels - whole.replaced
    if ordered <= 0:
        return None
    if in_parcels <= 0:
        return OrderStatus.UNFULFILLED
    if whole.returned:
        return OrderStatus.PARTIALLY_RETURNED if whole.returned < ordered else OrderStatus.RETURNED
    if in_parcels < ordered or whole.waiting:
        return OrderStatus.PARTIALLY_FULFILLED
    return OrderStatus.FULFILLED


def status_of_part(pieces: Pieces, status: VendorOrderStatus) -> VendorOrderStatus:
    """A vendor order's status, given where its pieces are and what was said of it before.

    A parcel that has all come back is RETURNED if the buyer had received it, else REFUSED. What was called
    off stays so, also when its pieces are paid back.
    """
    if status is VendorOrderStatus.CANCELED:
        return status
    is_delivered = status in {VendorOrderStatus.DELIVERED, VendorOrderStatus.RETURNED}
    to_come = pieces.ordered - pieces.withdrawn
    gone = pieces.away + pieces.back
    if to_come == 0:
        return VendorOrderStatus.CANCELED
    if pieces.back == to_come:
        return VendorOrderStatus.RETURNED if is_delivered else VendorOrderStatus.REFUSED
    if is_delivered:
        return VendorOrderStatus.DELIVERED
    if gone == 0:
        return VendorOrderStatus.UNFULFILLED
    return VendorOrderStatus.FULFILLED if gone == to_come else VendorOrderStatus.PARTIALLY_FULFILLED
