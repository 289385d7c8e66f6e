"""Secrets never reach a log line, whatever they are called and wherever they hide."""

import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from marketplace.kit import logs
from marketplace.kit.logs import HIDDEN, hide_secrets
from marketplace.kit.settings import Settings

RIB = "011519000001205000534921"


@pytest.fixture
def written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What goes to stderr once the logs are set up."""
    stderr = StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.set_up(settings.model_copy(update={"log_format": "json"}))
    yield stderr
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Authorization-Bearer",
        "password",
        "newPassword",
        "token",
        "refresh_token",
        "csrfToken",
        "secret_key",
        "rib",
        "vendor_rib",
        "iban",
        "Set-Cookie",
        "apiKey",
        "bank_keys_token",
        "accountNumber",
        "cvc",
    ],
)
def test_values_are_hidden_by_their_names(name: str) -> None:
    assert hide_secrets(None, "info", {name: "open sesame"}) == {name: HIDDEN}
    assert hide_secrets(None, "info", {"input": [{name: {"deep": "sesame"}}]}) == {"input": [{name: HIDDEN}]}


@pytest.mark.parametrize(
    "name", ["event", "attribution", "ribbon", "spinning", "author", "vendor", "amount_minor"]
)
def test_names_that_only_look_alike_are_left(name: str) -> None:
    assert hide_secrets(None, "info", {name: "Azilal"}) == {name: "Azilal"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("sent Authorization: Bearer abc.def-ghi123", "sent Authorization: Bearer "),
        ("postgresql://sil:hunter22@db/shop", "postgresql://sil:"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here", "token "),
        ("login failed: {'password': 'hunter22'}", "login failed: {'password': '"),
        ("/reset?token=hunter22&lang=fr", "/reset?token="),
        (f"wrong key in {RIB}!", "wrong key in "),
        ("to 011 519 0000012050005349 21", "to "),
        ("MA64 0115 1900 0001 2050 0053 4921", ""),
    ],
)
def test_secrets_inside_a_text_are_hidden_and_the_rest_is_kept(text: str, kept: str) -> None:
    shown = hide_secrets(None, "info", {"event": text})["event"]
    assert shown.startswith(kept)
    assert HIDDEN in shown
    for secret in ("hunter22", "abc.def", "c2ln", RIB, "0005349", "4921"):
        assert secret not in shown


def test_headers_given_as_pairs_are_hidden() -> None:
    headers = [(b"host", b"shop"), (b"authorization", b"Bearer x")]
    assert hide_secrets(None, "info", {"headers": headers})["headers"] == [
        ["host", "shop"],
        ["authorization", HIDDEN],
    ]


def test_an_endless_value_ends() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless
    assert json.dumps(hide_secrets(None, "info", {"value": endless}))


def test_both_kinds_of_loggers_write_one_line_of_json_without_secrets(
    written: StringIO,
) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("marketplace.payouts").info("payout sent", rib=RIB, amount_minor=120_00)
        logging.getLogger("library").warning("login of %s with password=%s", "amina", {"password": "x"})
        try:
            raise ValueError(f"RIB {RIB} is wrong")
        except ValueError:
            structlog.get_logger("marketplace.payouts").exception("failed")
    ours, theirs, failed = (json.loads(line) for line in written.getvalue().splitlines())
    assert (ours["event"], ours["rib"], ours["amount_minor"], ours["request_id"]) == (
        "payout sent",
        HIDDEN,
        12000,
        "r1",
    )
    assert (theirs["level"], theirs["logger"], theirs["request_id"]) == ("warning", "library", "r1")
    assert "ValueError" in failed["exception"]
    assert RIB not in str(failed)
