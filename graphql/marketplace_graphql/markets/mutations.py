"""What staff change of markets."""

from marketplace_graphql.kernel import object_type
from marketplace_graphql.markets.channel_mutations import ChannelChanges
from marketplace_graphql.markets.order_setting_mutations import OrderSettingChanges
from marketplace_graphql.markets.shipping_mutations import ShippingPriceChanges, ShippingZoneChanges
from marketplace_graphql.markets.tax_mutations import TaxClassChanges, TaxSettingChanges


@object_type
class MarketsMutations(
    ChannelChanges,
    ShippingZoneChanges,
    ShippingPriceChanges,
    TaxClassChanges,
    TaxSettingChanges,
    OrderSettingChanges,
):
    """Channels, shipping and taxes."""
