"""A real SMTP server that keeps what it is given, and a worker that sends."""

import email
import email.policy
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from workers.runner import run_worker


@dataclass
class PostOffice:
    """What has arrived, and what the server says to recipients it does not want."""

    url: str = ""
    arrived: list[EmailMessage] = field(default_factory=list)
    answer: str | None = None
    """`550 no such mailbox`; None: everything is taken."""

    async def handle_RCPT(
        self, _server: object, _session: object, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self.answer is not None:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.arrived.append(message)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.arrived if message["To"] == address]


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    office.url = f"smtp://127.0.0.1:{port}"
    yield office
    controller.stop()


@pytest.fixture
def mailing(database: Database, post_office: PostOffice) -> Settings:
    """The settings of a shop whose letters go to the post office."""
    return database.settings.model_copy(
        update={
            "smtp_url": SecretStr(post_office.url),
            "mail_sender_name": "Le marché",
            "mail_sender_address": "bonjour@shop.test",
            "public_url": "https://shop.test",
        }
    )


async def work(settings: Settings) -> None:
    """Do every job that is due, and then those that they have asked for."""
    for _ in range(2):
        await run_worker(settings, until_idle=True, handle_signals=False)


def text_of(message: EmailMessage, subtype: str = "plain") -> str:
    part = message.get_body((subtype,))
    assert part is not None
    content: str = part.get_content()
    return content


def link_of(message: EmailMessage) -> str:
    """The link of the letter's plain text."""
    found = re.search(r"https?://\S+", text_of(message))
    assert found is not None
    return found.group()
