"""Root fields about the shop as a whole."""

from sqlalchemy import true

from marketplace_graphql.kernel import object_type, related
from marketplace_graphql.shop.settings import (
    GIFT_CARDS,
    STAFF,
    GiftCardSettings,
    RefundSettings,
    ReturnSettings,
)
from marketplace_graphql.shop.types import Shop


@object_type
class ShopQueries:
    """The shop as a whole."""

    shop: Shop = related(lambda root, shop, ctx: true())
    """What kind of shop this is."""
    gift_card_settings: GiftCardSettings = related(lambda root, settings, ctx: true(), needs=GIFT_CARDS)
    """For how long bought gift cards are good."""
    refund_settings: RefundSettings = related(lambda root, settings, ctx: true(), needs=STAFF)
    """How reasons for refunds are given."""
    return_settings: ReturnSettings = related(lambda root, settings, ctx: true(), needs=STAFF)
    """How reasons for returns are given."""
