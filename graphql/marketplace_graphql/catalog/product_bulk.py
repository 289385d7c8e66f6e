"""Many products at once, each with its listings, variants, prices and pieces."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from marketplace.catalog import models
from marketplace.catalog.answering import check_answers
from marketplace.catalog.many import NewProduct, NewVariant, write_products
from marketplace.catalog.products import plain_columns
from marketplace.catalog.slugs import checked_spelling, free_slugs, hold_slugs
from marketplace.catalog.uniqueness import tidied
from marketplace.inventory.models import Warehouse
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.markets.models import Channel, TaxClass
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answer_inputs import answers_of
from marketplace_graphql.catalog.bulk_errors import ProductBulkCreateError
from marketplace_graphql.catalog.bulk_inputs import ProductBulkCreateInput
from marketplace_graphql.catalog.bulk_media import draft_media
from marketplace_graphql.catalog.channel_changes import DUPLICATED, published_moments, repeated
from marketplace_graphql.catalog.drafting import (
    Known,
    Noting,
    check_free,
    check_unlike,
    draft_variant,
    stores_of,
)
from marketplace_graphql.catalog.product_inputs import tax_class_of
from marketplace_graphql.catalog.product_mutations import available_from, listed_columns
from marketplace_graphql.catalog.sellers_products import check_who_says
from marketplace_graphql.catalog.settling import settle
from marketplace_graphql.catalog.shelf_inputs import words_of
from marketplace_graphql.kernel import (
    ErrorPolicyEnum,
    Faults,
    Info,
    changes,
    error_entries,
    mutation,
    object_type,
)

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import Product

NEEDS = Permission.MANAGE_PRODUCTS
MOST_PRODUCTS = 500
MOST_VARIANTS = 100
"""Of one product."""


@object_type
class ProductBulkResult:
    """What became of one product of many."""

    product: "Product | None"
    errors: list[ProductBulkCreateError.declared] | None  # type: ignore[name-defined]


@object_type
class ProductBulkMutations:
    """Many products at once."""

    @mutation(
        returns={"count": int, "results": list[ProductBulkResult]},
        failed={"count": 0, "results": []},
        errors=ProductBulkCreateError,
        needs=NEEDS,
        sellers=True,
    )
    async def product_bulk_create(
        self,
        info: Info,
        products: list[ProductBulkCreateInput],
        error_policy: ErrorPolicyEnum | None = None,
    ) -> dict[str, Any]:
        """Makes many products, each with its listings, variants, prices and pieces."""
        info.at_most(MOST_PRODUCTS, products, "products")
        given = [changes(each) for each in products]
        known = await _looked_up(info, given)
        faults = [Faults() for _ in given]
        drafts: list[NewProduct | None] = []
        for each, wrong in zip(given, faults, strict=True):
            drafts.append(await _draft(known, each, wrong))
        await _check_each_other(info, drafts, faults)

        async def write(chosen: Sequence[NewProduct]) -> Sequence[models.Product]:
            await _give_slugs(info, chosen)
            return await write_products(info.session, chosen, may_add_choices=info.within is None)

        rows = await settle(info.session, drafts, faults, error_policy, write)
        made = [row for row in rows if row is not None]
        await _tell(info, made)
        results = [
            {"product": row, "errors": error_entries(ProductBulkCreateError, _in_saleors_words(wrong))}
            for row, wrong in zip(rows, faults, strict=True)
        ]
        return {"count": len(made), "results": results}


async def _tell(info: Info, made: Sequence[models.Product]) -> None:
    await announce(info.session, "PRODUCT_CREATED", *made)
    variants = await info.session.scalars(
        select(models.ProductVariant)
        .where(models.ProductVariant.product_id.in_([product.id for product in made]))
        .order_by(models.ProductVariant.id)
    )
    await announce(info.session, "PRODUCT_VARIANT_CREATED", *variants)


def _in_saleors_words(wrong: Faults) -> list[DomainError]:
    for error in wrong.found:
        if error.field == "name" and error.code == "REQUIRED":
            error.code = "BLANK"
    return wrong.found


async def _looked_up(info: Info, given: Sequence[dict[str, Any]]) -> Known:
    """All rows that the lines name, a statement for each kind."""
    known = Known(info)
    variants = [variant for each in given for variant in each.get("variants") or ()]
    named: dict[type[Any], list[str | None]] = {
        models.ProductType: [each["product_type"] for each in given],
        models.Category: [each.get("category") for each in given],
        models.Collection: [key for each in given for key in each.get("collections") or ()],
        TaxClass: [] if info.within is not None else [each.get("tax_class") for each in given],
        Channel: [line["channel_id"] for each in given for line in each.get("channel_listings") or ()],
        Warehouse: [line["warehouse"] for variant in variants for line in variant.get("stocks") or ()],
    }
    for model, global_ids in named.items():
        await known.load(model, global_ids)
    return known


async def _draft(known: Known, given: dict[str, Any], faults: Faults) -> NewProduct | None:
    """A product of a line; None where it has failed as a whole."""
    try:
        return await _drafted(known, given, faults)
    except (DomainError, Errors) as error:
        faults.note(error)
    return None


async def _drafted(known: Known, given: dict[str, Any], faults: Faults) -> NewProduct:
    info = known.info
    said = words_of(dict(given))
    check_who_says(info, said)
    product_type = known.row(models.ProductType, said.pop("product_type"), "productType")
    vendor = await known.seller(said.pop("vendor", None))
    listings, variants = said.pop("channel_listings", None), said.pop("variants", None)
    media = said.pop("media", None)
    answers = await answers_of(info, said.pop("attributes", None))
    columns = stores_of(said) | plain_columns({"name": None} | said)
    if said.get("slug"):
        columns["slug"] = checked_spelling(said["slug"])
    if "external_reference" in said:
        columns["external_reference"] = tidied(said["external_reference"], "externalReference")
    if said.get("category") is not None:
        columns["category_id"] = known.row(models.Category, said["category"], "category").id
    if said.get("tax_class") is not None:
        columns["tax_class_id"] = known.row(TaxClass, said["tax_class"], "taxClass").id
    elif said.get("tax_code"):
        columns["tax_class_id"] = (await tax_class_of(info, said["tax_code"])).id
    wanted = dict.fromkeys(said.get("collections") or ())
    collections = [known.row(models.Collection, key, "collections") for key in wanted]
    asked = await known.asked(models.Product, product_type) if answers else []
    draft = NewProduct(
        vendor=vendor,
        product_type=product_type,
        columns=columns,
        answers=check_answers(asked, answers, complete=True) if answers else (),
        collections=collections,
    )
    channels = _draft_listings(known, draft, listings or (), faults)
    await _draft_variants(known, draft, variants or (), channels, faults)
    draft.media = await draft_media(info, media or (), faults)
    return draft


def _draft_listings(
    known: Known, draft: NewProduct, given: Sequence[dict[str, Any]], faults: Faults
) -> dict[str, Channel]:
    """Read where the product shows; gives its channels by global id."""
    twice = repeated([each["channel_id"] for each in given])
    if twice:
        message = "A channel is named more than once."
        faults.note(InvalidError(message, field="channelListings", code=DUPLICATED, channels=twice))
        return {}
    channels: dict[str, Channel] = {}
    for index, each in enumerate(given):
        key = each["channel_id"]
        before = len(faults.found)
        with faults.at():
            channel = known.row(Channel, key, "channelListings")
            if each.get("available_for_purchase_at") and each.get("is_available_for_purchase") is False:
                message = "What is not available for purchase has no day from which it is."
                raise InvalidError(message, field=f"channelListings.{index}")
            said = dict(each)
            published_moments([said], known.info.inputs.now)
            available_from(said, known.info.inputs.now)
            draft.listings.append((channel, listed_columns(said)))
            channels[key] = channel
        for error in faults.found[before:]:
            error.details["channels"] = [key]
    return channels


async def _draft_variants(
    known: Known,
    draft: NewProduct,
    given: Sequence[dict[str, Any]],
    channels: dict[str, Channel],
    faults: Faults,
) -> None:
    if len(given) > MOST_VARIANTS:
        raise InvalidError(f"At most {MOST_VARIANTS} variants of a product at once.", field="variants")
    for index, each in enumerate(given):
        own = Faults()
        try:
            variant = await draft_variant(known, each, draft.product_type, draft.vendor.id, channels, own)
            variant.within, variant.index = "variants", index
            draft.variants.append(variant)
        except (DomainError, Errors) as failed:
            own.note(failed)
        for error in own.found:
            faults.note(error, "variants", index)


async def _check_each_other(info: Info, drafts: list[NewProduct | None], faults: Sequence[Faults]) -> None:
    """Note what only one row may have, and two want. Products fail as a whole; variants are left out."""
    there = [(draft, wrong) for draft, wrong in zip(drafts, faults, strict=True) if draft is not None]
    failed: set[int] = set()

    def of_product(draft: NewProduct, wrong: Faults) -> Noting:
        def note(error: DomainError) -> None:
            failed.add(id(draft))
            wrong.note(error)

        return note

    def of_variant(draft: NewProduct, variant: NewVariant, wrong: Faults) -> Noting:
        def note(error: DomainError) -> None:
            draft.variants = [each for each in draft.variants if each is not variant]
            wrong.note(error, "variants", variant.index)

        return note

    products = [(draft, of_product(draft, wrong)) for draft, wrong in there]
    references = [(draft.columns.get("external_reference"), note) for draft, note in products]
    await check_free(info, models.Product.external_reference, "externalReference", references)
    await hold_slugs(info.session, models.Product)
    slugs = [(draft.columns.get("slug"), note) for draft, note in products]
    await check_free(info, models.Product.slug, "slug", slugs)
    variants = [
        (variant, of_variant(draft, variant, wrong)) for draft, wrong in there for variant in draft.variants
    ]
    for column, field in (
        (models.ProductVariant.external_reference, "externalReference"),
        (models.ProductVariant.sku, "sku"),
    ):
        wanted = [(variant.columns.get(column.key), note) for variant, note in variants]
        await check_free(info, column, field, wanted, all_of_the_same=column.key == "sku")
    for draft, wrong in there:
        check_unlike([(each, of_variant(draft, each, wrong)) for each in draft.variants])
    for place, each in enumerate(drafts):
        if id(each) in failed:
            drafts[place] = None


async def _give_slugs(info: Info, drafts: Sequence[NewProduct]) -> None:
    """Products that chose no slug are given one, as long as nobody else is."""
    unnamed = [draft for draft in drafts if "slug" not in draft.columns]
    chosen = [draft.columns["slug"] for draft in drafts if "slug" in draft.columns]
    names, sellers = [draft.columns["name"] for draft in unnamed], [draft.vendor.slug for draft in unnamed]
    slugs = await free_slugs(info.session, names, sellers, chosen)
    for draft, slug in zip(unnamed, slugs, strict=True):
        draft.columns["slug"] = slug
