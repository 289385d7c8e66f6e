"""The store rooms' root fields that change something."""

from marketplace_graphql.inventory.stock_mutations import StockMutations
from marketplace_graphql.inventory.warehouse_mutations import WarehouseMutations
from marketplace_graphql.kernel import object_type


@object_type
class InventoryMutations(StockMutations, WarehouseMutations):
    """Store rooms, and what lies in them."""
