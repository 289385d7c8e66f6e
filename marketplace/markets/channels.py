"""Channels as staff open, change and close them. Whoever must follow is told: see `markets.events`."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError, UniqueError
from marketplace.kit.events import publish
from marketplace.kit.money import MINOR_DIGITS
from marketplace.kit.text import slug_of
from marketplace.markets.events import ChannelChanged, ChannelOpened
from marketplace.markets.models import Channel

NAME_LENGTH = 250
LONGEST_MINUTES = 60 * 24 * 365
LONGEST_HOURS = 24 * 365
LONGEST_DAYS_UNTIL_DELETED = 120
COMPLETION_DELAY_MINUTES = 30
"""How long a paid checkout waits to be completed by itself, unless the channel says otherwise."""
OLDEST_COMPLETED = timedelta(days=30)
"""Checkouts that nobody has touched for so long are left alone."""

Settings = Mapping[str, Any]
"""What staff said of a channel, by the names of its columns; and `automatic_completion`, a mapping."""


async def open_channel(session: AsyncSession, said: Settings) -> Channel:
    """Make a channel, closed unless said otherwise. Raises Errors."""
    errors: list[DomainError] = []
    columns = _checked(said, errors)
    currency = str(said["currency_code"]).strip().upper()
    if currency not in MINOR_DIGITS:
        errors.append(InvalidError(f"Nothing can be sold for {currency} here.", field="currencyCode"))
    if errors:
        raise Errors(errors)
    channel = Channel(**{"is_active": False} | columns | {"currency_code": currency})
    await _written(session, channel)
    await publish(session, ChannelOpened(channel.id))
    return channel


async def change_channel(session: AsyncSession, channel: Channel, said: Settings) -> Channel:
    """Change what is said of a locked channel. Raises Errors."""
    errors: list[DomainError] = []
    columns = _checked(said, errors)
    if errors:
        raise Errors(errors)
    changed = frozenset(name for name, value in columns.items() if getattr(channel, name) != value)
    for name in changed:
        setattr(channel, name, columns[name])
    await _written(session, channel)
    if changed:
        await publish(session, ChannelChanged(channel.id, changed))
    return channel


async def set_active(session: AsyncSession, channel: Channel, *, active: bool) -> Channel:
    """Open or close a locked channel for buyers. Raises InvalidError where it is so already."""
    if channel.is_active == active:
        raise InvalidError(f"The channel is {'open' if active else 'closed'} already.", field="id")
    return await change_channel(session, channel, {"is_active": active})


async def change_order_settings(session: AsyncSession, columns: Settings) -> Channel:
    """Say for all channels at once what happens to orders; gives the one that is shown for all of them.

    Raises InvalidError where nothing is open.
    """
    shown = await session.scalar(shown_for_all().with_for_update())
    if shown is None:
        raise InvalidError("No channel is open.")
    if columns:
        await session.execute(update(Channel).values(columns))
        await session.refresh(shown)
    return shown


def shown_for_all() -> Select[Channel]:
    """The channel whose settings stand for all, for clients that know of none: the first that is open."""
    return select(Channel).where(Channel.is_active).order_by(Channel.slug).limit(1)


async def _written(session: AsyncSession, channel: Channel) -> None:
    """Raises UniqueError for a slug that another channel has."""
    try:
        async with session.begin_nested():
            session.add(channel)
            await session.flush()
    except IntegrityError as error:
        if "uq_channel_slug" not in str(error.orig):
            raise
        raise UniqueError("Another channel has this slug.", field="slug") from error


def _checked(said: Settings, errors: list[DomainError]) -> dict[str, Any]:
    """The columns that are said, each as it is kept; what can't be is told."""
    columns = {name: value for name, value in said.items() if name not in _CHECKS}
    for name, check in _CHECKS.items():
        if name in said:
            try:
                columns |= check(name, said[name])
            except DomainError as refused:
                errors.append(refused)
    return columns


def _name(name: str, value: str) -> dict[str, Any]:
    text = (value or "").strip()
    if not text:
        raise RequiredError("What is it called?", field="name")
    if len(text) > NAME_LENGTH:
        raise InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name")
    return {name: text}


def _slug(name: str, value: str) -> dict[str, Any]:
    slug = slug_of(value or "", "")
    if not slug:
        raise RequiredError("A channel has a slug.", field="slug")
    return {name: slug}


def _expires(name: str, minutes: int | None) -> dict[str, Any]:
    return {name: _within(minutes or None, 1, LONGEST_MINUTES, "expireOrdersAfter")}


def _deletes(name: str, days: int | None) -> dict[str, Any]:
    return {name: _within(days or 0, 1, LONGEST_DAYS_UNTIL_DELETED, "deleteExpiredOrdersAfter")}


def _freezes(name: str, hours: int | None) -> dict[str, Any]:
    return {name: _within(hours or None, 1, LONGEST_HOURS, "draftOrderLinePriceFreezePeriod")}


def _releases(name: str, hours: int) -> dict[str, Any]:
    return {name: _within(hours, 1, LONGEST_HOURS, "checkoutTtlBeforeReleasingFunds")}


def _within(number: int | None, least: int, most: int, field: str) -> int | None:
    if number is not None and not least <= number <= most:
        raise InvalidError(f"This must be from {least} to {most}.", field=field)
    return number


def _completion(_: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Whether paid checkouts are completed by themselves, after how long, and which of them."""
    enabled = bool(said["enabled"])
    delay, cut_off = said.get("delay"), said.get("cut_off_date")
    if not enabled:
        for value, field in ((delay, "delay"), (cut_off, "cutOffDate")):
            if value is not None:
                raise InvalidError("Nothing is completed by itself: leave this out.", field=field)
        return _completed(enabled=False, delay=None, cut_off=None)
    now = clock.now()
    most = int(OLDEST_COMPLETED.total_seconds()) // 60 - 1
    delay = COMPLETION_DELAY_MINUTES if delay is None else _within(delay, 0, most, "delay")
    if cut_off is not None and cut_off < now - OLDEST_COMPLETED:
        raise InvalidError("Checkouts that old are left alone.", field="cutOffDate")
    return _completed(enabled=True, delay=delay, cut_off=cut_off or now)


def _completed(*, enabled: bool, delay: int | None, cut_off: datetime | None) -> dict[str, Any]:
    return {
        "automatically_complete_fully_paid_checkouts": enabled,
        "automatic_completion_delay_minutes": delay,
        "automatic_completion_cut_off_date": cut_off,
    }


_CHECKS: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    "name": _name,
    "slug": _slug,
    "expire_orders_after_minutes": _expires,
    "delete_expired_orders_after_days": _deletes,
    "draft_order_line_price_freeze_hours": _freezes,
    "release_funds_after_hours": _releases,
    "automatic_completion": _completion,
}
