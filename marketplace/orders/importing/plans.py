"""What is going to be written of one imported order, and what was wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from marketplace.kit import clock
from marketplace.kit.errors import DomainError
from marketplace.orders.models import Order, OrderStatus

Given = Mapping[str, Any]
"""An input, by the names of its fields."""
TOLERATED = timedelta(minutes=5)
"""Clocks of other systems may be ahead by so much."""


@dataclass(slots=True)
class LinePlan:
    """A line: its row, and what is done with stock for it."""

    row: dict[str, Any]
    vendor_id: int
    variant_id: int | None
    warehouse_id: UUID
    is_tracked: bool
    quantity: int
    undiscounted_gross_minor: int
    undiscounted_net_minor: int
    fulfilled: int = 0

    @property
    def id(self) -> UUID:
        line_id: UUID = self.row["id"]
        return line_id


@dataclass(slots=True)
class ParcelPlan:
    """Pieces that had left: so many of each line."""

    tracking_number: str
    pieces: list[tuple[LinePlan, int]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """One order."""

    given: Given
    id: UUID = field(default_factory=uuid4)
    order: dict[str, Any] = field(default_factory=dict)
    currency: str = ""
    status: OrderStatus = OrderStatus.UNFULFILLED
    lines: list[LinePlan] = field(default_factory=list)
    parcels: list[ParcelPlan] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    invoices: list[dict[str, Any]] = field(default_factory=list)
    discounts: list[dict[str, Any]] = field(default_factory=list)
    gift_card_ids: list[int] = field(default_factory=list)
    billing_address: Any = None
    shipping_address: Any = None
    weight_grams: int = 0
    shipping_gross_minor: int = 0
    shipping_net_minor: int = 0
    errors: list[DomainError] = field(default_factory=list)
    is_lost: bool = False
    """Whether it can't be brought in whatever is left out."""
    is_wanted: bool = True
    """Whether the error policy lets it in."""
    written: Order | None = None

    @property
    def is_coming(self) -> bool:
        return self.is_wanted and not self.is_lost

    def fault(self, message: str, code: str, path: str | None = None, *, is_fatal: bool = False) -> None:
        """Take note of what is wrong; a fatal fault loses the order whatever the policy."""
        self.errors.append(DomainError(message, field=path, code=code))
        self.is_lost = self.is_lost or is_fatal


def is_past(moment: datetime) -> bool:
    """Whether something can have happened by now, as clocks go."""
    return moment < clock.now() + TOLERATED


def said_of_tax_class(plan: Plan, given: Any, prefix: str, path: str) -> dict[str, dict[str, str]] | None:
    """What a tax class's metadata was; None, where that isn't said."""
    stores = {"metadata": "public_metadata", "private_metadata": "private_metadata"}
    said = {name: given.get(f"{prefix}{name}") for name in stores}
    if not any(said.values()):
        return None
    return {store: entries(plan, said[name], f"{path}.{prefix}{name}") for name, store in stores.items()}


def entries(plan: Plan, given: Any, path: str) -> dict[str, str]:
    """Metadata; an entry without a key is told and left out."""
    if any(not entry["key"].strip() for entry in given or ()):
        plan.fault("A metadata entry has a key.", "METADATA_KEY_REQUIRED", path)
    return {entry["key"]: entry["value"] for entry in given or () if entry["key"].strip()}
