"""What an API sends to its database, kept so that it can be sent again and timed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from marketplace.kit.database import Database
from marketplace_graphql.kernel import ANONYMOUS, Api, Request, Requester


@dataclass
class Reader:
    """Asks an API, and remembers the statements."""

    api: Api
    requester: Requester = ANONYMOUS
    sent: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    async def ask(self, document: str, variables: dict[str, object]) -> Any:
        answer = await self.api.answer(Request(document, variables), self.requester)
        told = orjson.loads(answer)
        if told.get("errors"):
            raise AssertionError(f"{document} {variables}: {told['errors']}")
        return told["data"]

    def listen(self, database: Database) -> None:
        """Remember whatever the database is asked from now on."""
        fetch = database.reads.fetch_json

        async def remember(statement: str, parameters: Sequence[Any]) -> bytes:
            self.sent.append((statement, parameters))
            return await fetch(statement, parameters)

        database.reads.fetch_json = remember  # type: ignore[method-assign, assignment]
