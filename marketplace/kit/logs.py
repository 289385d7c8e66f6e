"""Logs: one line per event, for people or for machines, and never a secret in it."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from marketplace.kit.settings import Settings

HIDDEN = "[hidden]"
DEEPEST = 8

_SECRET_NAME = re.compile(
    r"authorization|passw|secret|token|cookie|api_?key|signature|private_?key|fernet"
    r"|(^|_)(rib|iban|bic|swift|otp|pin|cvc|cvv|pan|card_?number|account_?number|dsn)($|_)",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"(?P<kept>(?:bearer|jwt|basic)\s+)[\w.~+/=-]{8,}"  # Authorization's schemes.
    r"|(?P<url>\b[a-z][a-z0-9+]*://[^\s:/@]+:)[^\s@/]+(?=@)"  # The password in a URL.
    r"|(?P<named>\b\w*(?:passw|secret|token|api_?key|cookie)\w*['\"]?\s*[=:]\s*['\"]?)"
    r"[^\s'\",;&}]+"  # The value after a name.
    r"|\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"  # A JSON web token.
    r"|\bMA\d{2}(?:[ -]?\d){24}\b"  # A Moroccan IBAN.
    r"|(?<!\d)\d(?:[ -]?\d){23}(?!\d)",  # A RIB.
    re.IGNORECASE,
)


def set_up(settings: Settings) -> None:
    """Send structlog's and the standard library's logs the same way: to stderr, in the chosen format."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level.upper()]
        ),
        cache_logger_on_first_use=True,
    )
    rendered: list[Processor] = (
        [structlog.processors.format_exc_info, hide_secrets, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in ("botocore", "urllib3", "procrastinate", "httpx", "alembic", "pyvips"):
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))


def hide_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The processor that every line passes last: hides by the names of values and by their look."""
    return {name: _hidden(name, value, 0) for name, value in event.items()}


def _hidden(name: object, value: Any, depth: int) -> Any:
    if isinstance(name, str | bytes) and _SECRET_NAME.search(_words(name)):
        return HIDDEN
    if depth >= DEEPEST:
        return "..."
    if isinstance(value, Mapping | MutableMapping):
        return {key: _hidden(key, inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden_item(item, depth) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return _SECRET_TEXT.sub(_keep_its_kind, text)


def _hidden_item(item: Any, depth: int) -> Any:
    """Headers come as pairs: the first of two tells what the second is."""
    if isinstance(item, tuple) and len(item) == 2:  # noqa: PLR2004
        return [_hidden(None, item[0], depth + 1), _hidden(item[0], item[1], depth + 1)]
    return _hidden(None, item, depth + 1)


def _words(name: str | bytes) -> str:
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).replace("-", "_")


def _keep_its_kind(found: re.Match[str]) -> str:
    return f"{found['kept'] or found['url'] or found['named'] or ''}{HIDDEN}"
