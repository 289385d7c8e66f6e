"""Pages speak to the shop as any client does: with documents, in process, as the person who asks."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import jwt

OPERATIONS = Path(__file__).parents[2] / "graphql" / "operations"
FRAGMENT_SPREAD = re.compile(r"\.\.\.\s*(?!on\b)([A-Z]\w*)")

Data = dict[str, Any]
"""What a document's `data` holds."""


class Execute(Protocol):
    """Runs a document as the bearer of a token (None: anonymous) and gives `{data, errors}`.

    `address` is the visitor's on the net: too many wrong passwords from one are not listened to.
    """

    async def __call__(
        self, document: str, variables: Mapping[str, object], token: str | None, address: str | None = None
    ) -> Data: ...


class DocumentFailedError(Exception):
    """A document of ours was answered with errors that its page has no word for."""

    def __init__(self, name: str, errors: list[Data]) -> None:
        super().__init__(f"{name}: {'; '.join(str(error.get('message')) for error in errors)}")
        self.errors = errors


class SignedOutError(Exception):
    """The visitor's token is worth nothing any more: out of date, or its user has signed out everywhere."""


@dataclass(frozen=True, slots=True)
class Api:
    """The API in the hands of one visitor."""

    execute: Execute
    room: str
    """The directory of documents."""
    token: str | None = None
    address: str | None = None

    async def run(self, name: str, variables: Mapping[str, object], may_fail: Collection[str] = ()) -> Data:
        """The data of a document. Raises DocumentFailedError, and SignedOutError where the token is refused.

        Errors below the root fields in `may_fail` are no failure: these fields are None then.
        """
        answer = await self.execute(document(self.room, name), variables, self.token, self.address)
        failures = [error for error in answer.get("errors") or [] if not _is_below(error, may_fail)]
        if self.token is not None and any(_refuses_token(error) for error in failures):
            raise SignedOutError
        if failures:
            raise DocumentFailedError(name, failures)
        data: Data = answer.get("data") or {}
        return data


@cache
def document(room: str, name: str) -> str:
    """A document of `graphql/operations`, with the fragments it uses, each from the file of its name."""
    directory = OPERATIONS / room
    parts = [(directory / f"{name}.graphql").read_text()]
    known: set[str] = set()
    for part in parts:
        for fragment in FRAGMENT_SPREAD.findall(part):
            if fragment not in known:
                known.add(fragment)
                parts.append((directory / "fragments" / f"{_snake(fragment)}.graphql").read_text())
    return "\n".join(parts)


def _is_below(error: Data, fields: Collection[str]) -> bool:
    path = error.get("path") or [None]
    return path[0] in fields


def _refuses_token(error: Data) -> bool:
    """Whether the error is about the token: its code is the name of PyJWT's exception, as in Saleor."""
    code = error.get("extensions", {}).get("exception", {}).get("code", "")
    exception = getattr(jwt, code, None) if code else None
    return isinstance(exception, type) and issubclass(exception, jwt.InvalidTokenError)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
