"""What a channel does about taxes, in general and in single countries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish
from marketplace.markets.channels import change_channel
from marketplace.markets.events import ChannelChanged
from marketplace.markets.models import Channel, CountryTaxes


@dataclass(frozen=True, slots=True)
class CountrySaid:
    """How a channel deals with taxes in one country."""

    country_code: str
    charge_taxes: bool
    display_gross_prices: bool
    use_weighted_tax_for_shipping: bool | None = None


async def change_taxes(
    session: AsyncSession,
    channel: Channel,
    said: Mapping[str, bool],
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
