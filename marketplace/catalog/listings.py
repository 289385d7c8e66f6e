"""Tables of publication and price, by channel.

Every price a list shows or sorts by is stored here, worked out by `pricing.service.reprice` when its
inputs change, so that "sort by price" is an index scan. Amounts are minor units of the channel's currency.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, DateTime, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import Collection, Product, ProductVariant
from marketplace.kit.models import Base, IntegerKey, lowest_if_missing
from marketplace.markets.models import Channel


class ProductChannelListing(IntegerKey, Base):
    """A product in a market: whether it shows, and the range of its variants' prices."""

    __tablename__ = "product_channel_listing"
    __table_args__ = (
        UniqueConstraint("product_id", "channel_id"),
        Index(
            "ix_product_channel_listing_shelf_price",
            "channel_id",
            "category_id",
            "price_minor",
            "product_id",
            postgresql_where=text("is_live AND visible_in_listings"),
        ),
        Index(
            "ix_product_channel_listing_price",
            "channel_id",
            "price_minor",
            "product_id",
            postgresql_where=text("is_live AND visible_in_listings"),
        ),
        Index(
            "ix_product_channel_listing_published",
            "channel_id",
            lowest_if_missing("published_at", DateTime(timezone=True)),
            "product_id",
            postgresql_where=text("is_live AND visible_in_listings"),
        ),
        # For staff, who sort what is not live as well.
        Index("ix_product_channel_listing_any_price", "channel_id", "price_minor", "product_id"),
        Index(
            "ix_product_channel_listing_any_published_at",
            "channel_id",
            lowest_if_missing("published_at", DateTime(timezone=True)),
            "product_id",
        ),
        Index("ix_product_channel_listing_is_published", "channel_id", "is_published", "product_id"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), index=True)
    is_published: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]
    """None: since ever."""
    visible_in_listings: Mapped[bool] = mapped_column(default=True)
    available_for_purchase_at: Mapped[datetime | None]
    """None: not for sale here (yet)."""
    is_live: Mapped[bool] = mapped_column(default=False)
    """Published, its day has come, it has a price, and its seller is approved. Derived by `reprice`."""
    category_id: Mapped[int | None]
    """The product's own, repeated here so that a shelf sorted by price is one index. Derived."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    price_minor: Mapped[int | None]
    """The least of its variants, after discounts, as entered (the channel says if with tax). Derived."""
    start_gross_minor: Mapped[int | None]
    start_net_minor: Mapped[int | None]
    stop_gross_minor: Mapped[int | None]
    stop_net_minor: Mapped[int | None]
    undiscounted_start_gross_minor: Mapped[int | None]
    undiscounted_start_net_minor: Mapped[int | None]
    undiscounted_stop_gross_minor: Mapped[int | None]
    undiscounted_stop_net_minor: Mapped[int | None]

    product: Mapped[Product] = relationship(lazy="raise")
    channel: Mapped[Channel] = relationship(lazy="raise")


class VariantChannelListing(IntegerKey, Base):
    """A variant's price in a market: all amounts but the entered, cost and prior ones are derived.

    Gross and net are for the channel's default country. Until its price is said, it is not for sale here.
    """

    __tablename__ = "variant_channel_listing"
    __table_args__ = (
        UniqueConstraint("variant_id", "channel_id"),
        Index("ix_variant_channel_listing_asked", "channel_id", "entered_price_minor", "variant_id"),
        Index(
            "ix_variant_channel_listing_price_valid_until",
            "price_valid_until",
            postgresql_where=text("price_valid_until IS NOT NULL"),
        ),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("product_variant.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), index=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    entered_price_minor: Mapped[int | None]
    """What the seller asks: with tax where the channel's prices are entered with it, else without.
    None: not said yet, and all that is derived of it is none, too.
    """
    cost_price_minor: Mapped[int | None]
    prior_price_minor: Mapped[int | None]
    price_minor: Mapped[int | None]
    """After catalogue promotions, as entered."""
    promotion_rule_id: Mapped[UUID | None]
    """The rule that lowers it. The room of prices knows what that is, and sees to its being there."""
    price_valid_until: Mapped[datetime | None]
    """When a promotion that concerns it begins or ends next: from then on the price is out of date."""
    tax_rate_bp: Mapped[int] = mapped_column(default=0)
    gross_minor: Mapped[int | None]
    net_minor: Mapped[int | None]
    undiscounted_gross_minor: Mapped[int | None]
    undiscounted_net_minor: Mapped[int | None]

    variant: Mapped[ProductVariant] = relationship(lazy="raise")
    channel: Mapped[Channel] = relationship(lazy="raise")


class CollectionChannelListing(IntegerKey, Base):
    """Whether a collection shows in a market, and since when or from when on."""

    __tablename__ = "collection_channel_listing"
    __table_args__ = (UniqueConstraint("collection_id", "channel_id"),)

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), index=True)
    is_published: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]
    """None: since ever."""

    collection: Mapped[Collection] = relationship(lazy="raise")
    channel: Mapped[Channel] = relationship(lazy="raise")
