"""Who asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Requester:
    """The person or app behind a request, as far as reading and writing need to know.

    `vendor_ids` are the sellers that the person works for. Permissions are Saleor's names in capitals
    (`MANAGE_PRODUCTS`).
    """

    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    vendor_ids: tuple[int, ...] = ()
    is_staff: bool = False

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None

    def has_any(self, needed: Iterable[str]) -> bool:
        """Whether one of the needed permissions is held. AUTHENTICATED is held by whoever signed in."""
        return any(
            permission in self.permissions or (permission == AUTHENTICATED and self.user_id is not None)
            for permission in needed
        )

    @cached_property
    def kind(self) -> tuple[frozenset[str], bool, bool, bool]:
        """What a statement may depend on: requesters of one kind share their statements."""
        return (self.permissions, self.is_staff, self.user_id is None, bool(self.vendor_ids))


AUTHENTICATED = "AUTHENTICATED_USER"
"""Stands in `needs` for anyone who has signed in."""

ANONYMOUS = Requester()
