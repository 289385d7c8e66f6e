"""What is worth keeping in memory, up to a bound: the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Values by key, of which the estimated sizes together stay within a budget."""

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self.size_bytes = 0
        self._values: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> V | None:
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: V, size_bytes: int) -> None:
        """Keep a value; one that is larger than the whole budget is not kept at all."""
        replaced = self._values.pop(key, None)
        if replaced is not None:
            self.size_bytes -= replaced[1]
        self._values[key] = (value, size_bytes)
        self.size_bytes += size_bytes
        while self.size_bytes > self.budget_bytes:
            _, (_, forgotten_bytes) = self._values.popitem(last=False)
            self.size_bytes -= forgotten_bytes
