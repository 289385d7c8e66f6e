"""On whose behalf this code runs: a person, an app, or nobody (a job, the schedule).

The edge says so once for a request; what keeps a history asks here, as it asks `kit.clock` for the time. So
no service passes on an actor that it makes nothing of.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Both are known where a person acts through an app."""

    user_id: int | None = None
    app_id: int | None = None


NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


def actor() -> Actor:
    """Who acts now."""
    return _actor.get()


def app_id() -> int | None:
    """The app that acts now: what a column holds that says which app did something."""
    return _actor.get().app_id


@contextmanager
def acting(user_id: int | None = None, app_id: int | None = None) -> Iterator[None]:
    """Have what runs within this act on someone's behalf."""
    token = _actor.set(Actor(user_id, app_id))
    try:
        yield
    finally:
        _actor.reset(token)
