"""What the other rooms are told about sellers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VendorStandingChanged:
    """A seller was approved or suspended, or its tax regime changed: its listings show, and cost, anew."""

    vendor_id: int
