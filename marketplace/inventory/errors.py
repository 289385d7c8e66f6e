"""What stock can refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.kit.errors import DomainError
from marketplace.kit.ids import to_global_id


@dataclass(frozen=True, slots=True)
class Shortage:
    """A variant of which more is wanted than can be had."""

    variant_id: int
    wanted: int
    available: int


class InsufficientStockError(DomainError):
    """More pieces are wanted than are left. `shortages` says of what, and how many are left."""

    code = "INSUFFICIENT_STOCK"

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        first = shortages[0]
        left = (
            f"only {first.available} of it can be had"
            if first.available
            else "nothing of it is left just now"
        )
        super().__init__(
            f"You asked for {first.wanted} pieces: {left}.",
            field="quantity",
            variant_ids=[shortage.variant_id for shortage in shortages],
        )
        self.shortages = tuple(shortages)


class NotInWarehouseError(DomainError):
    """More pieces are to leave a store room than are there and not sold to others."""

    code = "INSUFFICIENT_STOCK"

    def __init__(self, line_id: UUID, warehouse_id: UUID | None, available: int) -> None:
        there = f"only {available} of them are there" if available else "none of them is there"
        super().__init__(
            f"So many pieces can't leave from this store room: {there}.",
            field="stocks",
            order_lines=[to_global_id("OrderLine", line_id)],
            warehouse=to_global_id("Warehouse", warehouse_id) if warehouse_id else None,
        )


class LotCodeTakenError(DomainError):
    """Another lot of the variant is called so."""

    code = "UNIQUE"
