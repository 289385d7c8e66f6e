"""What others name as an address is called, unless it leads inwards; and never waited for without end."""

import asyncio

import pytest

from marketplace.kit import outgoing
from marketplace.kit.outgoing import NotSentError, is_public, is_web_address
from marketplace.kit.settings import Settings
from tests.receiver import Received, receiving


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.1",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_an_address_that_leads_inwards_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_net_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://app.example/hook?x=1", True),
        ("http://localhost:3000/", True),
        ("http://[::1]:80/", True),
        ("ftp://app.example/", False),
        ("https://", False),
        ("https://me:secret@app.example/", False),
        ("https://app.example:0/", False),
        ("https://app.example:99999/", False),
        ("https://app.example/a b", False),
        ("https://app.example\\@evil.example/", False),
        ("app.example", False),
        ("", False),
    ],
)
def test_a_web_address_has_a_scheme_and_a_host_and_no_password(url: str, is_one: bool) -> None:
    assert is_web_address(url) is is_one


async def test_what_is_asked_comes_with_what_was_answered(settings: Settings) -> None:
    async with receiving(lambda _request: (404, b"not here", {"X-Why": "gone"})) as receiver:
        answer = await outgoing.send(
            settings, "POST", f"{receiver.url}/there", headers={"x-key": "1"}, content=b"{}"
        )
    assert (answer.status, answer.text, answer.headers["x-why"]) == (404, "not here", "gone")
    assert not answer.is_success
    (request,) = receiver.received
    assert (request.method, request.path, request.body) == ("POST", "/there", b"{}")
    assert request.headers["x-key"] == "1"


async def test_a_private_address_is_refused_where_no_setting_allows_it(settings: Settings) -> None:
    strict = settings.model_copy(update={"call_private_addresses": False})
    async with receiving() as receiver:
        for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
            with pytest.raises(NotSentError, match="not on the public net"):
                await outgoing.send(strict, "GET", url)
    assert receiver.received == []


def test_production_refuses_private_addresses_unless_it_is_told_otherwise(settings: Settings) -> None:
    production = settings.model_copy(update={"environment": "production"})
    assert settings.may_call_private_addresses
    assert not production.may_call_private_addresses
    assert production.model_copy(update={"call_private_addresses": True}).may_call_private_addresses


async def test_a_redirect_is_an_answer_and_not_followed(settings: Settings) -> None:
    async with receiving(lambda _request: (302, b"", {"location": "/elsewhere"})) as receiver:
        assert (await outgoing.send(settings, "GET", receiver.url)).status == 302
    assert len(receiver.received) == 1


async def test_one_who_answers_slowly_is_given_up(settings: Settings) -> None:
    async def never(_request: Received) -> tuple[int, bytes]:
        await asyncio.Event().wait()
        return 200, b""

    async with receiving(never) as receiver:
        with pytest.raises(NotSentError, match=r"within 0\.05 seconds"):
            await outgoing.send(settings, "GET", receiver.url, patience_seconds=0.05)


async def test_of_a_long_answer_the_beginning_is_read(settings: Settings) -> None:
    async with receiving(lambda _request: (200, b"x" * 5_000_000)) as receiver:
        answer = await outgoing.send(settings, "GET", receiver.url, at_most_bytes=1000)
    assert answer.body == b"x" * 1000


async def test_nobody_there_is_said_in_words(settings: Settings) -> None:
    async with receiving() as receiver:
        url = receiver.url
    with pytest.raises(NotSentError, match="ConnectError"):
        await outgoing.send(settings, "GET", url)
    with pytest.raises(NotSentError, match="Nobody knows"):
        await outgoing.send(settings, "GET", "http://nowhere.invalid/")
    with pytest.raises(NotSentError, match="no http"):
        await outgoing.send(settings, "GET", "file:///etc/passwd")
