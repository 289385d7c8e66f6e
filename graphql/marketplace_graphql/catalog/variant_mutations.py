"""How staff and sellers make, change, price and take away variants."""

from typing import Any

from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog import variants as service
from marketplace.catalog.attribute_order import reorder_answers
from marketplace.catalog.publishing import set_prices
from marketplace.inventory.stocks import check_pieces, create_stocks
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, InvalidError, Mistakes, UniqueError
from marketplace.markets.models import Channel
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.channel_changes import DUPLICATED, repeated
from marketplace_graphql.catalog.product_errors import ProductChannelListingError, ProductError
from marketplace_graphql.catalog.product_mutations import moves_of_values
from marketplace_graphql.catalog.variant_inputs import (
    ProductVariantChannelListingAddInput,
    ProductVariantCreateInput,
    ProductVariantInput,
    amounts_of,
    check_no_preorder,
    pieces_of,
    said_of_variant,
)
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import Info, changes, deletion, mutation, object_type, row_by

NEEDS = Permission.MANAGE_PRODUCTS
VARIANT = "ProductVariant"
the_variant = row_by(models.ProductVariant, "external_reference", "sku")
MOST_AT_ONCE = 1000


@object_type
class VariantMutations:
    """What is changed of variants."""

    @mutation(
        returns=VARIANT, errors=ProductError, needs=NEEDS, tells="PRODUCT_VARIANT_CREATED", sellers=True
    )
    async def product_variant_create(
        self, info: Info, input: ProductVariantCreateInput
    ) -> models.ProductVariant:
        """Adds a variant to a product."""
        product = await info.find(models.Product, input.product, field_name="product")
        said, answers = await said_of_variant(info, input)
        given = changes(input).get("stocks") or []
        if repeated([each["warehouse"] for each in given]):
            raise UniqueError("A store room is named twice.", field="stocks")
        pieces = await pieces_of(info, input.stocks if given else None, product.vendor_id)
        for _, quantity in pieces:
            check_pieces(quantity)
        variant = await service.create_variant(
            info.session, product, said, answers, may_add_choices=info.within is None
        )
        await create_stocks(info.session, variant.id, pieces)
        return variant

    @mutation(
        returns=VARIANT,
        errors=ProductError,
        needs=NEEDS,
        about=the_variant,
        tells="PRODUCT_VARIANT_UPDATED",
        sellers=True,
    )
    async def product_variant_update(
        self, info: Info, variant: models.ProductVariant, input: ProductVariantInput
    ) -> models.ProductVariant:
        """Changes what a variant says of itself."""
        said, answers = await said_of_variant(info, input)
        return await service.change_variant(
            info.session, variant, said, answers, may_add_choices=info.within is None
        )

    product_variant_delete = deletion(
        models.ProductVariant,
        service.delete_variants,
        doc="Takes a variant away. Carts lose it; orders keep what they say of it.",
        errors=ProductError,
        needs=NEEDS,
        about=the_variant,
        tells="PRODUCT_VARIANT_DELETED",
        sellers=True,
    )

    @mutation(returns={"count": int}, failed={"count": 0}, errors=ProductError, needs=NEEDS, sellers=True)
    async def product_variant_bulk_delete(
        self, info: Info, ids: list[ID] | None = None, skus: list[str] | None = None
    ) -> dict[str, int]:
        """Takes variants away, by ids or by SKUs. SKUs that nothing has are no mistake."""
        variants = await _variants_named(info, ids, skus)
        await announce(info.session, "PRODUCT_VARIANT_DELETED", *variants)
        await service.delete_variants(info.session, variants)
        return {"count": len(variants)}

    @mutation(
        returns=VARIANT,
        field="variant",
        errors=ProductChannelListingError,
        needs=NEEDS,
        about=row_by(models.ProductVariant, "sku"),
        tells="PRODUCT_VARIANT_UPDATED",
        sellers=True,
    )
    async def product_variant_channel_listing_update(
        self, info: Info, variant: models.ProductVariant, input: list[ProductVariantChannelListingAddInput]
    ) -> models.ProductVariant:
        """Says what a variant is asked for in channels that its product is in."""
        info.at_most(MOST_AT_ONCE, input, "input")
        given = [changes(each) for each in input]
        ids = [each["channel_id"] for each in given]
        if twice := repeated(ids):
            message = "A channel is named more than once."
            raise InvalidError(message, field="channelId", code=DUPLICATED, channels=twice)
        channels = await info.find_many(Channel, ids, field_name="channelId")
        prices: dict[Channel, dict[str, Any]] = {}
        mistakes = Mistakes()
        for channel, each in zip(channels, given, strict=True):
            before = len(mistakes.found)
            with mistakes.noted():
                check_no_preorder(each, "preorder_threshold")
                prices[channel] = amounts_of(each, channel, "INVALID")
            for error in mistakes.found[before:]:
                error.details["channels"] = [each["channel_id"]]
        mistakes.raise_any()
        return await set_prices(info.session, variant, prices)

    @mutation(
        returns=VARIANT, errors=ProductError, needs=NEEDS, tells="PRODUCT_VARIANT_UPDATED", sellers=True
    )
    async def product_variant_reorder_attribute_values(
        self, info: Info, variant_id: ID, attribute_id: ID, moves: list[ReorderInput]
    ) -> models.ProductVariant:
        """Puts what a variant answers to an attribute in another order."""
        variant = await info.find(models.ProductVariant, variant_id, field_name="variantId")
        await reorder_answers(info.session, variant, *moves_of_values(info, attribute_id, moves))
        return variant


async def _variants_named(
    info: Info, ids: list[ID] | None, skus: list[str] | None
) -> list[models.ProductVariant]:
    if (ids is None) == (skus is None):
        message = (
            "At least one of arguments is required: 'skus', 'ids'."
            if ids is None
            else "Argument 'skus' cannot be combined with 'ids'"
        )
        raise DomainError(message, code="GRAPHQL_ERROR")
    info.at_most(MOST_AT_ONCE, ids or skus or (), "skus" if ids is None else "ids")
    if ids is not None:
        return await info.find_many(models.ProductVariant, dict.fromkeys(ids), field_name="ids")
    found = await info.seen(models.ProductVariant, dict.fromkeys(skus or ()), by=lambda row: row.sku)
    return list(found.values())
