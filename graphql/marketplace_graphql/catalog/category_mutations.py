"""How staff make, change and take away categories."""

from strawberry import ID

from marketplace.catalog import categories as service
from marketplace.catalog import models
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.product_errors import ProductError
from marketplace_graphql.catalog.shelf_inputs import CategoryInput, said_of_shelf
from marketplace_graphql.kernel import Info, bulk_deletion, deletion, mutation, object_type

NEEDS = Permission.MANAGE_PRODUCTS


@object_type
class CategoryMutations:
    """What is changed of categories."""

    @mutation(returns="Category", errors=ProductError, needs=NEEDS, tells="CATEGORY_CREATED")
    async def category_create(
        self, info: Info, input: CategoryInput, parent: ID | None = None
    ) -> models.Category:
        """Puts up a category, at the top or below another."""
        above = None if parent is None else await info.find(models.Category, parent, field_name="parent")
        return await service.create_category(info.session, await said_of_shelf(info, input), above)

    @mutation(returns="Category", errors=ProductError, needs=NEEDS, tells="CATEGORY_UPDATED")
    async def category_update(self, info: Info, id: ID, input: CategoryInput) -> models.Category:
        """Changes what a category says of itself."""
        category = await info.find(models.Category, id, lock=True)
        return await service.update_category(info.session, category, await said_of_shelf(info, input))

    category_delete = deletion(
        models.Category,
        service.delete_categories,
        doc="Takes a category away with all below it. Its products stay, unpublished.",
        errors=ProductError,
        needs=NEEDS,
        tells="CATEGORY_DELETED",
    )
    category_bulk_delete = bulk_deletion(
        models.Category,
        service.delete_categories,
        doc="Takes categories away with all below them. Their products stay, unpublished.",
        errors=ProductError,
        needs=NEEDS,
        tells="CATEGORY_DELETED",
    )
