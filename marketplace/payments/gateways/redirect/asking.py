"""Asking a bank over HTTP: JSON there, JSON back, and what an error means to whoever asked."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import structlog

from marketplace.payments.answers import AnswerError, LostAnswerError, UnreachableError

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 30.0
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
NOT_NOW = "The bank can't be reached at the moment: nothing was charged. Please try again in a minute."
NOT_KNOWN = "The bank did not answer. What came of it is being found out."
REFUSED = "The bank refused this: nothing was changed."
NOT_FOUND, CONFLICT = 404, 409

log = structlog.get_logger(__name__)


class UnknownThereError(AnswerError):
    """The bank knows of no such thing."""


async def asked(url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """What a bank answers to a POST. Raises AnswerError. Logs have the status only."""
    try:
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        ) as client:
            answer = await client.post(url, content=body, headers=headers)
    except NEVER_SENT as error:
        raise UnreachableError(NOT_NOW) from error
    except httpx.HTTPError as error:
        raise LostAnswerError(NOT_KNOWN) from error
    if answer.is_success:
        return _object(answer)
    log.warning("bank refused or failed", status=answer.status_code, path=answer.request.url.path)
    if answer.status_code == NOT_FOUND:
        raise UnknownThereError(REFUSED)
    if answer.is_client_error and answer.status_code != CONFLICT:
        raise AnswerError(REFUSED)
    raise LostAnswerError(NOT_KNOWN)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise LostAnswerError(NOT_KNOWN) from error
    if not isinstance(said, dict):
        raise LostAnswerError(NOT_KNOWN)
    return said
