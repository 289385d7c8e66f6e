"""The files that banks take: one small module each. `MARKETPLACE_BANK_FORMATS={"MAD": "iso20022"}` chooses.

A bank's own is a module with one class and a line below. What a format can't carry it cuts or spells anew
(`bank_text`), never the reference, the account or the amount. At most `runs.PAYOUTS_PER_RUN` transfers come.
"""

from typing import ClassVar, Protocol

from marketplace.kit.settings import Settings
from marketplace.payouts.bank_files import Batch
from marketplace.payouts.banks.french_sheet import FrenchSheet
from marketplace.payouts.banks.generic import GenericMessage, GenericSheet
from marketplace.payouts.errors import PayerMissingError


class BankFormat(Protocol):
    """How one bank wants its transfers."""

    name: ClassVar[str]
    """What the setting calls it."""
    extension: ClassVar[str]
    content_type: ClassVar[str]

    def file_name(self, batch: Batch) -> str:
        """Follows from the batch: made again, it is the same file."""
        ...

    def write(self, batch: Batch) -> bytes:
        """The same bytes for the same batch."""
        ...


FORMATS: dict[str, BankFormat] = {
    each.name: each for each in (GenericMessage(), GenericSheet(), FrenchSheet())
}
USUAL = GenericMessage.name


def format_for(settings: Settings, currency: str) -> BankFormat:
    """The format that the bank of a currency takes. Raises PayerMissingError for a name that is none."""
    name = settings.bank_formats.get(currency, USUAL)
    if name not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise PayerMissingError(f"MARKETPLACE_BANK_FORMATS knows no {name}: {currency} takes one of {known}.")
    return FORMATS[name]
