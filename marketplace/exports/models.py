"""Tables of exports: who asked for which file, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import acting, clock
from marketplace.kit.jobs import JobStatus
from marketplace.kit.models import Base, IntegerKey, Timestamped, by_app_index
from marketplace.people.models import User


class ExportKind(StrEnum):
    """What is in the file."""

    PRODUCTS = "PRODUCTS"
    GIFT_CARDS = "GIFT_CARDS"
    VOUCHER_CODES = "VOUCHER_CODES"


class FileType(StrEnum):
    CSV = "CSV"
    XLSX = "XLSX"


class ExportFile(IntegerKey, Timestamped, Base):
    """A file that somebody asked for."""

    __tablename__ = "export_file"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "status", "id"),
        Index(None, "user_id"),
        by_app_index(),
    )

    kind: Mapped[ExportKind]
    file_type: Mapped[FileType]
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.PENDING)
    wanted: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What shall be in it: `keys` of rows, or a `filter` as the client said it, or a `voucher_id`; neither:
    everything. Of products also `fields`, and keys of `attributes`, `warehouses` and `channels`.
    """
    vendor_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    """Whose products may be in it, where somebody of these sellers asked for it; None: anybody's."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )
    storage_key: Mapped[str] = mapped_column(unique=True)
    """Where the private file lies, once it is made."""
    message: Mapped[str | None]
    """What went wrong, if something did."""

    user: Mapped[User | None] = relationship(lazy="raise")
    events: Mapped[list["ExportEvent"]] = relationship(order_by="ExportEvent.id", lazy="raise")


class ExportEventType(StrEnum):
    EXPORT_PENDING = "EXPORT_PENDING"
    EXPORT_SUCCESS = "EXPORT_SUCCESS"
    EXPORT_FAILED = "EXPORT_FAILED"
    EXPORT_DELETED = "EXPORT_DELETED"
    EXPORTED_FILE_SENT = "EXPORTED_FILE_SENT"
    EXPORT_FAILED_INFO_SENT = "EXPORT_FAILED_INFO_SENT"


class ExportEvent(IntegerKey, Base):
    """Something that happened to an export."""

    __tablename__ = "export_event"
    __table_args__ = (Index(None, "export_file_id", "id"), by_app_index())

    export_file_id: Mapped[int] = mapped_column(ForeignKey("export_file.id", ondelete="CASCADE"))
    type: Mapped[ExportEventType]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )
    message: Mapped[str] = mapped_column(default="")

    user: Mapped[User | None] = relationship(lazy="raise")
