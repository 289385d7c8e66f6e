"""What the other rooms are told about sellers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VendorProfileChanged:
    """A seller calls itself otherwise, or says something else of itself: it is to be found by other words."""

    vendor_id: int


@dataclass(frozen=True, slots=True)
class VendorStandingChanged:
    """A seller was approved or suspended, or its tax regime changed: its listings show, and cost, anew."""

    vendor_id: int


@dataclass(frozen=True, slots=True)
class VendorClosing:
    """A seller is about to be closed for good. A room where something of it is still open raises
    StillOpenError.
    """

    vendor_id: int
