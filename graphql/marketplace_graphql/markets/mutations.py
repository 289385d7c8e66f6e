"""What staff change of markets."""

from marketplace_graphql.kernel import object_type
from marketplace_graphql.markets.channel_mutations import ChannelChanges


@object_type
class MarketsMutations(ChannelChanges):
    """Channels, shipping and taxes."""
