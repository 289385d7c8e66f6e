"""Pictures and videos of products: added, described, put in order, chosen for variants."""

from typing import Any

from strawberry import ID

from marketplace.catalog import gallery, models
from marketplace.kit.announcements import announce
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.product_errors import ProductError
from marketplace_graphql.catalog.uploads import kept_picture, picture_given
from marketplace_graphql.kernel import (
    Info,
    Upload,
    bulk_deletion,
    changes,
    input_type,
    mutation,
    object_type,
)

NEEDS = Permission.MANAGE_PRODUCTS


@input_type
class ProductMediaCreateInput:
    """A picture, uploaded or to be fetched, or a video elsewhere."""

    alt: str | None
    """What it shows, for those who can't see it."""
    image: Upload | None
    """A picture, in a multipart request."""
    product: ID
    media_url: str | None
    """Where a picture lies, or a video of YouTube or Vimeo."""


@input_type
class ProductMediaUpdateInput:
    """What is said of a picture."""

    alt: str | None
    """What it shows, for those who can't see it."""


OF_PRODUCT: dict[str, Any] = {"media": "ProductMedia | None", "product": "Product | None"}
OF_VARIANT: dict[str, Any] = {"product_variant": "ProductVariant | None", "media": "ProductMedia | None"}


@object_type
class GalleryMutations:
    """What is changed of products' pictures."""

    @mutation(
        returns=OF_PRODUCT, errors=ProductError, needs=NEEDS, tells="PRODUCT_MEDIA_CREATED", sellers=True
    )
    async def product_media_create(self, info: Info, input: ProductMediaCreateInput) -> dict[str, Any]:
        """Puts a picture or a video behind the others of a product."""
        given = changes(input)
        source, alt = picture_given(given, "input"), given.get("alt") or ""
        product = await info.find(models.Product, input.product, field_name="product")
        if isinstance(source, str):
            media = await gallery.add_from_address(info.session, product, source, alt)
        else:
            picture = await kept_picture(info, source, "products", "image")
            media = await gallery.add_picture(info.session, product, picture, alt)
        return {"media": media, "product": product}

    @mutation(
        returns=OF_PRODUCT, errors=ProductError, needs=NEEDS, tells="PRODUCT_MEDIA_UPDATED", sellers=True
    )
    async def product_media_update(
        self, info: Info, id: ID, input: ProductMediaUpdateInput
    ) -> dict[str, Any]:
        """Changes what is said of a picture."""
        media = await info.find(models.ProductMedia, id)
        alt = changes(input).get("alt", media.alt) or ""
        await gallery.describe_media(info.session, media, alt)
        return {"media": media, "product": await _product_of(info, media)}

    @mutation(returns=OF_PRODUCT, errors=ProductError, needs=NEEDS, sellers=True)
    async def product_media_delete(self, info: Info, id: ID) -> dict[str, Any]:
        """Takes a picture away."""
        media = await info.find(models.ProductMedia, id)
        await announce(info.session, "PRODUCT_MEDIA_DELETED", media)
        info.afterwards(lambda: gallery.delete_media(info.session, [media]))
        return {"media": media, "product": await _product_of(info, media)}

    product_media_bulk_delete = bulk_deletion(
        models.ProductMedia,
        gallery.delete_media,
        doc="Takes pictures away.",
        errors=ProductError,
        needs=NEEDS,
        tells="PRODUCT_MEDIA_DELETED",
        sellers=True,
    )

    @mutation(
        returns={"product": "Product | None", "media": "list[ProductMedia] | None"},
        errors=ProductError,
        needs=NEEDS,
        tells="PRODUCT_UPDATED",
        sellers=True,
    )
    async def product_media_reorder(self, info: Info, media_ids: list[ID], product_id: ID) -> dict[str, Any]:
        """Puts all pictures of a product into an order."""
        product = await info.find(models.Product, product_id, field_name="productId")
        info.at_most(gallery.MEDIA_LIMIT, media_ids, "order")
        found = await info.find_many(models.ProductMedia, media_ids, field_name="order")
        media = await gallery.reorder_media(info.session, product, [each.id for each in found])
        return {"product": product, "media": media}

    @mutation(
        returns=OF_VARIANT, errors=ProductError, needs=NEEDS, tells="PRODUCT_VARIANT_UPDATED", sellers=True
    )
    async def variant_media_assign(self, info: Info, media_id: ID, variant_id: ID) -> dict[str, Any]:
        """Has a picture of the product show one of its variants."""
        media, variant = await _both(info, media_id, variant_id)
        await gallery.assign_media(info.session, media, variant)
        return {"product_variant": variant, "media": media}

    @mutation(
        returns=OF_VARIANT, errors=ProductError, needs=NEEDS, tells="PRODUCT_VARIANT_UPDATED", sellers=True
    )
    async def variant_media_unassign(self, info: Info, media_id: ID, variant_id: ID) -> dict[str, Any]:
        """Has a picture show the product alone again, not the variant."""
        media, variant = await _both(info, media_id, variant_id)
        await gallery.unassign_media(info.session, media, variant)
        return {"product_variant": variant, "media": media}


async def _product_of(info: Info, media: models.ProductMedia) -> models.Product:
    return await info.session.get_one(models.Product, media.product_id)


async def _both(
    info: Info, media_id: str, variant_id: str
) -> tuple[models.ProductMedia, models.ProductVariant]:
    media = await info.find(models.ProductMedia, media_id, field_name="mediaId")
    return media, await info.find(models.ProductVariant, variant_id, field_name="variantId")
