"""What a channel says about orders, where its settings have it; else what holds everywhere."""

from datetime import timedelta

from marketplace.markets.models import Channel

DEFAULT_FREEZE_HOURS = 24


def confirms_at_once(channel: Channel) -> bool:
    """Whether new orders are confirmed as they are placed; else staff confirm each."""
    return bool(getattr(channel, "automatically_confirm_all_new_orders", True))


def price_freeze(channel: Channel) -> timedelta | None:
    """How long a draft's line keeps the price that it was added at; None: for good."""
    hours: int | None = getattr(channel, "draft_order_line_price_freeze_hours", DEFAULT_FREEZE_HOURS)
    return timedelta(hours=hours) if hours else None
