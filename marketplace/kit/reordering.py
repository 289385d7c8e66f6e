"""Lists that people put in order: how far each thing moves, as Saleor says it."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def reordered(keys: Sequence[Key], moves: Sequence[tuple[Key, int]]) -> list[Key]:
    """The keys after some moves, one after the other: so many places towards the end, below zero towards the
    beginning, never beyond either. Keys that are not in the list must not be moved.
    """
    order = list(keys)
    for key, places in moves:
        place = order.index(key)
        target = min(max(place + places, 0), len(order) - 1)
        order.insert(target, order.pop(place))
    return order


def displaced(before: dict[Key, int], order: Sequence[Key]) -> dict[Key, int]:
    """The positions to be written so that a list has an order: those that are not what they should be."""
    return {key: place for place, key in enumerate(order) if before[key] != place}
