"""Zones that the shop delivers to, as staff draw them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, InvalidError, RequiredError
from marketplace.kit.events import publish
from marketplace.markets.events import ShippingMethodsGone, ShippingZoneOpened
from marketplace.markets.models import ShippingMethod, ShippingZone

NAME_LENGTH = 100


async def open_zone(
    session: AsyncSession, said: Mapping[str, Any], all_countries: Collection[str]
) -> ShippingZone:
    """Make a zone. Raises RequiredError, InvalidError, DomainError (ALREADY_EXISTS: a second default)."""
    if "name" not in said:
        raise RequiredError("What is it called?", field="name")
    zone = ShippingZone(name="", country_codes=[])
    await _say(session, zone, said, all_countries)
    session.add(zone)
    await session.flush()
    await publish(session, ShippingZoneOpened(zone.id))
    return zone


async def change_zone(
    session: AsyncSession, zone: ShippingZone, said: Mapping[str, Any], all_countries: Collection[str]
) -> ShippingZone:
    """Change what is said of a locked zone. Raises the same."""
    await _say(session, zone, said, all_countries)
    await session.flush()
    return zone


async def delete_zones(session: AsyncSession, zones: Sequence[ShippingZone]) -> None:
    """Delete zones with their methods. Orders keep the names of what carried them."""
    keys = [zone.id for zone in zones]
    methods = await session.scalars(select(ShippingMethod.id).where(ShippingMethod.zone_id.in_(keys)))
    await publish(session, ShippingMethodsGone(tuple(methods)))
    await session.execute(
        delete(ShippingZone).where(ShippingZone.id.in_(keys)),
        execution_options={"synchronize_session": False},
    )


async def _say(
    session: AsyncSession, zone: ShippingZone, said: Mapping[str, Any], all_countries: Collection[str]
) -> None:
    if "name" in said:
        zone.name = (said["name"] or "").strip()
        if not zone.name:
            raise RequiredError("What is it called?", field="name")
        if len(zone.name) > NAME_LENGTH:
            raise InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name")
    if "description" in said:
        zone.description = said["description"] or ""
    if said.get("country_codes") is not None:
        zone.country_codes = list(said["country_codes"])
    if said.get("is_default") is not None:
        zone.is_default = said["is_default"]
    if said.get("is_default"):
        zone.country_codes = sorted({*zone.country_codes, *await _unserved(session, zone, all_countries)})


async def _unserved(session: AsyncSession, zone: ShippingZone, all_countries: Collection[str]) -> set[str]:
    """Countries that no other zone has: they are the default zone's. There is one at most."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("shipping_zone.default"))))
    others = await session.execute(
        select(ShippingZone.is_default, ShippingZone.country_codes).where(ShippingZone.id != (zone.id or 0))
    )
    rows = others.all()
    if any(is_default for is_default, _ in rows):
        raise DomainError("There is a default zone already.", field="default", code="ALREADY_EXISTS")
    return set(all_countries) - {code for _, codes in rows for code in codes}
