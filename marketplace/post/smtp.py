"""Handing letters to the mail server."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from hashlib import sha256
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from marketplace.kit import clock
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.pages.languages import Language
from marketplace.pages.letters import Letter

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 20
PERMANENT = range(500, 600)
NOT_OUR_LETTER = {530, 534, 535, 538, 454}
"""The server refuses us, not the letter: to be set right by whoever runs the shop, then tried again."""


class LetterRefusedError(DomainError):
    """The mail server will never take this letter: the address is not there, or the letter not wanted."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter on its way. `key` is the same whenever this very letter is sent: so is its Message-ID, by
    which mail programs show a letter once that came twice.
    """

    key: str
    to: str
    language: Language
    letter: Letter


async def send(settings: Settings, envelope: Envelope) -> None:
    """Hand a letter over. Without a mail server a developer's machine keeps it as a file.

    Raises LetterRefusedError for what is refused for good; aiosmtplib's errors for what may be tried again.
    """
    if settings.smtp_url is None:
        _keep(settings, envelope)
        return
    server = urlsplit(settings.smtp_url.get_secret_value())
    try:
        await aiosmtplib.send(
            message_of(settings, envelope),
            hostname=server.hostname or "localhost",
            port=server.port,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=PATIENCE_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as refused:
        codes = {each.code for each in refused.recipients}
        _give_up_if(all(code in PERMANENT for code in codes), envelope)
        raise
    except aiosmtplib.SMTPResponseException as refused:
        _give_up_if(refused.code in PERMANENT and refused.code not in NOT_OUR_LETTER, envelope)
        raise


def message_of(settings: Settings, envelope: Envelope) -> EmailMessage:
    """The letter as mail servers carry it: in both forms, so that every mail program has one it can show."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((settings.mail_sender_name, settings.mail_sender_address))
    message["To"] = envelope.to
    message["Subject"] = envelope.letter.subject
    message["Date"] = format_datetime(clock.now())
    domain = settings.mail_sender_address.rpartition("@")[2]
    message["Message-ID"] = f"<{sha256(envelope.key.encode()).hexdigest()[:32]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # Nobody's absence answers it (RFC 3834).
    message.set_content(envelope.letter.text)
    message.add_alternative(envelope.letter.html, subtype="html")
    message["Content-Language"] = envelope.language.code
    return message


def _give_up_if(for_good: bool, envelope: Envelope) -> None:
    if for_good:
        raise LetterRefusedError(f"The mail server does not take the letter {envelope.key}.") from None


def _keep(settings: Settings, envelope: Envelope) -> None:
    """A file that a developer reads instead of mail, and a line in the log that says where.

    The log itself hides tokens, and a link without its token is of no use. In production nothing is kept:
    whoever read the file could follow a link that opens somebody's account.
    """
    if settings.environment == "production":
        log.error("letter not sent: MARKETPLACE_SMTP_URL is not set", letter=envelope.key)
        return
    letter, folder = envelope.letter, settings.data_dir / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{clock.now():%Y-%m-%d-%H%M%S}-{sha256(envelope.key.encode()).hexdigest()[:8]}.txt"
    kept = folder / name
    kept.write_text(f"To: {envelope.to}\nSubject: {letter.subject}\n\n{letter.text}", encoding="utf-8")
    log.info("letter (no mail server is set)", to=envelope.to, subject=letter.subject, file=str(kept))
