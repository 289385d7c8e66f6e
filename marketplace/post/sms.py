"""Text messages: handed to whichever provider the settings name, by one HTTP request."""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote

import structlog

from marketplace.kit import clock, outgoing
from marketplace.kit.errors import DomainError
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.post.sending import is_first

log = structlog.get_logger(__name__)

NOT_OUR_MESSAGE = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
"""The provider refuses us, or not now: to be set right by whoever runs the shop, then tried again."""
_PLACES = re.compile(r"\{(to|sender|text|key)\}")


class SmsRefusedError(DomainError):
    """The provider will never take this message: the number is not one that can be written to."""


class SmsNotSentError(Exception):
    """Not this time. The job is done again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text message. `key` is the same whenever this very message is sent, for providers that look."""

    key: str
    to: str
    """E.164."""
    text: str


class SmsSender(Protocol):
    """Somebody who carries text messages."""

    async def send(self, message: Message) -> None:
        """Raises SmsRefusedError for what is refused for good, SmsNotSentError for what is not."""


class HttpSms:
    """A provider that is spoken to over HTTP, as most are: the settings say how its request looks."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings, self._url = settings, url

    async def send(self, message: Message) -> None:
        settings = self._settings
        headers = {name: value.get_secret_value() for name, value in settings.sms_headers.items()}
        headers |= {"content-type": settings.sms_content_type, "idempotency-key": message.key}
        try:
            answer = await outgoing.send(
                settings, "POST", self._url, headers=headers, content=self._body(message).encode()
            )
        except outgoing.NotSentError as silent:
            raise SmsNotSentError(str(silent)) from None
        if answer.is_success:
            return
        if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and (
            answer.status not in NOT_OUR_MESSAGE
        ):
            raise SmsRefusedError(f"The provider does not take the message {message.key}: {answer.status}.")
        raise SmsNotSentError(f"The provider answered {answer.status}.")

    def _body(self, message: Message) -> str:
        settings = self._settings
        escaped = _as_json if settings.sms_content_type == "application/json" else _as_form
        values = {
            "to": message.to,
            "sender": settings.sms_sender_name,
            "text": message.text,
            "key": message.key,
        }
        return _PLACES.sub(lambda place: escaped(values[place[1]]), settings.sms_body)


class FileSms:
    """Where no provider is set: a file that a developer reads instead, and a line in the log that says where.

    In production nothing is kept: whoever read the file could answer in the buyer's place.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, message: Message) -> None:
        if self._settings.environment == "production":
            log.error("text message not sent: MARKETPLACE_SMS_URL is not set", message=message.key)
            return
        folder = self._settings.data_dir / "sms"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{clock.now():%Y-%m-%d-%H%M%S}-{sha256(message.key.encode()).hexdigest()[:8]}.txt"
        (folder / name).write_text(f"To: {message.to}\n\n{message.text}\n", encoding="utf-8")
        log.info("text message (no provider is set)", file=str(folder / name))


def sender_of(settings: Settings) -> SmsSender:
    """Whoever carries text messages for this shop."""
    return FileSms(settings) if settings.sms_url is None else HttpSms(settings, settings.sms_url)


async def send_sms_once(work: Work, message: Message) -> None:
    """Send a message unless the one of this key has gone out: as letters are."""
    if await is_first(work, message.key):
        await sender_of(work.settings).send(message)


def _as_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _as_form(value: str) -> str:
    return quote(value, safe="")
