"""The root field that tells a client what kind of shop it is talking to."""

from sqlalchemy import true

from marketplace_graphql.kernel import object_type, related
from marketplace_graphql.shop.types import Shop


@object_type
class ShopQueries:
    """The shop as a whole."""

    shop: Shop = related(lambda root, shop, ctx: true())
    """What kind of shop this is."""
