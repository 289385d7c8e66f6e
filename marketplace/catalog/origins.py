"""Where a product comes from, where that is not simply where its seller works."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import Product
from marketplace.kit.models import Base
from marketplace.vendors.models import GeographicalIndication, Province, Region


class ProductOrigin(Base):
    """What a seller says of a product's origin. Without a row, or without a place, it is the seller's place.

    A protected origin is shown only while the seller holds a valid certificate for it.
    """

    __tablename__ = "product_origin"

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    indication_id: Mapped[int | None] = mapped_column(ForeignKey("geographical_indication.id"), index=True)
    maker_name: Mapped[str] = mapped_column(default="")
    """Who made it, by the name under which they want to be known."""
    shows_maker: Mapped[bool] = mapped_column(default=False)
    """They chose to be named."""

    product: Mapped[Product] = relationship(lazy="raise")
    region: Mapped[Region | None] = relationship(lazy="raise")
    province: Mapped[Province | None] = relationship(lazy="raise")
    indication: Mapped[GeographicalIndication | None] = relationship(lazy="raise")
