"""What letters say of orders: read by the API's documents, as the person who is written to.

They are read in the job's own transaction, never from a replica: it may not have heard of the order yet.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database, fetch_json_in
from marketplace.kit.jobs import Work
from marketplace.pages.api import document
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
