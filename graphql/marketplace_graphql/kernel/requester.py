"""Who asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Requester:
    """The person or app behind a request, as far as reading and writing need to know.

    `vendor_ids` are the sellers that the person works for, `within` the permissions that its roles there
    give, each with the sellers in which it holds. Permissions are Saleor's names in capitals
    (`MANAGE_PRODUCTS`).
    """

    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    vendor_ids: tuple[int, ...] = ()
    is_staff: bool = False
    app_id: int | None = None
    through_app_id: int | None = None
    """The app in whose hands a person's token is: it acts as the person, on what is its own, too."""
    within: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    channel_ids: tuple[int, ...] | None = None
    """The channels in which a member of staff works; None: in all of them."""
    delegate_of: tuple[int, ...] = ()
    """The sellers for which a member of staff acts: what they do for them is written down."""

    @property
    def is_app(self) -> bool:
        return self.app_id is not None

    @property
    def own_app_id(self) -> int | None:
        """The app whose own things the requester may change: itself, or the one that it goes through."""
        return self.through_app_id if self.app_id is None else self.app_id

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None and self.app_id is None

    def has_any(self, needed: Iterable[str]) -> bool:
        """Whether one of the needed permissions is held, or one of those that stand for being someone."""
        return any(permission in self.permissions or self._is(permission) for permission in needed)

    def sellers_where(self, needed: Iterable[str]) -> tuple[int, ...]:
        """The sellers within which one of the permissions is held."""
        return tuple(sorted({vendor_id for each in needed for vendor_id in self.within.get(each, ())}))

    def _is(self, someone: str) -> bool:
        match someone:
            case "AUTHENTICATED_USER":
                return self.user_id is not None
            case "AUTHENTICATED_STAFF_USER":
                return self.is_staff
            case "AUTHENTICATED_APP":
                return self.is_app
        return False

    @cached_property
    def kind(self) -> tuple[frozenset[str], bool, bool, bool, bool, bool]:
        """What a statement may depend on: requesters of one kind share their statements."""
        return (
            self.permissions,
            self.is_staff,
            self.user_id is None,
            bool(self.vendor_ids),
            self.is_app,
            self.channel_ids is None,
        )


AUTHENTICATED = "AUTHENTICATED_USER"
"""Stands in `needs` for anyone who has signed in."""
AUTHENTICATED_STAFF = "AUTHENTICATED_STAFF_USER"
"""Stands in `needs` for any member of staff."""
AUTHENTICATED_APP = "AUTHENTICATED_APP"
"""Stands in `needs` for any app."""

ANONYMOUS = Requester()
