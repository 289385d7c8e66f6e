"""What the bank is sent for a run: ISO 20022 pain.001.001.03, and the same as CSV.

Both are made of a run's frozen rows only, so a run gives the same bytes whenever its files are made again,
and a bank that is sent one twice knows it by its message id. No Moroccan guide to pain.001 was found: this is
the generic message, with a RIB as `Othr/Id`. Banks differ: a bank's own adapter belongs beside this module.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.kit.text import slug_of, without_accents
from marketplace.payouts.errors import PayerMissingError

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
NAME_LENGTH = 70
"""The schema takes 140 letters, but most banks' rule books only 70."""
UNKNOWN = "NOTPROVIDED"
"""What the message says of an account or a bank that it must mention and does not know."""
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Za-z0-9]{1,30}")
NOT_IN_MESSAGES = re.compile(r"[^A-Za-z0-9/?:().,'+ -]+")
"""Banks pass on the Latin letters, figures and marks of SWIFT's character set X, and nothing else."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, and from which account (a RIB or an IBAN)."""

    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One credit transfer; `account` is the whole number, decrypted."""

    end_to_end_id: str
    holder: str
    account: str
    amount: Money
    reference: str
    """What the seller's bank shows it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes to the bank in one message."""

    message_id: str
    made_at: datetime
    payer: Payer
    transfers: Sequence[Transfer]

    @property
    def total(self) -> Money:
        return sum((transfer.amount for transfer in self.transfers[1:]), self.transfers[0].amount)


def payer_of(settings: Settings, currency: str) -> Payer:
    """Who pays in a currency. Raises PayerMissingError in production when no account is set."""
    account = settings.payer_accounts.get(currency, "")
    if not account and settings.environment == "production":
        raise PayerMissingError(
            f"This installation has no account to pay {currency} from: set MARKETPLACE_PAYER_ACCOUNTS."
        )
    return Payer(settings.payer_name, account or UNKNOWN)


def bank_text(text: str, limit: int) -> str:
    """A text as banks pass it on: without accents, Arabic and Tifinagh in Latin letters, cut to a length."""
    plain = without_accents(text)
    if any(letter.isalpha() and not letter.isascii() for letter in plain):
        plain = slug_of(text).replace("-", " ").upper()
    allowed = NOT_IN_MESSAGES.sub(" ", plain)
    # A sheet takes what begins with + or - for a formula, and a bank's reader may take // for its own.
    return " ".join(allowed.replace("//", "/").split()).strip("+-/ ")[:limit].strip() or UNKNOWN


def pain001(batch: Batch) -> bytes:
    """The message as XML. All charges are the payer's, so that sellers get the amount they were told."""
    document = ET.Element("Document", xmlns=NAMESPACE)
    initiation = ET.SubElement(document, "CstmrCdtTrfInitn")
    count, total = str(len(batch.transfers)), str(batch.total.amount)

    header = ET.SubElement(initiation, "GrpHdr")
    _add(header, "MsgId", batch.message_id)
    _add(header, "CreDtTm", f"{batch.made_at:%Y-%m-%dT%H:%M:%S}")
    _add(header, "NbOfTxs", count)
    _add(header, "CtrlSum", total)
    _add(header, "InitgPty/Nm", bank_text(batch.payer.name, NAME_LENGTH))

    payment = ET.SubElement(initiation, "PmtInf")
    _add(payment, "PmtInfId", batch.message_id)
    _add(payment, "PmtMtd", "TRF")
    _add(payment, "NbOfTxs", count)
    _add(payment, "CtrlSum", total)
    _add(payment, "ReqdExctnDt", f"{batch.made_at:%Y-%m-%d}")
    _add(payment, "Dbtr/Nm", bank_text(batch.payer.name, NAME_LENGTH))
    _add_account(payment, "DbtrAcct", batch.payer.account)
    _add(payment, "DbtrAgt/FinInstnId/Othr/Id", UNKNOWN)
    _add(payment, "ChrgBr", "DEBT")
    for transfer in batch.transfers:
        _add_transfer(payment, transfer)
    ET.indent(document)
    message: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
    return message + b"\n"


def _add_transfer(payment: ET.Element, transfer: Transfer) -> None:
    made = ET.SubElement(payment, "CdtTrfTxInf")
    _add(made, "PmtId/EndToEndId", transfer.end_to_end_id)
    _add(made, "Amt/InstdAmt", str(transfer.amount.amount), Ccy=transfer.amount.currency)
    _add(made, "CdtrAgt/FinInstnId/Othr/Id", UNKNOWN)
    _add(made, "Cdtr/Nm", bank_text(transfer.holder, NAME_LENGTH))
    _add_account(made, "CdtrAcct", transfer.account)
    _add(made, "RmtInf/Ustrd", bank_text(transfer.reference, 140))


def _add_account(parent: ET.Element, tag: str, account: str) -> None:
    _add(parent, f"{tag}/Id/IBAN" if IBAN.fullmatch(account) else f"{tag}/Id/Othr/Id", account)


def _add(parent: ET.Element, path: str, text: str, **attributes: str) -> None:
    """A new element below a parent, with the elements on the way to it."""
    *way, tag = path.split("/")
    for step in way:
        parent = ET.SubElement(parent, step)
    ET.SubElement(parent, tag, attributes).text = text


CSV_HEADING = ("end_to_end_id", "holder", "account", "amount", "currency", "reference")


def transfers_csv(batch: Batch) -> bytes:
    """The same transfers, one a line, for banks that take a sheet: `;` between, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(CSV_HEADING)
    for transfer in batch.transfers:
        writer.writerow(
            (
                transfer.end_to_end_id,
                bank_text(transfer.holder, NAME_LENGTH),
                transfer.account,
                transfer.amount.amount,
                transfer.amount.currency,
                bank_text(transfer.reference, 140),
            )
        )
    return text.getvalue().encode()
