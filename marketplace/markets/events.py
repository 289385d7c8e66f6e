"""What markets tell the rooms above them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelOpened:
    """There is a new channel."""

    channel_id: int


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """Settings of a channel have changed."""

    channel_id: int
    names: frozenset[str]
    """Those whose values differ, as the columns of `channel` are called."""


@dataclass(frozen=True, slots=True)
class ShippingZoneOpened:
    """There is a new shipping zone."""

    zone_id: int


@dataclass(frozen=True, slots=True)
class TaxRatesChanged:
    """Other rates hold from now on in some countries: prices with tax must be worked out anew."""

    country_codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ShippingMethodsGone:
    """Ways to ship are about to be deleted."""

    method_ids: tuple[int, ...]
