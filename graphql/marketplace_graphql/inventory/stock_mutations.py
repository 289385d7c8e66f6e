"""How staff and sellers say what lies in store rooms."""

from typing import Any
from uuid import UUID

from strawberry import ID

from marketplace.catalog import models as catalog
from marketplace.inventory import models
from marketplace.inventory import stocks as service
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.product_errors import ProductError
from marketplace_graphql.catalog.variant_inputs import StockInput, pieces_of
from marketplace_graphql.inventory.types import Stock as StockType
from marketplace_graphql.kernel import (
    ErrorPolicyEnum,
    Info,
    error_entries,
    error_type,
    input_type,
    mutation,
    object_type,
    row_by,
    subject,
)

NEEDS = Permission.MANAGE_PRODUCTS
VARIANT = "ProductVariant"
MOST_AT_ONCE = 1000
BulkStockError = error_type(
    "BulkStockError",
    ProductError.codes,
    twin="bulkStockErrors",
    attributes=list[ID] | None,
    values=list[ID] | None,
    index=int | None,
)
StockError = error_type(
    "StockError",
    ("ALREADY_EXISTS", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE"),
    twin="stockErrors",
)
StockBulkUpdateError = error_type(
    "StockBulkUpdateError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED")
)


@input_type
class StockBulkUpdateInput:
    """How many pieces of a variant lie in a store room: each is named by its id or its external reference."""

    variant_id: ID | None
    variant_external_reference: str | None
    warehouse_id: ID | None
    warehouse_external_reference: str | None
    quantity: int


@object_type
class StockBulkResult:
    """What became of one stock of many."""

    stock: StockType | None
    errors: list[StockBulkUpdateError.declared] | None  # type: ignore[name-defined]


_by_id_or_sku = row_by(catalog.ProductVariant, "sku")


@subject()
async def the_variant(
    info: Info, variant_id: ID | None = None, sku: str | None = None
) -> catalog.ProductVariant:
    try:
        found: catalog.ProductVariant = await _by_id_or_sku.find(info, id=variant_id, sku=sku)
    except DomainError as error:
        error.field = "variantId" if error.field == "id" else error.field
        raise
    return found


@object_type
class StockMutations:
    """What is changed of stocks."""

    @mutation(returns=VARIANT, errors=BulkStockError, needs=NEEDS, sellers=True)
    async def product_variant_stocks_create(
        self, info: Info, variant_id: ID, stocks: list[StockInput]
    ) -> catalog.ProductVariant:
        """Lays pieces of a variant into store rooms that have none."""
        variant = await info.find(catalog.ProductVariant, variant_id, field_name="variantId")
        pieces = await pieces_of(info, stocks, await _seller_of(info, variant))
        await service.create_stocks(info.session, variant.id, pieces)
        return variant

    @mutation(returns=VARIANT, errors=BulkStockError, needs=NEEDS, about=the_variant, sellers=True)
    async def product_variant_stocks_update(
        self, info: Info, variant: catalog.ProductVariant, stocks: list[StockInput]
    ) -> catalog.ProductVariant:
        """Says how many pieces of a variant lie in store rooms, whether or not there were any."""
        pieces = await pieces_of(info, stocks, await _seller_of(info, variant))
        await service.set_stocks(info.session, variant.id, pieces)
        return variant

    @mutation(returns=VARIANT, errors=StockError, needs=NEEDS, about=the_variant, sellers=True)
    async def product_variant_stocks_delete(
        self, info: Info, variant: catalog.ProductVariant, warehouse_ids: list[ID] | None = None
    ) -> catalog.ProductVariant:
        """Takes all pieces of a variant out of store rooms. Rooms that have none are no mistake."""
        info.at_most(MOST_AT_ONCE, warehouse_ids or (), "warehouseIds")
        try:
            keys = [info.key(warehouse_id, "Warehouse") for warehouse_id in warehouse_ids or ()]
        except InvalidError as error:
            error.field = "warehouseIds"
            raise
        rooms = await info.seen(models.Warehouse, keys)
        await service.delete_stocks(info.session, variant.id, rooms.keys())
        return variant

    @mutation(
        returns={"count": int, "results": list[StockBulkResult]},
        failed={"count": 0, "results": []},
        errors=StockBulkUpdateError,
        needs=NEEDS,
        sellers=True,
    )
    async def stock_bulk_update(
        self, info: Info, stocks: list[StockBulkUpdateInput], error_policy: ErrorPolicyEnum | None = None
    ) -> dict[str, Any]:
        """Says how many pieces lie in stocks. All lines name variants in one way, and store rooms in one."""
        info.at_most(MOST_AT_ONCE, stocks, "stocks")
        errors: list[list[DomainError]] = [_mistakes_of(each) for each in stocks]
        _check_one_way([each for each, wrong in zip(stocks, errors, strict=True) if not wrong])
        found = await _stocks_named(info, stocks, errors)
        failed = any(errors)
        if (
            failed
            and (error_policy or ErrorPolicyEnum.REJECT_EVERYTHING) is ErrorPolicyEnum.REJECT_EVERYTHING
        ):
            found = [None] * len(stocks)
        counted = [
            (stock, each.quantity) for stock, each in zip(found, stocks, strict=True) if stock is not None
        ]
        await service.recount(info.session, counted)
        results = [
            {"stock": stock, "errors": error_entries(StockBulkUpdateError, wrong)}
            for stock, wrong in zip(found, errors, strict=True)
        ]
        return {"count": len(counted), "results": results}


async def _seller_of(info: Info, variant: catalog.ProductVariant) -> int:
    product = await info.session.get_one(catalog.Product, variant.product_id)
    return product.vendor_id


def _mistakes_of(given: StockBulkUpdateInput) -> list[DomainError]:
    """What is wrong with one line before anything is looked up."""
    errors: list[DomainError] = []
    for what in ("variant", "warehouse"):
        by_id, by_reference = getattr(given, f"{what}_id"), getattr(given, f"{what}_external_reference")
        if bool(by_id) == bool(by_reference):
            message = f"Name the {what} by either its id or its external reference."
            errors.append(InvalidError(message))
    if not 0 <= given.quantity <= service.MOST_PIECES:
        errors.append(InvalidError("There are no fewer than none.", field="quantity"))
    return errors


def _check_one_way(given: list[StockBulkUpdateInput]) -> None:
    """Raises DomainError where some lines say ids and others external references."""
    for what in ("variant", "warehouse"):
        if len({bool(getattr(each, f"{what}_id")) for each in given}) > 1:
            message = f"All lines name the {what} in the same way: by id, or by external reference."
            raise DomainError(message, code="GRAPHQL_ERROR")


async def _stocks_named(
    info: Info, given: list[StockBulkUpdateInput], errors: list[list[DomainError]]
) -> list[models.Stock | None]:
    """The stock of each line, locked; None, with its error noted, where there is none to be changed so."""
    variants = await _keys_named(info, catalog.ProductVariant, "variant", given, errors)
    rooms = await _keys_named(info, models.Warehouse, "warehouse", given, errors)
    pairs = [
        (variant, room) if variant is not None and room is not None else None
        for variant, room in zip(variants, rooms, strict=True)
    ]
    known = await service.stocks_of_pairs(info.session, {pair for pair in pairs if pair is not None})
    found: list[models.Stock | None] = []
    for pair, each, wrong in zip(pairs, given, errors, strict=True):
        stock = None if pair is None else known.get(pair)
        if not wrong and stock is None:
            wrong.append(NotFoundError("Stock was not found."))
        if stock is not None and not wrong:
            try:
                service.check_pieces(each.quantity, stock.quantity_allocated)
            except InvalidError as error:
                wrong.append(error)
        found.append(None if wrong else stock)
    return found


async def _keys_named(
    info: Info,
    model: type[catalog.ProductVariant] | type[models.Warehouse],
    what: str,
    given: list[StockBulkUpdateInput],
    errors: list[list[DomainError]],
) -> list[Any]:
    """The keys of variants or store rooms that the requester may change, one for each line."""
    keys: list[int | UUID | None] = []
    references: list[str | None] = []
    for each, wrong in zip(given, errors, strict=True):
        global_id = getattr(each, f"{what}_id") or None
        references.append(getattr(each, f"{what}_external_reference") or None)
        try:
            keys.append(None if global_id is None else info.key(global_id, model.__name__))
        except InvalidError:
            wrong.append(InvalidError(f"Invalid {what}Id.", field=f"{what}Id"))
            keys.append(None)
    by_id = await info.seen(model, {key for key in keys if key is not None})
    by_reference = await info.seen(
        model, {each for each in references if each is not None}, by=lambda row: row.external_reference
    )
    named = []
    for key, reference in zip(keys, references, strict=True):
        row = by_id.get(key) if key is not None else by_reference.get(reference)
        named.append(None if row is None else row.id)
    return named
