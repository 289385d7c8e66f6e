"""Who issues papers and whom they are for, as they are called and known to the tax office."""

from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, NotFoundError
from marketplace.kit.settings import Settings
from marketplace.payouts.papers.document import Party
from marketplace.payouts.papers.words import WORDS
from marketplace.vendors.models import Region, TaxRegime, Vendor, VendorTranslation

MARKETPLACE = "SIL Marketplace"


class IssuerMissingError(DomainError):
    """The marketplace's legal ids are not set, and no invoice may go out without them."""

    code = "ISSUER_MISSING"


class SaidIssuer(TypedDict):
    """The marketplace, as a paper keeps it."""

    name: str
    address: str
    ice: str
    tax_id: str
    register: str
    exemption: str


class SaidSeller(TypedDict):
    """A seller, as a paper keeps it."""

    name: str
    name_ar: str
    place: str
    place_ar: str
    ice: str
    register: str
    is_exempt: bool
    is_demo: bool


def issuer_of(settings: Settings) -> SaidIssuer:
    """The marketplace as it stands on invoices. Raises IssuerMissingError, in production."""
    needed = {
        "MARKETPLACE_ISSUER_NAME": settings.issuer_name,
        "MARKETPLACE_ISSUER_ADDRESS": settings.issuer_address,
        "MARKETPLACE_ISSUER_ICE": settings.issuer_ice,
        "MARKETPLACE_ISSUER_TAX_ID": settings.issuer_tax_id,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing and settings.environment == "production":
        raise IssuerMissingError(f"No invoice can be issued before these are set: {', '.join(missing)}.")
    return {
        "name": settings.issuer_name or MARKETPLACE,
        "address": settings.issuer_address,
        "ice": settings.issuer_ice,
        "tax_id": settings.issuer_tax_id,
        "register": settings.issuer_register,
        "exemption": settings.issuer_vat_exemption,
    }


async def seller_of(session: AsyncSession, vendor_id: int) -> SaidSeller:
    """Raises NotFoundError."""
    found = await session.execute(
        select(Vendor, Region, VendorTranslation.name)
        .outerjoin(Region, Region.code == Vendor.region_code)
        .outerjoin(
            VendorTranslation,
            (VendorTranslation.vendor_id == Vendor.id) & (VendorTranslation.language_code == "ar"),
        )
        .where(Vendor.id == vendor_id)
    )
    row = found.first()
    if row is None:
        raise NotFoundError("There is no such seller.", field="vendorId")
    vendor, region, name_ar = row
    return {
        "name": vendor.name,
        "name_ar": name_ar or "",
        "place": region.name_fr if region else "",
        "place_ar": region.name_ar if region else "",
        "ice": vendor.ice or "",
        "register": vendor.register_number or "",
        "is_exempt": vendor.tax_regime is TaxRegime.EXEMPT,
        "is_demo": vendor.is_demo,
    }


def issuing_party(issuer: SaidIssuer, language: str) -> Party:
    words = WORDS[language]
    ids = (("ice", issuer["ice"]), ("tax_id", issuer["tax_id"]))
    lines = [f"{words[name]} : {value or words['not_set']}" for name, value in ids]
    if issuer["register"]:
        lines.append(f"{words['commercial_register']} : {issuer['register']}")
    return Party(words["issued_by"], issuer["name"], [issuer["address"] or words["not_set"], *lines])


def selling_party(seller: SaidSeller, language: str, label: str = "seller") -> Party:
    words, arabic = WORDS[language], language == "ar"
    lines = [(arabic and seller["place_ar"]) or seller["place"]]
    if seller["ice"]:
        lines.append(f"{words['ice']} : {seller['ice']}")
    if seller["register"]:
        lines.append(f"{words['register']} : {seller['register']}")
    if seller["is_exempt"]:
        lines.append(words["exempt_seller"])
    return Party(words[label], (arabic and seller["name_ar"]) or seller["name"], lines)
