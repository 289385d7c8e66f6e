"""A bank's answer as ISO 20022: the statement camt.053 and the notification camt.054, in versions 02 and 08.

A debit under one of our references is a transfer that was carried out; a credit under it is one that came
back. Only what is booked counts. A document type is refused before it is read, and with it every entity; so
are files that are deeper or longer than any bank's.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.payouts.errors import AnswerError
from marketplace.payouts.models import PayoutStatus
from marketplace.payouts.said import REASON_LENGTH, Said

KNOWN = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[34])\.001\.(02|08)")
AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{0,5})?")
DEEPEST = 30
MOST_ELEMENTS = 500_000
NOT_PROVIDED = {"", "NOTPROVIDED", "NONREF"}
RETURN_CODES = {
    "AC01": "AC01: wrong account number",
    "AC04": "AC04: account closed",
    "AC06": "AC06: account blocked",
    "AG01": "AG01: not allowed on this account",
    "BE01": "BE01: name and account do not match",
    "MD07": "MD07: holder deceased",
    "MS03": "MS03: no reason given",
}
"""What banks give as a reason, in words."""


def looks_like_xml(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")


def read_camt(content: bytes) -> tuple[str, list[Said]]:
    """The kind of message, as `camt.053.001.08`, and what it says. Raises AnswerError."""
    document = _parsed(content)
    namespace, _, name = document.tag.lstrip("{").rpartition("}")
    known = KNOWN.fullmatch(namespace)
    if name != "Document" or known is None:
        raise AnswerError("This is neither camt.053 nor camt.054, in version 001.02 or 001.08.", field="file")
    for element in document.iter():
        element.tag = element.tag.rpartition("}")[2]
    said: list[Said] = []
    for row, entry in enumerate(document.iter("Ntry"), start=1):
        if _of(entry, "Sts/Cd", "Sts") == "BOOK":
            said += _entry(row, entry)
    return f"{known[1]}.001.{known[2]}", said


def _entry(row: int, entry: ET.Element) -> Iterator[Said]:
    """A line for each transfer of an entry; one for all of them where the bank names none."""
    direction, reverses = _of(entry, "CdtDbtInd"), _of(entry, "RvslInd") in ("true", "1")
    amount = _amount(row, entry.find("Amt"))
    details = entry.findall("NtryDtls/TxDtls")
    for detail in details:
        own_amount = detail.find("AmtDtls/TxAmt/Amt")
        if own_amount is None:
            own_amount = detail.find("Amt")
        yield _said(
            row,
            detail,
            is_debit=(_of(detail, "CdtDbtInd") or direction) == "DBIT",
            reverses=reverses,
            # What an entry of several transfers is worth says nothing of any of them.
            amount=amount if own_amount is None and len(details) == 1 else _amount(row, own_amount),
        )
    if not details:
        yield Said(
            row=row,
            end_to_end_id="",
            status=PayoutStatus.PAID if direction == "DBIT" and not reverses else PayoutStatus.RETURNED,
            amount=amount,
            text=_of(entry, "AddtlNtryInf"),
            batch_id=_of(entry, "NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId"),
        )


def _said(row: int, detail: ET.Element, *, is_debit: bool, reverses: bool, amount: Money | None) -> Said:
    came_back = not is_debit or reverses or detail.find("RtrInf") is not None
    code = _of(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
    words = [RETURN_CODES.get(code, code), *(each.text or "" for each in detail.iterfind("RtrInf/AddtlInf"))]
    reference = _of(detail, "Refs/EndToEndId")
    # Who is paid by a transfer is its creditor. A return is a transfer from the seller's bank, or, with
    # others, tells of the first one: then the creditor still is the seller.
    accounts = ("Cdtr", "Dbtr") if is_debit or reverses else ("Dbtr", "Cdtr")
    paths = [f"RltdPties/{who}Acct/Id/{kind}" for who in accounts for kind in ("IBAN", "Othr/Id")]
    return Said(
        row=row,
        end_to_end_id="" if reference in NOT_PROVIDED else reference,
        status=PayoutStatus.RETURNED if came_back else PayoutStatus.PAID,
        reason=" ".join(" ".join(words).split())[:REASON_LENGTH],
        amount=amount,
        account=_of(detail, *paths),
        text=" ".join(each.text or "" for each in detail.iterfind("RmtInf/Ustrd")),
    )


def _of(element: ET.Element, *paths: str) -> str:
    """The text of the first of several elements that has any."""
    return next((text for path in paths if (text := (element.findtext(path) or "").strip())), "")


def _amount(row: int, element: ET.Element | None) -> Money | None:
    if element is None:
        return None
    currency = element.get("Ccy", "")
    if currency not in MINOR_DIGITS:
        return None  # Not in a currency that anybody is paid in.
    written = (element.text or "").strip()
    if not AMOUNT.fullmatch(written):
        raise AnswerError(f"Entry {row}: this is no amount.", field="file", row=row)
    return Money.from_decimal(Decimal(written), currency)


class _Builder:
    """Makes a tree of what the parser tells, and lets nothing through that a bank's message has not."""

    def __init__(self) -> None:
        self._tree = ET.TreeBuilder()
        self._depth = self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise AnswerError("The file is too large for a bank's message.", field="file")
        self._tree.start(f"{{{tag}" if "}" in tag else tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._tree.end(f"{{{tag}" if "}" in tag else tag)

    def data(self, text: str) -> None:
        self._tree.data(text)

    def refuse(self, *_given: Any) -> Any:
        raise AnswerError("The file declares a document type: no bank's message does.", field="file")

    def close(self) -> ET.Element:
        return self._tree.close()


def _parsed(content: bytes) -> ET.Element:
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    parser.buffer_text = True
    try:
        parser.Parse(content, True)  # noqa: FBT003 - that is all of it
    except (expat.ExpatError, LookupError, ValueError):
        raise AnswerError("The file can't be read as XML.", field="file") from None
    return builder.close()
