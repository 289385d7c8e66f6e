"""What staff change of markets."""

from marketplace_graphql.kernel import object_type
from marketplace_graphql.markets.channel_mutations import ChannelChanges
from marketplace_graphql.markets.shipping_mutations import ShippingPriceChanges, ShippingZoneChanges


@object_type
class MarketsMutations(ChannelChanges, ShippingZoneChanges, ShippingPriceChanges):
    """Channels, shipping and taxes."""
