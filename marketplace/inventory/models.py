"""Tables of stock.

What can still be sold of a variant is the sum of `quantity - quantity_allocated` over its stocks (lots past
their best-before day apart), less the reservations that other checkouts hold and that have not run out.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import ProductVariant
from marketplace.kit.models import Base, IntegerKey, Timestamped, UuidKey, WithMetadata, metadata_index
from marketplace.people.models import Address
from marketplace.vendors.models import Vendor


class CollectionOption(StrEnum):
    """Whether buyers may fetch their goods themselves, and which."""

    DISABLED = "DISABLED"
    LOCAL = "LOCAL"
    """What lies there."""
    ALL = "ALL"
    """Whatever they buy: it is brought there."""


class Warehouse(UuidKey, WithMetadata, Base):
    """A seller's store room: parcels leave from here. Without a vendor it is the shop's own."""

    __tablename__ = "warehouse"
    __table_args__ = (
        metadata_index(),
        Index(None, "name", "slug", "id"),
        CheckConstraint("NOT is_private OR click_and_collect_option <> 'LOCAL'", name="private_is_not_local"),
    )

    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(default="")
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    external_reference: Mapped[str | None] = mapped_column(String(250), unique=True)
    """What another system calls it."""
    is_private: Mapped[bool] = mapped_column(default=True)
    """Whether it is kept from the public."""
    click_and_collect_option: Mapped[CollectionOption] = mapped_column(default=CollectionOption.DISABLED)

    vendor: Mapped[Vendor | None] = relationship(lazy="raise")
    address: Mapped[Address] = relationship(lazy="raise")


class Lot(IntegerKey, Timestamped, Base):
    """Pieces of a variant that were harvested or made together: what is called back together."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("variant_id", "code"),
        CheckConstraint("best_before >= coalesce(harvested_on, produced_on)", name="keeps_for_a_while"),
        CheckConstraint("pieces_made > 0", name="pieces_positive"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"))
    code: Mapped[str]
    """As it is printed on the pieces."""
    harvested_on: Mapped[date | None]
    produced_on: Mapped[date | None]
    best_before: Mapped[date | None]
    """The last day on which its pieces are sold."""
    pieces_made: Mapped[int | None]
    maker_name: Mapped[str] = mapped_column(default="")
    """Who made it, by the name under which they want to be known."""
    shows_maker: Mapped[bool] = mapped_column(default=False)
    """They chose to be named."""

    variant: Mapped[ProductVariant] = relationship(lazy="raise")


class Stock(IntegerKey, Base):
    """Pieces of a variant on one shelf: of one lot, or of none that anybody has named."""

    __tablename__ = "stock"
    __table_args__ = (
        UniqueConstraint("variant_id", "warehouse_id", "lot_id", postgresql_nulls_not_distinct=True),
        Index(None, "quantity", "id"),
        Index(None, "warehouse_id", "quantity", "variant_id"),
        Index("ix_stock_free", "variant_id", postgresql_where=text("quantity > quantity_allocated")),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("quantity_allocated BETWEEN 0 AND quantity", name="never_oversold"),
    )

    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[int] = mapped_column(default=0)
    """Pieces on the shelf, sold ones that have not left yet included."""
    quantity_allocated: Mapped[int] = mapped_column(default=0)
    """Pieces on the shelf that are sold. The sum of the stock's allocations."""

    warehouse: Mapped[Warehouse] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    variant: Mapped[ProductVariant] = relationship(lazy="raise")


class Allocation(IntegerKey, Base):
    """Pieces of a stock that belong to an order line until they are handed to the carrier."""

    __tablename__ = "allocation"
    __table_args__ = (
        UniqueConstraint("order_line_id", "stock_id"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id", ondelete="CASCADE"))
    stock_id: Mapped[int] = mapped_column(ForeignKey("stock.id"), index=True)
    quantity: Mapped[int]

    stock: Mapped[Stock] = relationship(lazy="raise")


class Reservation(IntegerKey, Base):
    """Pieces kept for a checkout line until a moment; after it they are anybody's."""

    __tablename__ = "reservation"
    __table_args__ = (
        Index(None, "variant_id", "reserved_until"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    checkout_line_id: Mapped[UUID] = mapped_column(
        ForeignKey("checkout_line.id", ondelete="CASCADE"), unique=True
    )
    variant_id: Mapped[int] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"))
    quantity: Mapped[int]
    reserved_until: Mapped[datetime]
