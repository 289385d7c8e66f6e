"""Tables of promotions: what is reduced, by how much, where, and from when to when.

A promotion of the catalogue lowers the prices of listings; one of orders rewards a whole cart, by a reduction
of its subtotal or by a gift. How the former reach the listings is told in `pricing.catalogue_promotions`.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    SQLColumnExpression,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    and_,
    bindparam,
    case,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import ProductVariant
from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, UuidKey, WithMetadata
from marketplace.kit.money import MINOR_DIGITS
from marketplace.markets.models import Channel

_Row = TypeVarTuple("_Row")

PERCENT_DIGITS = 3
"""Decimals of a percentage: it is stored in thousandths."""


class PromotionType(StrEnum):
    CATALOGUE = "CATALOGUE"
    """Lowers the prices of listings."""
    ORDER = "ORDER"
    """Rewards a cart as a whole."""


class RewardValueType(StrEnum):
    """How a rule's reward is said: the same words as `DiscountValueType`, under the contract's other name."""

    FIXED = "FIXED"
    PERCENTAGE = "PERCENTAGE"


class RewardType(StrEnum):
    """What a cart is rewarded with."""

    SUBTOTAL_DISCOUNT = "SUBTOTAL_DISCOUNT"
    GIFT = "GIFT"


class Promotion(UuidKey, Timestamped, WithMetadata, Base):
    """Rules that are in force together: from its start, and up to its end where it has one."""

    __tablename__ = "promotion"
    __table_args__ = (
        Index(None, "name", "id"),
        Index(None, "start_date", "id"),
        Index(None, "end_date", "id"),
        Index(None, "created_at", "id"),
        Index(None, "metadata", postgresql_using="gin"),
        CheckConstraint("end_date IS NULL OR end_date > start_date", name="ends_after_start"),
    )

    type: Mapped[PromotionType] = mapped_column(default=PromotionType.CATALOGUE)
    name: Mapped[str]
    description: Mapped[dict[str, Any] | None]
    """EditorJS blocks."""
    start_date: Mapped[datetime] = mapped_column(default=clock.now)
    end_date: Mapped[datetime | None]
    """The first moment at which it is no longer in force."""
    told_at: Mapped[datetime | None]
    """When it was last announced that it has begun or ended."""

    rules: Mapped[list["PromotionRule"]] = relationship(
        back_populates="promotion",
        order_by="PromotionRule.created_at, PromotionRule.id",
        passive_deletes=True,
        lazy="raise",
    )
    translations: Mapped[list["PromotionTranslation"]] = relationship(lazy="raise", passive_deletes=True)


rule_channel = Table(
    "promotion_rule_channel",
    Base.metadata,
    Column("rule_id", Uuid, ForeignKey("promotion_rule.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "channel_id", BigInteger, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)
rule_gift = Table(
    "promotion_rule_gift",
    Base.metadata,
    Column("rule_id", Uuid, ForeignKey("promotion_rule.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "variant_id",
        BigInteger,
        ForeignKey("product_variant.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class PromotionRule(UuidKey, Timestamped, Base):
    """Whom or what a promotion favours, in some channels, and with what."""

    __tablename__ = "promotion_rule"
    __table_args__ = (
        Index(None, "promotion_id", "created_at", "id"),
        CheckConstraint("reward_value >= 0", name="reward_not_negative"),
    )

    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotion.id", ondelete="CASCADE"))
    name: Mapped[str | None]
    description: Mapped[dict[str, Any] | None]
    catalogue_predicate: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """As clients say it (`CataloguePredicateInput`), checked by `pricing.predicates`."""
    order_predicate: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """As clients say it (`OrderPredicateInput`)."""
    reward_value_type: Mapped[RewardValueType | None]
    reward_value: Mapped[int | None]
    """Minor units of `currency`, or thousandths of a percent: Saleor allows three decimals."""
    reward_type: Mapped[RewardType | None]
    """Of rules for orders only."""
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    """Of a fixed reward: that of all its channels."""

    promotion: Mapped[Promotion] = relationship(back_populates="rules", lazy="raise")
    channels: Mapped[list[Channel]] = relationship(
        secondary=rule_channel, order_by=Channel.slug, passive_deletes=True, lazy="raise"
    )
    gifts: Mapped[list[ProductVariant]] = relationship(
        secondary=rule_gift, order_by=ProductVariant.id, passive_deletes=True, lazy="raise"
    )
    translations: Mapped[list["PromotionRuleTranslation"]] = relationship(lazy="raise", passive_deletes=True)


class PromotionTranslation(IntegerKey, Base):
    __tablename__ = "promotion_translation"
    __table_args__ = (UniqueConstraint("promotion_id", "language_code"),)

    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotion.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None]
    description: Mapped[dict[str, Any] | None]


class PromotionRuleTranslation(IntegerKey, Base):
    __tablename__ = "promotion_rule_translation"
    __table_args__ = (UniqueConstraint("promotion_rule_id", "language_code"),)

    promotion_rule_id: Mapped[UUID] = mapped_column(ForeignKey("promotion_rule.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None]
    description: Mapped[dict[str, Any] | None]


class Repricing(IntegerKey, Base):
    """Listings whose stored prices don't follow a change yet, because there are many: jobs see to them.

    As long as there is such a row, carts work out what they sell by the rules themselves.
    """

    __tablename__ = "repricing"

    product_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    """Exactly these; None: what one of the predicates chooses, or without any, all there are."""
    predicates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    """Only their listings in this channel. None: in all."""
    after_product_id: Mapped[int] = mapped_column(default=0)
    """Products up to this one are done."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


def said_reward(value_type: RewardValueType, value: int, currency: str | None) -> Decimal:
    """A stored reward as people say it: per cent, or an amount in the currency's unit."""
    digits = MINOR_DIGITS[currency] if value_type is RewardValueType.FIXED and currency else PERCENT_DIGITS
    return Decimal(value).scaleb(-digits)


def in_force(at: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    """Whether a promotion has begun and not ended at a moment."""
    return and_(Promotion.start_date <= at, not_ended(at))


def not_ended(at: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    return or_(Promotion.end_date.is_(None), Promotion.end_date > at)


def discount_name() -> ColumnElement[str]:
    """What buyers read of a rule's discount: the promotion's name and the rule's, as Saleor joins them."""
    return _joined(Promotion.name, PromotionRule.name)


def translated_discount_name() -> ColumnElement[str]:
    """The same from `PromotionTranslation` and `PromotionRuleTranslation`; null where there is neither."""
    return _joined(PromotionTranslation.name, PromotionRuleTranslation.name)


def with_translations(rules: Select[*_Row]) -> Select[*_Row]:
    """Join what `translated_discount_name` reads to a statement over rules and their promotions. Parameter:
    `language_code`.
    """
    language_code = bindparam("language_code", type_=String)
    return rules.outerjoin(
        PromotionTranslation,
        and_(
            PromotionTranslation.promotion_id == Promotion.id,
            PromotionTranslation.language_code == language_code,
        ),
    ).outerjoin(
        PromotionRuleTranslation,
        and_(
            PromotionRuleTranslation.promotion_rule_id == PromotionRule.id,
            PromotionRuleTranslation.language_code == language_code,
        ),
    )


def _joined(
    of_promotion: SQLColumnExpression[str] | SQLColumnExpression[str | None],
    of_rule: SQLColumnExpression[str | None],
) -> ColumnElement[str]:
    return case(
        (of_rule.is_(None), of_promotion),
        (of_rule == "", of_promotion),
        (of_promotion.is_(None), of_rule),
        else_=of_promotion + ": " + of_rule,
    )
