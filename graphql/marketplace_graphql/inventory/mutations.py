"""The store rooms' root fields that change something."""

from marketplace_graphql.inventory.stock_mutations import StockMutations
from marketplace_graphql.kernel import object_type


@object_type
class InventoryMutations(StockMutations):
    """What lies in store rooms."""
