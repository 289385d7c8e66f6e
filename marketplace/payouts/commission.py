"""The marketplace's commission, frozen on each line when an order is placed.

The most specific rule in force on the day of the sale holds: one for the seller before one for its programme,
that before one for the line's category (the nearest ancestor first), that before the general one. Where a
newer and an older rule say the same, the newer holds. Where no rule is in force nothing is charged.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from babel.numbers import format_currency, format_decimal
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money

# One statement, since every sale waits for it. It rounds half up, as `kit.money.percentage` does.
_FREEZE = text(
    """
    WITH charged AS (
        SELECT
            line.id, line.vendor_order_id, line.currency, line.total_gross_minor AS sales_minor,
            coalesce(rule.rate_bp, 0) AS rate_bp, coalesce(rule.vat_rate_bp, 0) AS vat_rate_bp,
            (line.total_gross_minor * coalesce(rule.rate_bp, 0) * 2 + 10000) / 20000 AS commission_minor
        FROM order_line AS line
        JOIN vendor_order AS part ON part.id = line.vendor_order_id
        JOIN vendor ON vendor.id = part.vendor_id
        LEFT JOIN category ON category.id = line.category_id
        CROSS JOIN LATERAL (SELECT CAST(part.created_at AT TIME ZONE 'UTC' AS date) AS day) AS sale
        LEFT JOIN LATERAL (
            SELECT rule.rate_bp, rule.vat_rate_bp
            FROM commission_rule AS rule
            WHERE (rule.vendor_id IS NULL OR rule.vendor_id = vendor.id)
              AND (rule.programme_id IS NULL OR rule.programme_id = vendor.programme_id)
              AND (rule.category_id IS NULL OR rule.category_id = ANY (category.path))
              AND rule.valid_from <= sale.day
              AND (rule.valid_until IS NULL OR rule.valid_until > sale.day)
            ORDER BY
                rule.vendor_id IS NULL, rule.programme_id IS NULL,
                array_position(category.path, rule.category_id) DESC NULLS LAST,
                rule.valid_from DESC, rule.id DESC
            LIMIT 1
        ) AS rule ON true
        WHERE line.order_id = :order_id
    ), priced AS (
        SELECT *, (commission_minor * vat_rate_bp * 2 + 10000) / 20000 AS vat_minor FROM charged
    ), frozen AS (
        INSERT INTO line_commission
            (order_line_id, vendor_order_id, currency, rate_bp, commission_minor, vat_rate_bp, vat_minor)
        SELECT id, vendor_order_id, currency, rate_bp, commission_minor, vat_rate_bp, vat_minor FROM priced
        ON CONFLICT (order_line_id) DO NOTHING
    )
    INSERT INTO vendor_earning
        (vendor_order_id, vendor_id, currency, sales_minor, commission_minor, vat_minor, earning_minor)
    SELECT
        part.id, part.vendor_id, part.currency, sum(sales_minor), sum(commission_minor), sum(vat_minor),
        sum(sales_minor) - sum(commission_minor) - sum(vat_minor)
    FROM priced JOIN vendor_order AS part ON part.id = priced.vendor_order_id
    GROUP BY part.id
    ON CONFLICT (vendor_order_id) DO NOTHING
    """
)


async def freeze_commission(session: AsyncSession, order_id: UUID) -> None:
    """Write down, per line and per seller of a new order, the commission, the VAT on it and the earning.

    Done twice, it changes nothing: what was frozen stays, whatever has become of the rules since.
    """
    await session.execute(_FREEZE, {"order_id": order_id})


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
