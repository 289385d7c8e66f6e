"""What lists ask of store rooms, kept so that no list adds up shelves: see decision 29.

Triggers (`inventory.ddl`) keep both tables in the transaction of the change, whoever makes it.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Table, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import Column

from marketplace.kit.models import Base


class VariantPieces(Base):
    """The pieces of a variant in all store rooms together, sold ones that have not left yet included.

    Only what lies down or leaves changes it, no sale.
    """

    __tablename__ = "variant_pieces"
    __table_args__ = (
        Index(None, "quantity", "product_id", postgresql_where=text("shelves > 0")),
        Index(None, "product_id", "quantity", postgresql_where=text("shelves > 0")),
    )

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("product_variant.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(BigInteger)
    """The variant's own, repeated here so that products are found by one index."""
    quantity: Mapped[int] = mapped_column(BigInteger)
    shelves: Mapped[int]
    """None: nobody has said how many there are, which is not the same as that there are none."""


maybe_sold_out = Table(
    "product_maybe_sold_out",
    Base.metadata,
    # No key and no reference: two sales of a product's last pieces must not wait for each other.
    Column("product_id", BigInteger, nullable=False, index=True),
)
"""Products of which a shelf has become empty, or that are new: none without a free piece is missing here.

Rows are only added, once or more often for a product, and taken away by `tidy` where there is something to
sell. What is past its day, held by carts or lies in another channel's store rooms is not known here.
"""

TIDY = text(
    """
    DELETE FROM product_maybe_sold_out AS row
    WHERE NOT EXISTS (SELECT FROM product WHERE product.id = row.product_id)
        OR EXISTS (
            SELECT FROM product_variant v
            WHERE v.product_id = row.product_id AND (NOT v.track_inventory OR EXISTS (
                SELECT FROM stock s WHERE s.variant_id = v.id AND s.quantity > s.quantity_allocated)))
        OR EXISTS (
            SELECT FROM product_maybe_sold_out other
            WHERE other.product_id = row.product_id AND other.ctid < row.ctid)
    """
)


async def tidy(session: AsyncSession) -> None:
    """Forget products that have something to sell.

    Only rows go that this statement sees together with a free piece: whoever sells that piece meanwhile adds
    a row of its own, which stays.
    """
    await session.execute(TIDY)
