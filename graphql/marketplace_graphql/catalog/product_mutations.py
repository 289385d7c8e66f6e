"""How staff and sellers make, change, publish and take away products."""

from datetime import datetime
from typing import Any

from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog import products as service
from marketplace.catalog import variants as variant_service
from marketplace.catalog.attribute_order import reorder_answers
from marketplace.catalog.publishing import InChannel, publish_product
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.channel_changes import (
    DUPLICATED,
    ChannelChanges,
    beginning_of,
    channel_changes,
)
from marketplace_graphql.catalog.product_errors import ProductChannelListingError, ProductError
from marketplace_graphql.catalog.product_inputs import (
    ProductChannelListingUpdateInput,
    ProductCreateInput,
    ProductInput,
    said_of_product,
)
from marketplace_graphql.catalog.sellers_products import seller_of
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import (
    Info,
    bulk_deletion,
    changes,
    deletion,
    mutation,
    object_type,
    row_by,
)

NEEDS = Permission.MANAGE_PRODUCTS
the_product = row_by(models.Product, "external_reference")
LISTED = ("is_published", "published_at", "visible_in_listings", "available_for_purchase_at")
MOST_MOVES = 1000


@object_type
class ProductMutations:
    """What is changed of products."""

    @mutation(returns="Product", errors=ProductError, needs=NEEDS, tells="PRODUCT_CREATED", sellers=True)
    async def product_create(self, info: Info, input: ProductCreateInput) -> models.Product:
        """Makes a product. It shows nowhere until it is published in a channel."""
        given = changes(input)
        product_type = await info.find(models.ProductType, input.product_type, field_name="productType")
        said, answers = await said_of_product(info, input)
        vendor = await seller_of(info, given.get("vendor"))
        return await service.create_product(
            info.session, vendor, product_type, said, answers, may_add_choices=info.within is None
        )

    @mutation(
        returns="Product",
        errors=ProductError,
        needs=NEEDS,
        about=the_product,
        tells="PRODUCT_UPDATED",
        sellers=True,
    )
    async def product_update(
        self, info: Info, product: models.Product, input: ProductInput
    ) -> models.Product:
        """Changes what a product says of itself."""
        said, answers = await said_of_product(info, input)
        return await service.change_product(
            info.session, product, said, answers, may_add_choices=info.within is None
        )

    product_delete = deletion(
        models.Product,
        service.delete_products,
        doc="Takes a product away. Carts lose it; orders keep what they say of it.",
        errors=ProductError,
        needs=NEEDS,
        about=the_product,
        tells="PRODUCT_DELETED",
        sellers=True,
    )
    product_bulk_delete = bulk_deletion(
        models.Product,
        service.delete_products,
        doc="Takes products away. Carts lose them; orders keep what they say of them.",
        errors=ProductError,
        needs=NEEDS,
        tells="PRODUCT_DELETED",
        sellers=True,
    )

    @mutation(
        returns="Product",
        errors=ProductChannelListingError,
        needs=NEEDS,
        tells="PRODUCT_UPDATED",
        sellers=True,
    )
    async def product_channel_listing_update(
        self, info: Info, id: ID, input: ProductChannelListingUpdateInput
    ) -> models.Product:
        """Says in which channels a product shows, and which of its variants are meant for them."""
        product = await info.find(models.Product, id)
        given = await channel_changes(info, changes(input), "update_channels")
        said = _in_channels(info, given, has_category=product.category_id is not None)
        return await publish_product(info.session, product, said, given.removed)

    @mutation(returns="Product", errors=ProductError, needs=NEEDS, tells="PRODUCT_UPDATED", sellers=True)
    async def product_reorder_attribute_values(
        self, info: Info, product_id: ID, attribute_id: ID, moves: list[ReorderInput]
    ) -> models.Product:
        """Puts what a product answers to an attribute in another order."""
        product = await info.find(models.Product, product_id, field_name="productId")
        await reorder_answers(info.session, product, *moves_of_values(info, attribute_id, moves))
        return product

    @mutation(returns="Product", errors=ProductError, needs=NEEDS, tells="PRODUCT_UPDATED", sellers=True)
    async def product_variant_reorder(
        self, info: Info, product_id: ID, moves: list[ReorderInput]
    ) -> models.Product:
        """Puts the variants of a product in another order."""
        product = await info.find(models.Product, product_id, field_name="productId")
        given = moves_of(info, moves, "ProductVariant")
        return await variant_service.reorder_variants(info.session, product, given)

    @mutation(returns="Product", errors=ProductError, needs=NEEDS, tells="PRODUCT_UPDATED", sellers=True)
    async def product_variant_set_default(self, info: Info, product_id: ID, variant_id: ID) -> models.Product:
        """Has a variant stand for its product."""
        product = await info.find(models.Product, product_id, field_name="productId")
        variant = await info.find(models.ProductVariant, variant_id, field_name="variantId")
        return await variant_service.set_default_variant(info.session, product, variant)


def moves_of(info: Info, moves: list[ReorderInput], type_name: str) -> list[tuple[int, int]]:
    """Keys of rows of a type, and by how many places they move. Raises InvalidError on the field `moves`."""
    info.at_most(MOST_MOVES, moves, "moves")
    try:
        return [(info.key(move.id, type_name), move.sort_order or 0) for move in moves]
    except InvalidError as error:
        error.field = "moves"
        raise


def moves_of_values(
    info: Info, attribute_id: str, moves: list[ReorderInput]
) -> tuple[int, list[tuple[int, int]]]:
    """An attribute's key, and how what is answered to it moves. Raises InvalidError."""
    try:
        key: int = info.key(attribute_id, "Attribute")
    except InvalidError as error:
        error.field = "attributeId"
        raise
    return key, moves_of(info, moves, "AttributeValue")


def _in_channels(info: Info, given: ChannelChanges, *, has_category: bool) -> list[InChannel]:
    """What is said of each channel. Raises Errors, one for all channels with the same mistake."""
    faults = list(given.faults)
    untimely = [each["channel_id"] for _, each in given.said if _is_untimely(each)]
    doubly = [each["channel_id"] for _, each in given.said if _day_and_moment(each)]
    if untimely:
        message = "What is not available for purchase has no day from which it is."
        faults.append(InvalidError(message, field="availableForPurchaseDate", channels=untimely))
    if doubly:
        message = "Either availableForPurchaseDate or availableForPurchaseAt, please."
        faults.append(InvalidError(message, field="availableForPurchaseDate", channels=doubly))
    if not has_category:
        offered = [
            each["channel_id"]
            for _, each in given.said
            if each.get("is_published") or each.get("is_available_for_purchase")
        ]
        if offered:
            message, code = "Choose a category before you publish it.", "PRODUCT_WITHOUT_CATEGORY"
            faults.append(DomainError(message, field="isPublished", code=code, channels=offered))
    said = [InChannel(channel=channel, **_of_channel(info, each, faults)) for channel, each in given.said]
    if faults:
        raise Errors(faults)
    return said


def _is_untimely(each: dict[str, Any]) -> bool:
    moment = each.get("available_for_purchase_date") or each.get("available_for_purchase_at")
    return bool(moment) and not each.get("is_available_for_purchase")


def _day_and_moment(each: dict[str, Any]) -> bool:
    return bool(each.get("available_for_purchase_date") and each.get("available_for_purchase_at"))


def _of_channel(info: Info, each: dict[str, Any], faults: list[DomainError]) -> dict[str, Any]:
    adding, removing = each.get("add_variants") or [], each.get("remove_variants") or []
    both = sorted(set(adding) & set(removing))
    if both:
        message = "A variant is both added and removed."
        faults.append(InvalidError(message, field="addVariants", code=DUPLICATED, variants=both))
    keys: dict[str, list[int]] = {}
    for field, ids in (("addVariants", adding), ("removeVariants", removing)):
        try:
            info.at_most(MOST_MOVES, ids, field)
            keys[field] = [info.key(variant_id, "ProductVariant") for variant_id in ids]
        except InvalidError as error:
            error.field = field
            faults.append(error)
    available_from(each, info.inputs.now)
    return {
        "columns": listed_columns(each),
        "add_variant_ids": keys.get("addVariants", ()),
        "remove_variant_ids": keys.get("removeVariants", ()),
    }


def available_from(each: dict[str, Any], now: datetime) -> None:
    """Write since when it is for sale, where something is said of that."""
    is_available = each.get("is_available_for_purchase")
    moment = beginning_of(each.pop("available_for_purchase_date", None))
    moment = moment or each.pop("available_for_purchase_at", None)
    if is_available is not None:
        each["available_for_purchase_at"] = (moment or now) if is_available else None


def listed_columns(each: dict[str, Any]) -> dict[str, Any]:
    """Columns of a listing; what can't be null is left alone where null is said."""
    return {
        name: each[name]
        for name in LISTED
        if name in each and not (name in ("is_published", "visible_in_listings") and each[name] is None)
    }
