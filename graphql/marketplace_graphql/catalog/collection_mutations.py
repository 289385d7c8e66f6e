"""How staff make, fill and publish collections."""

from strawberry import ID

from marketplace.catalog import collections as service
from marketplace.catalog import models
from marketplace.kit.errors import Errors, InvalidError
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.channel_changes import channel_changes
from marketplace_graphql.catalog.product_errors import CollectionChannelListingError, CollectionError
from marketplace_graphql.catalog.shelf_inputs import (
    CollectionChannelListingUpdateInput,
    CollectionCreateInput,
    CollectionInput,
    MoveProductInput,
    said_of_shelf,
)
from marketplace_graphql.kernel import Info, bulk_deletion, changes, deletion, mutation, object_type

NEEDS = Permission.MANAGE_PRODUCTS
MOST_PRODUCTS = 1000
"""At once."""


@object_type
class CollectionMutations:
    """What is changed of collections."""

    @mutation(returns="Collection", errors=CollectionError, needs=NEEDS, tells="COLLECTION_CREATED")
    async def collection_create(self, info: Info, input: CollectionCreateInput) -> models.Collection:
        """Makes a collection. It shows nowhere until it is published in a channel."""
        said = await said_of_shelf(info, input)
        products = await _products(info, said.pop("products", None) or [])
        return await service.create_collection(info.session, said, products)

    @mutation(returns="Collection", errors=CollectionError, needs=NEEDS, tells="COLLECTION_UPDATED")
    async def collection_update(self, info: Info, id: ID, input: CollectionInput) -> models.Collection:
        """Changes what a collection says of itself."""
        collection = await info.find(models.Collection, id, lock=True)
        return await service.update_collection(info.session, collection, await said_of_shelf(info, input))

    collection_delete = deletion(
        models.Collection,
        service.delete_collections,
        doc="Takes a collection away; its products stay.",
        errors=CollectionError,
        needs=NEEDS,
        tells="COLLECTION_DELETED",
    )
    collection_bulk_delete = bulk_deletion(
        models.Collection,
        service.delete_collections,
        doc="Takes collections away; their products stay.",
        errors=CollectionError,
        needs=NEEDS,
        tells="COLLECTION_DELETED",
    )

    @mutation(returns="Collection", errors=CollectionError, needs=NEEDS)
    async def collection_add_products(
        self, info: Info, collection_id: ID, products: list[ID]
    ) -> models.Collection:
        """Puts products at the end of a collection."""
        collection = await info.find(models.Collection, collection_id, field_name="collectionId")
        return await service.add_products(info.session, collection, await _products(info, products))

    @mutation(returns="Collection", errors=CollectionError, needs=NEEDS)
    async def collection_remove_products(
        self, info: Info, collection_id: ID, products: list[ID]
    ) -> models.Collection:
        """Takes products out of a collection."""
        collection = await info.find(models.Collection, collection_id, field_name="collectionId")
        product_ids = [product.id for product in await _products(info, products)]
        return await service.remove_products(info.session, collection, product_ids)

    @mutation(returns="Collection", errors=CollectionError, needs=NEEDS)
    async def collection_reorder_products(
        self, info: Info, collection_id: ID, moves: list[MoveProductInput]
    ) -> models.Collection:
        """Puts the products of a collection in another order."""
        collection = await info.find(models.Collection, collection_id, field_name="collectionId")
        info.at_most(MOST_PRODUCTS, moves, "moves")
        try:
            given = [(info.key(move.product_id, "Product"), move.sort_order or 0) for move in moves]
        except InvalidError as error:
            error.field = "moves"
            raise
        return await service.reorder_products(info.session, collection, given)

    @mutation(
        returns="Collection", errors=CollectionChannelListingError, needs=NEEDS, tells="COLLECTION_UPDATED"
    )
    async def collection_channel_listing_update(
        self, info: Info, id: ID, input: CollectionChannelListingUpdateInput
    ) -> models.Collection:
        """Says in which channels a collection shows."""
        collection = await info.find(models.Collection, id, lock=True)
        given = await channel_changes(info, changes(input), "add_channels")
        if given.faults:
            raise Errors(given.faults)
        listings = {channel.id: said for channel, said in given.said}
        return await service.publish_collection(info.session, collection, listings, given.removed)


async def _products(info: Info, ids: list[ID]) -> list[models.Product]:
    info.at_most(MOST_PRODUCTS, ids, "products")
    return await info.find_many(models.Product, dict.fromkeys(ids), field_name="products")
