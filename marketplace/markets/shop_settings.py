"""What the shop as a whole has chosen: one row at most. Without it, defaults hold."""

import json
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from marketplace.kit.models import Base, IntegerKey, WithMetadata

THE_ONLY_ROW = 1
NAME = "SIL Marketplace"
PIECES_PER_CHECKOUT = 50
"""Saleor's default for `limitQuantityPerCheckout`."""


class ShopSettings(IntegerKey, WithMetadata, Base):
    __tablename__ = "shop_settings"
    __table_args__ = (
        CheckConstraint(f"id = {THE_ONLY_ROW}", name="one_row"),
        CheckConstraint("limit_quantity_per_checkout > 0", name="limit_is_positive"),
    )

    name: Mapped[str] = mapped_column(default=NAME)
    description: Mapped[str] = mapped_column(default="")
    header_text: Mapped[str] = mapped_column(default="")
    limit_quantity_per_checkout: Mapped[int] = mapped_column(default=PIECES_PER_CHECKOUT)
    """Pieces of one variant that a checkout may hold, unless the variant says otherwise."""
    fulfillment_auto_approve: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether parcels leave as soon as they are packed, or wait for staff to approve them."""
    fulfillment_allow_unpaid: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether parcels of orders leave that are neither paid nor to be paid at the door."""
    company_address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"))

    translations: Mapped[list["ShopTranslation"]] = relationship(lazy="raise")


class ShopTranslation(IntegerKey, Base):
    __tablename__ = "shop_translation"
    __table_args__ = (UniqueConstraint("shop_id", "language_code"),)

    shop_id: Mapped[int] = mapped_column(ForeignKey("shop_settings.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    header_text: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")


_NO_CONTEXT: Any = None
"""Defaults of ours look at nothing."""


def _default_of(setting: Any) -> Any:
    match setting.default:
        case ScalarElementColumnDefault(arg=value):
            return value
        case CallableColumnDefault(arg=make):
            return make(_NO_CONTEXT)
    return None


def chosen_or_default(setting: Any, chosen: ColumnElement[Any]) -> ColumnElement[Any]:
    """What was chosen of a setting, or else its default."""
    default = _default_of(setting)
    if default is None:
        return chosen
    if isinstance(setting.type, JSONB):
        return func.coalesce(chosen, cast(literal(json.dumps(default), Text()), JSONB))
    return func.coalesce(chosen, literal(default, setting.type))


def shop_setting(name: str) -> ColumnElement[Any]:
    """A setting as an SQL expression, which PostgreSQL looks up once per statement."""
    setting = ShopSettings.__table__.c[name]
    return chosen_or_default(setting, select(setting).scalar_subquery())


async def shop_settings(session: AsyncSession) -> ShopSettings:
    """The row, to be changed: made where there is none yet, and locked."""
    await session.execute(insert(ShopSettings).values(id=THE_ONLY_ROW).on_conflict_do_nothing())
    found = await session.execute(select(ShopSettings).with_for_update())
    return found.scalar_one()
