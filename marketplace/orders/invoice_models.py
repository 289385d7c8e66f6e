"""The table of invoices."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit.jobs import JobStatus
from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata
from marketplace.orders.models import Order


class Invoice(IntegerKey, Timestamped, WithMetadata, Base):
    __tablename__ = "invoice"
    __table_args__ = (
        Index(None, "order_id", "created_at"),
        Index(None, "created_at", "order_id"),
        Index(None, "number", postgresql_using="hash"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.SUCCESS)
    number: Mapped[str | None]
    url: Mapped[str | None]
    """Where it can be fetched, if it was made elsewhere."""
    storage_key: Mapped[str | None]
    """Of the PDF in the private storage, if it was made here."""
    message: Mapped[str | None]
    """What went wrong, if something did."""

    order: Mapped[Order] = relationship(lazy="raise")
