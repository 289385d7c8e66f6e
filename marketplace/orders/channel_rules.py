"""What a channel says about orders."""

from datetime import timedelta

from marketplace.markets.models import Channel


def confirms_at_once(channel: Channel) -> bool:
    """Whether new orders are confirmed as they are placed; else staff confirm each."""
    return channel.automatically_confirm_all_new_orders


def price_freeze(channel: Channel) -> timedelta | None:
    """How long a draft's line keeps the price that it was added at; None: for good."""
    hours = channel.draft_order_line_price_freeze_hours
    return timedelta(hours=hours) if hours else None
