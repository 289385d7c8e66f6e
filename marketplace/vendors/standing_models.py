"""How sellers came to stand where they stand."""

from datetime import datetime

from sqlalchemy import Enum, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import acting, clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.vendors.models import VendorStatus


class VendorStanding(IntegerKey, Base):
    """A step of a seller: who had it stand where, when, and why. Appended to, never changed."""

    __tablename__ = "vendor_standing"
    __table_args__ = (Index(None, "vendor_id", "id"),)

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    app_id: Mapped[int | None] = mapped_column(default=acting.app_id)
    from_status: Mapped[VendorStatus | None] = mapped_column(
        Enum(VendorStatus, native_enum=False, length=40, create_constraint=True, name="from_status")
    )
    to_status: Mapped[VendorStatus]
    reason: Mapped[str] = mapped_column(default="")
    """In words to the seller."""
