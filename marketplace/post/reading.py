"""What letters say of orders: read by the API's documents, as the person who is written to."""

from typing import Any
from weakref import WeakKeyDictionary

from marketplace.kit.database import Database
from marketplace.kit.jobs import Work
from marketplace.pages.api import document
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api, Requester

_apis: WeakKeyDictionary[Database, Api] = WeakKeyDictionary()


async def read(work: Work, name: str, requester: Requester, **variables: object) -> dict[str, Any]:
    """The data of a document of `graphql/operations/post`. Raises RuntimeError where it has errors."""
    api = _apis.get(work.database)
    if api is None:
        api = _apis[work.database] = make_api(work.settings, work.database, storage=work.storage)
    answer = await api.execute(document("post", name), variables, requester)
    if answer.get("errors"):
        raise RuntimeError(f"{name}: {answer['errors']}")
    data: dict[str, Any] = answer["data"]
    return data
