"""Where invoices can be fetched."""

from datetime import timedelta

from marketplace.kit.settings import Settings
from marketplace.kit.signing import VALID_FOR, PrivateFile, signed_url
from marketplace.orders.invoice_models import Invoice


def url_of(invoice: Invoice, settings: Settings, valid_for: timedelta = VALID_FOR) -> str | None:
    """As `address_of` says it of an invoice's row."""
    return address_of(invoice.url, invoice.storage_key, invoice.number, settings, valid_for)


def address_of(
    url: str | None,
    storage_key: str | None,
    number: str | None,
    settings: Settings,
    valid_for: timedelta = VALID_FOR,
) -> str | None:
    """Where an invoice is that was made elsewhere; of one that was made here, an address that leads to it for
    a while.
    """
    if url or storage_key is None:
        return url
    file = PrivateFile(storage_key, f"{number or 'invoice'}.pdf", "application/pdf")
    return signed_url(settings, file, valid_for)
