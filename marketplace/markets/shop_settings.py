"""What the shop as a whole has chosen: one row at most. Without it, defaults hold."""

import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    case,
    cast,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from marketplace.kit.models import Base, IntegerKey, WithMetadata
from marketplace.kit.settings import Settings

THE_ONLY_ROW = 1
NAME = "SIL Marketplace"
PIECES_PER_CHECKOUT = 50
"""Saleor's default for `limitQuantityPerCheckout`."""


class GiftCardExpiry(StrEnum):
    """Whether a gift card that is bought is good for some time only."""

    NEVER_EXPIRE = "NEVER_EXPIRE"
    EXPIRY_PERIOD = "EXPIRY_PERIOD"


class PeriodUnit(StrEnum):
    """What a period is counted in."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class ShopSettings(IntegerKey, WithMetadata, Base):
    __tablename__ = "shop_settings"
    __table_args__ = (
        CheckConstraint(f"id = {THE_ONLY_ROW}", name="one_row"),
        CheckConstraint("limit_quantity_per_checkout > 0", name="limit_is_positive"),
        CheckConstraint("reserve_stock_duration_anonymous_user >= 0", name="guests_minutes"),
        CheckConstraint("reserve_stock_duration_authenticated_user >= 0", name="customers_minutes"),
        CheckConstraint(
            "(gift_card_expiry_type = 'EXPIRY_PERIOD') = (gift_card_expiry_amount IS NOT NULL)"
            " AND (gift_card_expiry_amount IS NULL) = (gift_card_expiry_unit IS NULL)"
            " AND (gift_card_expiry_amount IS NULL OR gift_card_expiry_amount > 0)",
            name="period_is_whole",
        ),
    )

    name: Mapped[str] = mapped_column(default=NAME)
    description: Mapped[str] = mapped_column(default="")
    header_text: Mapped[str] = mapped_column(default="")
    limit_quantity_per_checkout: Mapped[int | None] = mapped_column(default=PIECES_PER_CHECKOUT)
    """Pieces of one variant that a checkout may hold, unless the variant says otherwise. None: any number."""
    reserve_stock_duration_anonymous_user: Mapped[int | None]
    """Minutes for which a guest's checkout keeps its pieces; 0: not at all. None: as each channel says."""
    reserve_stock_duration_authenticated_user: Mapped[int | None]
    """The same minutes for whoever has signed in."""
    track_inventory_by_default: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether the pieces of a new variant are counted, unless it says otherwise."""
    fulfillment_auto_approve: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether parcels leave as soon as they are packed, or wait for staff to approve them."""
    fulfillment_allow_unpaid: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether parcels of orders leave that are neither paid nor to be paid at the door."""
    allow_storefront_traffic: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether storefronts other than ours may ask the API."""
    account_confirmation: Mapped[bool | None]
    """Whether a new account's address is confirmed by a letter. None, here and below: as the installation's
    own settings say (`kit/settings.py`).
    """
    sign_in_unconfirmed: Mapped[bool | None]
    account_confirm_mode: Mapped[str | None] = mapped_column(String(32))
    mail_sender_name: Mapped[str | None]
    mail_sender_address: Mapped[str | None]
    customer_set_password_url: Mapped[str | None]
    """The page of another storefront on which a buyer chooses a password."""
    gift_card_expiry_type: Mapped[GiftCardExpiry] = mapped_column(default=GiftCardExpiry.NEVER_EXPIRE)
    gift_card_expiry_amount: Mapped[int | None]
    gift_card_expiry_unit: Mapped[PeriodUnit | None]
    refund_reason_reference_type_id: Mapped[int | None] = mapped_column(
        ForeignKey("page_type.id", ondelete="SET NULL")
    )
    """Pages of this type are reasons for refunds."""
    return_reason_reference_type_id: Mapped[int | None] = mapped_column(
        ForeignKey("page_type.id", ondelete="SET NULL")
    )
    """Pages of this type are reasons for returns."""
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
    """What was chosen of a setting, or else its default: of a row of SETTINGS_OR_NONE."""
    default = _default_of(setting)
    if default is None:
        return chosen
    if setting.nullable:  # NULL is a choice too.
        is_chosen = ShopSettings.id.is_not(None)
        return case((is_chosen, chosen), else_=literal(default, setting.type))
    if isinstance(setting.type, JSONB):
        return func.coalesce(chosen, cast(literal(json.dumps(default), Text()), JSONB))
    return func.coalesce(chosen, literal(default, setting.type))


SETTINGS_OR_NONE = (
    select(literal(1).label("one")).subquery("nothing").outerjoin(ShopSettings.__table__, true())
)
"""One row: the settings, or nothing but NULLs where there are none yet."""


def shop_setting(name: str) -> ColumnElement[Any]:
    """A setting as an SQL expression, which PostgreSQL looks up once per statement."""
    setting = ShopSettings.__table__.c[name]
    wanted = select(chosen_or_default(setting, setting)).select_from(SETTINGS_OR_NONE)
    return wanted.correlate(None).scalar_subquery()


async def shop_settings(session: AsyncSession) -> ShopSettings:
    """The row, to be changed: made where there is none yet, and locked."""
    await session.execute(insert(ShopSettings).values(id=THE_ONLY_ROW).on_conflict_do_nothing())
    found = await session.execute(select(ShopSettings).with_for_update())
    return found.scalar_one()


_OF_INSTALLATION = (
    "account_confirmation",
    "sign_in_unconfirmed",
    "account_confirm_mode",
    "mail_sender_name",
    "mail_sender_address",
)
"""What the shop's staff may choose otherwise than whoever installed it."""


async def settings_in_force(session: AsyncSession, settings: Settings) -> Settings:
    """The installation's settings, with what the shop's staff have chosen instead."""
    columns = [getattr(ShopSettings, name) for name in _OF_INSTALLATION]
    row = (await session.execute(select(*columns))).one_or_none()
    if row is None:
        return settings
    chosen = dict(zip(_OF_INSTALLATION, row, strict=True))
    return settings.model_copy(update={name: value for name, value in chosen.items() if value is not None})


_IS_OPEN = "SELECT coalesce((SELECT to_json(allow_storefront_traffic) FROM shop_settings), 'true')"


async def is_open_to_storefronts(fetch_json: Callable[[str, dict[str, Any]], Awaitable[bytes]]) -> bool:
    """Whether storefronts other than ours may ask the API; `fetch_json` is `ReadPool.fetch_json`."""
    return await fetch_json(_IS_OPEN, {}) == b"true"
