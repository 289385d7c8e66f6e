"""Papers that sellers give in: files in the private storage, and what staff found of them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey


class DocumentKind(StrEnum):
    """What a paper is. None of these is a person's identity paper, and none is to be given in."""

    STATUTES = "STATUTES"
    REGISTRATION = "REGISTRATION"
    """An extract of the register that the seller stands in."""
    SANITARY_AUTHORISATION = "SANITARY_AUTHORISATION"
    """ONSSA's, or another country's, to make food."""
    GEOGRAPHICAL_INDICATION = "GEOGRAPHICAL_INDICATION"
    """A certificate of a protected origin (law 25-06)."""
    CRAFT_LABEL = "CRAFT_LABEL"
    """A certificate of a label of craftsmanship, such as Morocco Handmade: level, holder, validity."""
    ORGANIC = "ORGANIC"
    OTHER = "OTHER"


class DocumentStatus(StrEnum):
    WAITING = "WAITING"
    """Nobody of the staff has read it yet."""
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"


class VendorDocument(IntegerKey, Base):
    """A paper of a seller. Another version is another row: what staff have read stays as they read it."""

    __tablename__ = "vendor_document"
    __table_args__ = (
        Index(None, "vendor_id", "id"),
        Index(None, "status", "uploaded_at", "id"),
        CheckConstraint("valid_until >= valid_from", name="valid_for_a_while"),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    kind: Mapped[DocumentKind]
    name: Mapped[str] = mapped_column(default="")
    """What the label or the paper is called, where its kind doesn't say so."""
    file_name: Mapped[str]
    storage_key: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    indication_id: Mapped[int | None] = mapped_column(ForeignKey("geographical_indication.id"), index=True)
    level: Mapped[str] = mapped_column(default="")
    holder: Mapped[str] = mapped_column(default="")
    issuer: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    """Its last day."""
    status: Mapped[DocumentStatus] = mapped_column(default=DocumentStatus.WAITING)
    reason: Mapped[str] = mapped_column(default="")
    """Why it was refused, in words to the seller."""
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    uploaded_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("vendor_document.id"), unique=True)
