"""Many variants of a product at once, with their prices and pieces."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog.many import NewVariant, write_variants
from marketplace.catalog.publishing import channels_of
from marketplace.catalog.variants import lock_product
from marketplace.inventory.models import Warehouse
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.bulk_errors import (
    BulkProductError,
    ProductVariantBulkError,
    variant_entries,
)
from marketplace_graphql.catalog.bulk_inputs import ProductVariantBulkCreateInput
from marketplace_graphql.catalog.drafting import Known, Noting, check_free, check_unlike, draft_variant
from marketplace_graphql.catalog.settling import settle
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
    from marketplace_graphql.catalog.products import ProductVariant

NEEDS = Permission.MANAGE_PRODUCTS
MOST_VARIANTS = 500
UNIQUE_COLUMNS = (
    (models.ProductVariant.external_reference, "externalReference"),
    (models.ProductVariant.sku, "sku"),
)


@object_type
class ProductVariantBulkResult:
    """What became of one variant of many."""

    product_variant: "ProductVariant | None"
    errors: list[ProductVariantBulkError.declared] | None  # type: ignore[name-defined]


@object_type
class VariantBulkMutations:
    """Many variants at once."""

    @mutation(
        returns={
            "count": int,
            "product_variants": "list[ProductVariant]",
            "results": list[ProductVariantBulkResult],
        },
        failed={"count": 0, "product_variants": [], "results": []},
        errors=BulkProductError,
        needs=NEEDS,
        sellers=True,
    )
    async def product_variant_bulk_create(
        self,
        info: Info,
        product: ID,
        variants: list[ProductVariantBulkCreateInput],
        error_policy: ErrorPolicyEnum | None = None,
    ) -> dict[str, Any]:
        """Adds many variants to a product, with their prices and pieces."""
        info.at_most(MOST_VARIANTS, variants, "variants")
        whole = await info.find(models.Product, product, field_name="product")
        await lock_product(info.session, whole.id)
        known = await looked_up(info, whole, [each.stocks for each in variants])
        channels = await channels_by_id(info, whole)
        faults = [Faults() for _ in variants]
        drafts = [
            await _draft(known, whole, channels, changes(each), wrong)
            for each, wrong in zip(variants, faults, strict=True)
        ]
        await _check_each_other(info, drafts, faults)

        async def write(chosen: Sequence[NewVariant]) -> Sequence[models.ProductVariant]:
            return await write_variants(info.session, whole, chosen, may_add_choices=info.within is None)

        rows = await settle(info.session, drafts, faults, error_policy, write)
        made = [row for row in rows if row is not None]
        await announce(info.session, "PRODUCT_VARIANT_CREATED", *made)
        errors = _by_index(faults)
        return {
            "count": len(made),
            "product_variants": made,
            "results": results_of(rows, faults),
            "errors": errors,
            "bulk_product_errors": errors,
        }


async def looked_up(info: Info, product: models.Product, stocks: Sequence[Any]) -> Known:
    """The product's type, and the store rooms that lines name."""
    known = Known(info)
    kind = to_global_id("ProductType", product.product_type_id)
    await known.load(models.ProductType, [kind])
    rooms = [each.warehouse for lines in stocks for each in lines or ()]
    await known.load(Warehouse, rooms)
    return known


def type_of(known: Known, product: models.Product) -> models.ProductType:
    """The product's type, once it has been looked up."""
    found: models.ProductType = known.rows[models.ProductType][product.product_type_id]
    return found


async def channels_by_id(info: Info, product: models.Product) -> dict[str, Channel]:
    """The channels that a product is in, by global id."""
    found = (await channels_of(info.session, [product.id]))[product.id]
    return {to_global_id("Channel", key): channel for key, channel in found.items()}


def results_of(rows: Sequence[Any], faults: Sequence[Faults]) -> list[dict[str, Any]]:
    """What became of each line."""
    return [
        {"product_variant": row, "errors": variant_entries(wrong.found)}
        for row, wrong in zip(rows, faults, strict=True)
    ]


async def _draft(
    known: Known,
    product: models.Product,
    channels: Mapping[str, Channel],
    given: Mapping[str, Any],
    faults: Faults,
) -> NewVariant | None:
    try:
        return await draft_variant(known, given, type_of(known, product), product.vendor_id, channels, faults)
    except (DomainError, Errors) as error:
        faults.note(error)
    return None


async def _check_each_other(info: Info, drafts: list[NewVariant | None], faults: Sequence[Faults]) -> None:
    """Note what only one variant may have, and two want: such lines fail as a whole."""
    failed: set[int] = set()

    def of_line(place: int) -> Noting:
        def note(error: DomainError) -> None:
            failed.add(place)
            faults[place].note(error)

        return note

    there = [(draft, of_line(place)) for place, draft in enumerate(drafts) if draft is not None]
    for column, field in UNIQUE_COLUMNS:
        wanted = [(draft.columns.get(column.key), note) for draft, note in there]
        await check_free(info, column, field, wanted, all_of_the_same=column.key == "sku")
    check_unlike(there)
    for place in failed:
        drafts[place] = None


def _by_index(faults: Sequence[Faults]) -> list[dict[str, Any]]:
    """All errors of all lines, each with its line's index: Saleor's older way to tell them."""
    entries = []
    for index, wrong in enumerate(faults):
        for entry in error_entries(BulkProductError, wrong.found):
            field = entry["field"] and entry["field"].rpartition(".")[2]
            entries.append(entry | {"index": index, "field": field})
    return entries
