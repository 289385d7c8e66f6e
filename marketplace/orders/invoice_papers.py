"""The invoice of an order, as PDF, in the language of the purchase.

The texts and figures are written here, the layout is a Typst template. What was sold is frozen, so an invoice
that is made again is the same file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import pdf
from marketplace.kit.money import Money
from marketplace.markets.shop_settings import NAME, ShopSettings
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.models import Order, OrderLine, VendorOrder
from marketplace.people.models import Address
from marketplace.vendors.models import TaxRegime, Vendor

TEMPLATE = pdf.TEMPLATES / "invoices" / "order.typ"
LOCALES = {"fr": "fr_MA", "ar": "ar_MA", "en": "en"}
LABELS = {
    "fr": {
        "order": "Commande",
        "by": "Émise par",
        "billed": "Facturée à",
        "what": "Désignation",
        "pieces": "Qté",
        "unit": "Prix unitaire TTC",
        "vat": "TVA",
        "amount": "Montant TTC",
        "delivery": "Livraison",
        "net": "Total HT",
        "tax": "TVA",
        "gross": "Total TTC",
        "cards": "Payé par carte cadeau",
        "due": "Reste à payer",
    },
    "ar": {
        "order": "الطلبية",
        "by": "صادرة عن",
        "billed": "فُوترت إلى",
        "what": "البيان",
        "pieces": "الكمية",
        "unit": "ثمن الوحدة مع الرسوم",
        "vat": "الضريبة",
        "amount": "المبلغ مع الرسوم",
        "delivery": "التوصيل",
        "net": "المجموع دون الرسوم",
        "tax": "الضريبة على القيمة المضافة",
        "gross": "المجموع مع الرسوم",
        "cards": "مؤدى ببطاقة هدية",
        "due": "الباقي للأداء",
    },
    "en": {
        "order": "Order",
        "by": "Issued by",
        "billed": "Billed to",
        "what": "What",
        "pieces": "Pieces",
        "unit": "Unit price incl. VAT",
        "vat": "VAT",
        "amount": "Amount incl. VAT",
        "delivery": "Delivery",
        "net": "Total excl. VAT",
        "tax": "VAT",
        "gross": "Total incl. VAT",
        "cards": "Paid by gift card",
        "due": "Left to pay",
    },
}
TITLES = {"fr": "Facture n° {number}", "ar": "فاتورة رقم {number}", "en": "Invoice {number}"}
EXEMPT = {"fr": "Exonéré de TVA", "ar": "معفى من الضريبة على القيمة المضافة", "en": "Exempt from VAT"}
NOTES = {
    "fr": "Chaque vendeur expédie son propre colis.",
    "ar": "يرسل كل بائع طرده الخاص.",
    "en": "Each seller sends a parcel of its own.",
}
DEMO = {
    "fr": "Document de démonstration, sans valeur",
    "ar": "وثيقة تجريبية لا قيمة لها",
    "en": "For demonstration only",
}


Say = Callable[[int], str]
"""Writes an amount of minor units."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What an invoice says."""

    number: str
    made_at: datetime
    language: str
    order: Order
    parts: Sequence[tuple[VendorOrder, Vendor, Sequence[OrderLine]]]
    billed: Address | None
    shop: str
    company: Address | None


async def paper_of(session: AsyncSession, invoice: Invoice, order: Order) -> Paper:
    """What the invoice of an order says."""
    rows = await session.execute(
        select(VendorOrder, Vendor)
        .join(Vendor, Vendor.id == VendorOrder.vendor_id)
        .where(VendorOrder.order_id == order.id)
        .order_by(VendorOrder.position)
    )
    found = await session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    )
    lines = found.all()
    settings = await session.scalar(select(ShopSettings))
    company_id = settings.company_address_id if settings else None
    return Paper(
        number=invoice.number or "",
        made_at=invoice.created_at,
        language=order.language_code.partition("-")[0].lower(),
        order=order,
        parts=[
            (part, vendor, [line for line in lines if line.vendor_order_id == part.id])
            for part, vendor in rows
        ],
        billed=await _address(session, order.billing_address_id),
        shop=settings.name if settings else NAME,
        company=await _address(session, company_id),
    )


async def _address(session: AsyncSession, address_id: int | None) -> Address | None:
    return await session.get(Address, address_id) if address_id is not None else None


def invoice_pdf(paper: Paper) -> bytes:
    """The invoice as PDF; in French where its language is none of ours. To be called in a thread."""
    language = paper.language if paper.language in LABELS else "fr"
    return pdf.compiled(TEMPLATE, _data(paper, language), paper.made_at)


def _data(paper: Paper, language: str) -> dict[str, object]:
    labels, order = LABELS[language], paper.order

    def say(minor: int) -> str:
        return format_currency(Money(minor, order.currency).amount, order.currency, locale=LOCALES[language])

    whole_gross = order.subtotal_gross_minor + order.shipping_gross_minor
    whole_net = order.subtotal_net_minor + order.shipping_net_minor
    totals = [
        ("net", whole_net),
        ("tax", whole_gross - whole_net),
        ("gross", whole_gross),
    ]
    if order.gift_card_minor:
        totals += [("cards", -order.gift_card_minor), ("due", whole_gross - order.gift_card_minor)]
    return {
        "language": language,
        "labels": labels,
        "shop": paper.shop,
        "title": TITLES[language].format(number=paper.number),
        "date": format_date(paper.made_at, "long", locale=LOCALES[language]),
        "demo": DEMO[language] if order.is_demo else None,
        "order": str(order.number),
        "company": written_address(paper.company, paper.shop),
        "billed": written_address(paper.billed, order.user_email),
        "parts": [
            {
                "seller": vendor.name,
                "about": _about(vendor, language),
                "lines": [
                    *[_line(line, language, say) for line in lines],
                    *([_delivery(part, labels, say)] if part.shipping_gross_minor else []),
                ],
            }
            for part, vendor, lines in paper.parts
        ],
        "totals": [{"name": labels[name], "amount": say(minor)} for name, minor in totals],
        "note": NOTES[language],
    }


def _about(vendor: Vendor, language: str) -> str:
    parts = [f"ICE {vendor.ice}"] if vendor.ice else []
    if vendor.tax_regime is TaxRegime.EXEMPT:
        parts.append(EXEMPT[language])
    return " · ".join(parts)


def _line(line: OrderLine, language: str, say: Say) -> dict[str, str]:
    name = line.translated_product_name or line.product_name
    if line.variant_name:
        name = f"{name}, {line.translated_variant_name or line.variant_name}"
    return {
        "what": name,
        "pieces": str(line.quantity),
        "unit": say(line.unit_gross_minor),
        "vat": f"{format_decimal(line.tax_rate_bp / 100, locale=LOCALES[language])} %",
        "amount": say(line.total_gross_minor),
    }


def _delivery(part: VendorOrder, labels: dict[str, str], say: Say) -> dict[str, str]:
    tax = part.shipping_gross_minor - part.shipping_net_minor
    return {
        "what": labels["delivery"],
        "pieces": "1",
        "unit": say(part.shipping_gross_minor),
        "vat": say(tax),
        "amount": say(part.shipping_gross_minor),
    }


def written_address(address: Address | None, otherwise: str) -> list[str]:
    """An address, line by line."""
    if address is None:
        return [otherwise]
    lines = [
        f"{address.first_name} {address.last_name}".strip(),
        address.company_name,
        address.street_address_1,
        address.street_address_2,
        f"{address.postal_code} {address.city}".strip(),
        address.country_code,
    ]
    return [line for line in lines if line]
