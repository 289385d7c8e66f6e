"""Tables of sellers and of the places and programmes they belong to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CHAR, CheckConstraint, Computed, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata
from marketplace.people.models import User


class Region(Base):
    """One of Morocco's twelve regions, by its ISO 3166-2 code."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    country_code: Mapped[str] = mapped_column(CHAR(2))
    name_fr: Mapped[str]
    name_ar: Mapped[str]


class Province(Base):
    """A province or prefecture, by its ISO 3166-2 code."""

    __tablename__ = "province"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    name_fr: Mapped[str]
    kind: Mapped[str]

    region: Mapped[Region] = relationship(lazy="raise")


class Programme(IntegerKey, Base):
    """One of the lab's programmes, through which a seller is accompanied."""

    __tablename__ = "programme"

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    country_codes: Mapped[list[str]] = mapped_column(default=list)
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    scope: Mapped[str] = mapped_column(default="")


class GeographicalIndication(IntegerKey, Base):
    """A protected origin (law 25-06): an AOP or an IGP."""

    __tablename__ = "geographical_indication"

    name: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    family: Mapped[str]
    product: Mapped[str]


class VendorKind(StrEnum):
    COOPERATIVE = "COOPERATIVE"
    HERITAGE_COMPANY = "HERITAGE_COMPANY"
    ENTREPRENEUR = "ENTREPRENEUR"


class VendorStatus(StrEnum):
    """Where a seller stands. Only APPROVED ones sell; `vendors/standing.py` says what follows what."""

    DRAFT = "DRAFT"
    """The application is being written, and nobody has been asked to read it."""
    APPLIED = "APPLIED"
    """Sent in."""
    IN_REVIEW = "IN_REVIEW"
    CHANGES_ASKED = "CHANGES_ASKED"
    """The applicant is to change something, and to send it in again."""
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


APPLYING = (VendorStatus.DRAFT, VendorStatus.APPLIED, VendorStatus.IN_REVIEW, VendorStatus.CHANGES_ASKED)
"""An application that nothing has come of yet."""
WORKING = (VendorStatus.APPROVED, VendorStatus.SUSPENDED)
"""Sellers whose members do something for them: an applicant's can't fill the shop with products."""


class TaxRegime(StrEnum):
    """How a seller stands towards VAT. EXEMPT sellers charge none, and their invoices say so."""

    STANDARD = "STANDARD"
    EXEMPT = "EXEMPT"


class PayoutMethod(StrEnum):
    """How a seller is paid. What each way asks for and does is said in `payouts/ways/`."""

    BANK_TRANSFER = "BANK_TRANSFER"
    STRIPE_TRANSFER = "STRIPE_TRANSFER"
    CASH_PICKUP = "CASH_PICKUP"


_IS_WORKING = "status IN ('APPROVED', 'SUSPENDED')"
_IS_APPLYING = "status IN ('DRAFT', 'APPLIED', 'IN_REVIEW', 'CHANGES_ASKED')"


class Vendor(IntegerKey, Timestamped, WithMetadata, Base):
    """A seller. Legal ids are checked at entry; no national identity number is kept."""

    __tablename__ = "vendor"
    __table_args__ = (
        CheckConstraint(
            "members_women <= members_total AND members_rural <= members_total"
            " AND members_young <= members_total AND members_total >= 0",
            name="members_add_up",
        ),
        Index(None, "name", "id"),
        Index(None, "created_at", "id"),
        Index(None, "founded_year", "id"),
        Index(None, "kind", "name"),
        Index(None, "country_code", "name"),
        Index(None, "region_code", "name"),
        Index(None, "province_code", "name"),
        Index(None, "programme_id", "name"),
        Index(None, "search_vector", postgresql_using="gin"),
        Index("ix_vendor_house", "is_house", unique=True, postgresql_where=text("is_house")),
        Index("uq_vendor_ice", "ice", unique=True, postgresql_where=text(_IS_WORKING)),
        Index("uq_vendor_applying", "applicant_id", unique=True, postgresql_where=text(_IS_APPLYING)),
        Index(None, "applicant_id", "created_at"),
    )

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[VendorKind]
    status: Mapped[VendorStatus] = mapped_column(default=VendorStatus.APPLIED, index=True)
    story: Mapped[str] = mapped_column(default="")
    """Plain text, in French; other languages are translations."""
    craft: Mapped[str] = mapped_column(default="")
    founded_year: Mapped[int | None]
    country_code: Mapped[str] = mapped_column(CHAR(2), default="MA")
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    members_total: Mapped[int] = mapped_column(default=0)
    members_women: Mapped[int] = mapped_column(default=0)
    members_rural: Mapped[int] = mapped_column(default=0)
    members_young: Mapped[int] = mapped_column(default=0)
    shows_members_total: Mapped[bool] = mapped_column(default=False)
    """Which of these figures it chose to show to everybody."""
    shows_members_women: Mapped[bool] = mapped_column(default=False)
    shows_members_rural: Mapped[bool] = mapped_column(default=False)
    shows_members_young: Mapped[bool] = mapped_column(default=False)
    ice: Mapped[str | None] = mapped_column(String(15))
    """Identifiant commun de l'entreprise: 15 digits, mod 97. One seller's; of those who apply it may be
    anybody's, since to be told that it is taken would be to be told who sells here.
    """
    register_number: Mapped[str | None]
    """Local register of cooperatives (law 112-12) or national craft register (law 50-17)."""
    legal_ids: Mapped[dict[str, str]] = mapped_column(default=dict, server_default=text("'{}'"))
    """Further ones, by `legal_ids.LegalId`."""
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    """Who applied, and has one application under way at a time."""
    registered_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    """Who of the staff wrote the application, where the applicant did not."""
    tax_regime: Mapped[TaxRegime] = mapped_column(default=TaxRegime.STANDARD)
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    language_code: Mapped[str] = mapped_column(String(16), default="fr")
    logo_path: Mapped[str | None]
    cover_path: Mapped[str | None]
    payout_minimum_minor: Mapped[int | None]
    """What it wants to be owed before it is paid, in its country's currency. None: as is usual there."""
    payout_method: Mapped[PayoutMethod] = mapped_column(
        default=PayoutMethod.BANK_TRANSFER, server_default=PayoutMethod.BANK_TRANSFER.value
    )
    """The way it wants to be paid. Where it can't be paid so, it is not paid another way unasked."""
    search_text: Mapped[str] = mapped_column(default="", server_default="")
    """Its names, craft, place and story in every language, folded: kept by the catalogue."""
    search_vector: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple'::regconfig, search_text)", persisted=True)
    )
    is_house: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whose the products are of which staff name no seller: at most one (`vendors.house`)."""
    is_demo: Mapped[bool] = mapped_column(default=False)

    region: Mapped[Region | None] = relationship(lazy="raise")
    province: Mapped[Province | None] = relationship(lazy="raise")
    programme: Mapped[Programme | None] = relationship(lazy="raise")
    members: Mapped[list["VendorMember"]] = relationship(back_populates="vendor", lazy="raise")
    translations: Mapped[list["VendorTranslation"]] = relationship(lazy="raise")


class VendorTranslation(IntegerKey, Base):
    __tablename__ = "vendor_translation"
    __table_args__ = (UniqueConstraint("vendor_id", "language_code"),)

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None]
    craft: Mapped[str | None]
    story: Mapped[str | None]


class MemberRole(StrEnum):
    OWNER = "OWNER"
    LISTER = "LISTER"
    PACKER = "PACKER"
    TREASURER = "TREASURER"


class VendorMember(Base):
    """A user who works for a seller, and as what."""

    __tablename__ = "vendor_member"

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[MemberRole] = mapped_column(default=MemberRole.OWNER)

    vendor: Mapped[Vendor] = relationship(back_populates="members", lazy="raise")
    user: Mapped[User] = relationship(lazy="raise")


class BankAccountKind(StrEnum):
    RIB = "RIB"
    IBAN = "IBAN"


class BankAccount(IntegerKey, Timestamped, Base):
    """Where a seller is paid. The number is encrypted; only its last four characters are shown."""

    __tablename__ = "bank_account"

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[BankAccountKind]
    holder: Mapped[str]
    bank_name: Mapped[str] = mapped_column(default="")
    number_encrypted: Mapped[bytes]
    number_ending: Mapped[str] = mapped_column(String(4))
    payable_from: Mapped[datetime | None]
    """Until then nothing is paid into it: so long a seller can say that it never asked for a change."""
    contact_email: Mapped[str] = mapped_column(default="", server_default="")
    """Who is asked, and told, when it is to be another account."""
    contact_phone: Mapped[str] = mapped_column(default="", server_default="")


class BadgeKind(StrEnum):
    """What a certificate is about."""

    GEOGRAPHICAL_INDICATION = "GEOGRAPHICAL_INDICATION"
    """A protected origin (law 25-06)."""
    CRAFT_LABEL = "CRAFT_LABEL"
    """A label of craftsmanship, such as Morocco Handmade."""
    SANITARY = "SANITARY"
    """An authorisation to make food."""
    ORGANIC = "ORGANIC"
    OTHER = "OTHER"


class VendorBadge(IntegerKey, Base):
    """A certificate that a seller may show while it is valid: a protected origin, or a label with a name."""

    __tablename__ = "vendor_badge"
    __table_args__ = (
        Index(None, "vendor_id", "valid_until"),
        Index(None, "kind", "vendor_id"),
        Index("ix_vendor_badge_unwarned", "valid_until", postgresql_where=text("warned_at IS NULL")),
        Index("ix_vendor_badge_end_untold", "valid_until", postgresql_where=text("end_told_at IS NULL")),
        CheckConstraint("indication_id IS NOT NULL OR name <> ''", name="called_something"),
        CheckConstraint(
            "(indication_id IS NOT NULL) = (kind = 'GEOGRAPHICAL_INDICATION')", name="origin_is_named"
        ),
        CheckConstraint("valid_until > valid_from", name="valid_for_a_while"),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    kind: Mapped[BadgeKind] = mapped_column(default=BadgeKind.GEOGRAPHICAL_INDICATION)
    indication_id: Mapped[int | None] = mapped_column(ForeignKey("geographical_indication.id"), index=True)
    name: Mapped[str] = mapped_column(default="")
    """Empty for a protected origin: it has its own."""
    level: Mapped[str] = mapped_column(default="")
    """Where a label has several."""
    holder: Mapped[str] = mapped_column(default="")
    """To whom it was given, where that is not simply the seller."""
    issuer: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[datetime] = mapped_column(default=clock.now)
    valid_until: Mapped[datetime | None]
    document_id: Mapped[int | None] = mapped_column(
        ForeignKey("vendor_document.id", ondelete="SET NULL"), unique=True
    )
    """The paper that it was made from."""
    warned_at: Mapped[datetime | None]
    """When the seller was told that it ends soon; and, below, that it has ended."""
    end_told_at: Mapped[datetime | None]

    indication: Mapped[GeographicalIndication | None] = relationship(lazy="raise")
