"""What the other rooms are told about orders. Each is published in the transaction in which it happens."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """A checkout became an order, split into its sellers' parts."""

    order_id: UUID


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
class OrderTaxationChanged:
    """An order that is not confirmed yet is exempt from tax, or is so no more: it costs something else."""

    order_id: UUID
