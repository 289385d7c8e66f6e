"""What letters say of orders: read by the API's documents, as the person who is written to.

They are read in the job's own transaction, never from a replica: it may not have heard of the order yet.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database, fetch_json_in
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import Work
from marketplace.orders.models import VendorOrder
from marketplace.pages.api import document
from marketplace.people.models import User
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api, Requester

_session: ContextVar[AsyncSession] = ContextVar("the session of the job that reads")
_apis: WeakKeyDictionary[Database, Api] = WeakKeyDictionary()


class _OfJob:
    """What an API needs of a database, for reads alone: the session of whichever job asks."""

    @property
    def reads(self) -> "_OfJob":
        return self

    async def fetch_json(self, sql: str, params: Sequence[object]) -> bytes:
        return await fetch_json_in(_session.get(), sql, params)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        yield _session.get()


async def read(work: Work, name: str, requester: Requester, **variables: object) -> dict[str, Any]:
    """The data of a document of `graphql/operations/post`. Raises RuntimeError where it has errors."""
    api = _apis.get(work.database)
    if api is None:
        api = _apis[work.database] = make_api(work.settings, _OfJob(), storage=work.storage)
    token = _session.set(work.session)
    try:
        answer = await api.execute(document("post", name), variables, requester)
    finally:
        _session.reset(token)
    if answer.get("errors"):
        raise RuntimeError(f"{name}: {answer['errors']}")
    data: dict[str, Any] = answer["data"]
    return data


async def part_for_member(
    work: Work, vendor_order_id: UUID, user_id: int
) -> tuple[User, dict[str, Any]] | None:
    """A seller's member who is to be written to about a vendor order, and what that member sees of it; None
    where either is gone.
    """
    part = await work.session.get(VendorOrder, vendor_order_id)
    user = await work.session.get(User, user_id)
    if part is None or user is None or not user.is_active:
        return None
    requester = Requester(user_id=user.id, vendor_ids=(part.vendor_id,))
    data = await read(work, "new_order", requester, id=to_global_id("VendorOrder", part.id))
    seen: dict[str, Any] = data["vendorOrder"]
    return user, seen
