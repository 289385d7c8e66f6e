"""The marketplace's commission, frozen on each line when an order is placed.

The most specific rule in force on the day of the sale holds: one for the seller before one for its programme,
that before one for the line's category (the nearest ancestor first), that before the general one. Where a
newer and an older rule say the same, the newer holds. Where no rule is in force nothing is charged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from babel.numbers import format_currency, format_decimal
from sqlalchemy import Date, Table, Uuid, any_, bindparam, cast, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression
from sqlalchemy.sql.selectable import LateralFromClause

from marketplace.catalog.models import Category
from marketplace.kit.models import Base
from marketplace.kit.money import Money
from marketplace.orders.models import OrderLine, VendorOrder
from marketplace.payouts.models import CommissionRule, LineCommission, VendorEarning
from marketplace.pricing.rounding import percentage_sql
from marketplace.vendors.models import Vendor


@dataclass(frozen=True, slots=True)
class Charged:
    """What the marketplace takes of a sale, in minor units, each rounded half up: commission, VAT on it."""

    commission_minor: ColumnElement[int]
    vat_minor: ColumnElement[int]


def rule_in_force(
    vendor_id: SQLColumnExpression[int],
    programme_id: SQLColumnExpression[int | None],
    category_path: SQLColumnExpression[list[int]],
    day: SQLColumnExpression[date],
) -> LateralFromClause:
    """The rates of the rule that holds on a day, as a row to join on `true()`; none where no rule does.

    The one definition of which rule that is, for what a sale freezes and for what is shown before it.
    """
    rule = _table_of(CommissionRule).alias("commission_rule")
    return (
        select(rule.c.rate_bp, rule.c.vat_rate_bp)
        .where(
            or_(rule.c.vendor_id.is_(None), rule.c.vendor_id == vendor_id),
            or_(rule.c.programme_id.is_(None), rule.c.programme_id == programme_id),
            or_(rule.c.category_id.is_(None), rule.c.category_id == any_(category_path)),
            rule.c.valid_from <= day,
            or_(rule.c.valid_until.is_(None), rule.c.valid_until > day),
        )
        .order_by(
            rule.c.vendor_id.is_(None),
            rule.c.programme_id.is_(None),
            func.array_position(category_path, rule.c.category_id).desc().nulls_last(),
            rule.c.valid_from.desc(),
            rule.c.id.desc(),
        )
        .limit(1)
        .correlate_except(rule)
        .lateral("rule")
    )


def charged_by(rule: LateralFromClause, sales_minor: SQLColumnExpression[int]) -> Charged:
    """What a rule takes of goods sold for so much, tax included. Where there is no rule, nothing."""
    commission_minor = percentage_sql(sales_minor, func.coalesce(rule.c.rate_bp, 0))
    return Charged(commission_minor, percentage_sql(commission_minor, func.coalesce(rule.c.vat_rate_bp, 0)))


def day_of(moment: SQLColumnExpression[datetime]) -> ColumnElement[date]:
    """The day on which a rule has to be in force."""
    return cast(func.timezone("UTC", moment), Date)


def _freezing() -> Insert:
    """One statement, since every sale waits for it."""
    rule = rule_in_force(Vendor.id, Vendor.programme_id, Category.path, day_of(VendorOrder.created_at))
    charged = charged_by(rule, OrderLine.total_gross_minor)
    lines = (
        select(
            OrderLine.id.label("order_line_id"),
            OrderLine.vendor_order_id,
            VendorOrder.vendor_id,
            OrderLine.currency,
            OrderLine.total_gross_minor.label("sales_minor"),
            func.coalesce(rule.c.rate_bp, 0).label("rate_bp"),
            charged.commission_minor.label("commission_minor"),
            func.coalesce(rule.c.vat_rate_bp, 0).label("vat_rate_bp"),
            charged.vat_minor.label("vat_minor"),
        )
        .select_from(OrderLine)
        .join(VendorOrder, VendorOrder.id == OrderLine.vendor_order_id)
        .join(Vendor, Vendor.id == VendorOrder.vendor_id)
        .outerjoin(Category, Category.id == OrderLine.category_id)
        .outerjoin(rule, true())
        .where(OrderLine.order_id == any_(bindparam("order_ids", type_=ARRAY(Uuid))))
        .cte("lines")
    )
    frozen = ["order_line_id", "vendor_order_id", "currency", "rate_bp", "commission_minor"]
    frozen += ["vat_rate_bp", "vat_minor"]
    lines_frozen = (
        insert(_table_of(LineCommission))
        .from_select(frozen, select(*[lines.c[name] for name in frozen]), include_defaults=False)
        .on_conflict_do_nothing(index_elements=[LineCommission.order_line_id])
        .cte("frozen")
    )
    sales, commission, vat = (
        func.sum(lines.c[name]) for name in ("sales_minor", "commission_minor", "vat_minor")
    )
    of_seller = [lines.c.vendor_order_id, lines.c.vendor_id, lines.c.currency]
    earnings = select(*of_seller, sales, commission, vat, sales - commission - vat).group_by(*of_seller)
    earned = ["vendor_order_id", "vendor_id", "currency", "sales_minor", "commission_minor", "vat_minor"]
    return (
        insert(_table_of(VendorEarning))
        .from_select([*earned, "earning_minor"], earnings, include_defaults=False)
        .on_conflict_do_nothing(index_elements=[VendorEarning.vendor_order_id])
        .add_cte(lines_frozen)
    )


def _table_of(model: type[Base]) -> Table:
    if not isinstance(model.__table__, Table):
        raise TypeError(f"{model} is no table")
    return model.__table__


_FREEZE = _freezing()


async def freeze_commission(session: AsyncSession, *order_ids: UUID) -> None:
    """Write down, per line and per seller of new orders, the commission, the VAT on it and the earning.

    Done twice, it changes nothing: what was frozen stays, whatever has become of the rules since.
    """
    await session.execute(_FREEZE, {"order_ids": list(order_ids)})


async def thaw_commission(session: AsyncSession, order_id: UUID) -> None:
    """Forget what was frozen of an order that staff have changed: it is frozen anew, by the rules of the day
    on which its parts were sold.
    """
    parts = select(VendorOrder.id).where(VendorOrder.order_id == order_id)
    for frozen in (LineCommission, VendorEarning):
        await session.execute(
            delete(frozen).where(frozen.vendor_order_id.in_(parts)),
            execution_options={"synchronize_session": False},
        )


LOCALES = {"fr": "fr_MA", "ar": "ar_MA", "en": "en"}

_SENTENCES = {
    "fr": "Ventes de {sales}, moins la commission de {rate} ({commission}) et la TVA de {vat_rate} sur"
    " celle-ci ({vat}) : il vous revient {earning}.",
    "ar": "مبيعات بقيمة {sales}، ناقص عمولة {rate} ({commission}) وضريبة القيمة المضافة عليها {vat_rate}"
    " ({vat}): مستحقاتكم {earning}.",
    "en": "Sales of {sales}, less {rate} commission ({commission}) and {vat_rate} VAT on it ({vat}):"
    " {earning} is yours.",
}
_WITHOUT_COMMISSION = {
    "fr": "Ventes de {sales}, sans commission : il vous revient {earning}.",
    "ar": "مبيعات بقيمة {sales} دون عمولة: مستحقاتكم {earning}.",
    "en": "Sales of {sales}, free of commission: {earning} is yours.",
}


def explain(
    sales: Money,
    commission: Money,
    vat: Money,
    rates_bp: Sequence[int],
    vat_rates_bp: Sequence[int],
    language: str = "fr",
) -> str:
    """How an earning comes about, in one sentence that its seller can check with a calculator.

    `rates_bp` are those of its lines; where they differ, the lowest and the highest are named. Languages that
    we don't write are answered in French.
    """
    language = language if language in LOCALES else "fr"
    sentences = _SENTENCES if commission else _WITHOUT_COMMISSION
    return sentences[language].format(
        sales=say(sales, language),
        rate=_rates(rates_bp, language),
        commission=say(commission, language),
        vat_rate=_rates(vat_rates_bp, language),
        vat=say(vat, language),
        earning=say(sales - commission - vat, language),
    )


def say(amount: Money, language: str) -> str:
    """An amount as it is written in Morocco in a language: `1 234,50 MAD`."""
    return format_currency(amount.amount, amount.currency, locale=LOCALES.get(language, "fr_MA"))


def _rates(rates_bp: Sequence[int], language: str) -> str:
    lowest, highest = min(rates_bp, default=0), max(rates_bp, default=0)
    locale = LOCALES[language]
    texts = [format_decimal(Decimal(rate) / 100, locale=locale) for rate in sorted({lowest, highest})]
    return "–".join(texts) + ("%" if language == "en" else "\N{NO-BREAK SPACE}%" if language == "fr" else "%")
