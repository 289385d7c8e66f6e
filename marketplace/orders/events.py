"""What the other rooms are told about orders. Each is published in the transaction in which it happens."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """A checkout or a draft became an order, split into its sellers' parts."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """Staff, or a buyer's word, have confirmed an order that waited for it."""

    order_id: UUID
    user_id: int | None
    """Who of the staff; nobody, where it was the buyer or an app."""


@dataclass(frozen=True, slots=True)
class OrdersImported:
    """Orders that were placed elsewhere have been brought in, split into their sellers' parts."""

    order_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class OrderRewritten:
    """Staff have changed what a draft, or an order that waits to be confirmed, has in it or costs."""

    order_id: UUID
    was_sold: bool
    """Whether it had been placed before: a draft had not."""


@dataclass(frozen=True, slots=True)
class VendorOrderFulfilled:
    """A seller has handed the last of its pieces to the carrier."""

    vendor_order_id: UUID


@dataclass(frozen=True, slots=True)
class VendorOrderDelivered:
    """The buyer has received a seller's parcel, and paid for it if it was to be paid at the door."""

    vendor_order_id: UUID


@dataclass(frozen=True, slots=True)
class VendorOrderRefused:
    """The buyer did not take a seller's parcel: nothing was paid for it."""

    vendor_order_id: UUID


@dataclass(frozen=True, slots=True)
class VendorOrderCanceled:
    """A seller's part of an order was called off before anything of it left."""

    vendor_order_id: UUID


@dataclass(frozen=True, slots=True)
class VendorOrderReturned:
    """All of a seller's parcel came back, after the buyer had received it."""

    vendor_order_id: UUID


@dataclass(frozen=True, slots=True)
class PartRefunded:
    """A seller's part brings less than was sold: a row of `part_refund` says how much."""

    part_refund_id: int
