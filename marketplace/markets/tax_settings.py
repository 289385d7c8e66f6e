"""What a channel does about taxes, in general and in single countries."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, delete, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.apps.models import App
from marketplace.kit.errors import DomainError
from marketplace.kit.events import publish
from marketplace.markets.channels import change_channel
from marketplace.markets.events import ChannelChanged
from marketplace.markets.models import Channel, CountryTaxes, TaxCalculationStrategy
from marketplace.people.permissions import Permission
from marketplace.webhooks.models import Webhook

CALCULATE_TAXES = ("CHECKOUT_CALCULATE_TAXES", "ORDER_CALCULATE_TAXES")
"""What apps are asked that work out taxes."""


@dataclass(frozen=True, slots=True)
class CountrySaid:
    """How a channel deals with taxes in one country."""

    country_code: str
    charge_taxes: bool
    display_gross_prices: bool
    use_weighted_tax_for_shipping: bool | None = None
    tax_calculation_strategy: TaxCalculationStrategy | None = None
    tax_app_id: str | None = None


async def change_taxes(
    session: AsyncSession,
    channel: Channel,
    said: Mapping[str, object],
    *,
    countries: Collection[CountrySaid] = (),
    without: Collection[str] = (),
) -> None:
    """Change what is said of a locked channel's taxes: columns of `channel`, and countries of their own."""
    for each in countries:
        values = {
            "charge_taxes": each.charge_taxes,
            "display_gross_prices": each.display_gross_prices,
            "use_weighted_tax_for_shipping": each.use_weighted_tax_for_shipping,
            "tax_calculation_strategy": each.tax_calculation_strategy,
            "tax_app_id": each.tax_app_id,
        }
        row = {"channel_id": channel.id, "country_code": each.country_code}
        await session.execute(
            insert(CountryTaxes)
            .values(row | values)
            .on_conflict_do_update(
                index_elements=[CountryTaxes.channel_id, CountryTaxes.country_code], set_=values
            )
        )
    if without:
        await session.execute(
            delete(CountryTaxes).where(
                CountryTaxes.channel_id == channel.id, CountryTaxes.country_code.in_(without)
            ),
            execution_options={"synchronize_session": False},
        )
    await change_channel(session, channel, said)
    touched = {each.country_code for each in countries} | set(without)
    if channel.default_country_code in touched:  # Of this one lists show the prices.
        await publish(session, ChannelChanged(channel.id, frozenset({"charge_taxes"})))


def works_out_taxes(app: Any) -> ColumnElement[bool]:
    """Whether an app can be asked for taxes: it is active, may answer, and has a webhook for it."""
    webhook = aliased(Webhook)
    is_asked = or_(*(literal(event) == any_(webhook.events) for event in CALCULATE_TAXES))
    hears = select(webhook.id).where(webhook.app_id == app.id, webhook.is_active, is_asked)
    return and_(
        app.is_active,
        app.removed_at.is_(None),
        literal(str(Permission.HANDLE_TAXES)) == any_(app.permissions),
        hears.correlate_except(webhook).exists(),
    )


async def check_tax_apps(session: AsyncSession, named: Iterable[tuple[str | None, Collection[str]]]) -> None:
    """Raises DomainError (NOT_FOUND), naming the countries, for who is no app that works out taxes."""
    wanted = [(identifier, countries) for identifier, countries in named if identifier]
    if not wanted:
        return
    identifiers = [identifier for identifier, _ in wanted]
    named_apps = select(App.identifier).where(App.identifier.in_(identifiers), works_out_taxes(App))
    known = set(await session.scalars(named_apps))
    for identifier, countries in wanted:
        if identifier not in known:
            raise DomainError(
                f"There is no app {identifier} that works out taxes.",
                field="taxAppId",
                code="NOT_FOUND",
                country_codes=list(countries),
            )
