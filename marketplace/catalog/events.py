"""What the catalogue tells the rooms above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListingsChanged:
    """Prices, publication or shelves of some products changed: what lists show must be worked out anew."""

    product_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListingsStocked:
    """A seller says how many pieces of its variants lie on its shelf."""

    vendor_id: int
    pieces: Mapping[int, int]
    """By variant id."""


@dataclass(frozen=True, slots=True)
class VariantsWithdrawn:
    """Variants leave some channels, or (no channels) are about to be deleted: nothing may hold on to them."""

    variant_ids: tuple[int, ...]
    channel_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class VariantsLaidIn:
    """New variants come with pieces: each is a variant, a store room and how many lie there."""

    pieces: tuple[tuple[int, UUID, int], ...]
