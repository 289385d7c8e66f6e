"""What sellers change of the catalogue."""

from enum import Enum

from strawberry import ID

from marketplace.catalog.models import SheetImport as SheetImportRow
from marketplace.catalog.sheets.importing import import_sheet
from marketplace.kit.errors import InvalidError, PermissionDeniedError
from marketplace.people.permissions import Permission
from marketplace.vendors.models import Vendor
from marketplace_graphql.catalog.category_mutations import CategoryMutations
from marketplace_graphql.catalog.collection_mutations import CollectionMutations
from marketplace_graphql.catalog.product_bulk import ProductBulkMutations
from marketplace_graphql.catalog.product_mutations import ProductMutations
from marketplace_graphql.catalog.sheets import SheetImport
from marketplace_graphql.catalog.variant_bulk import VariantBulkMutations
from marketplace_graphql.catalog.variant_bulk_update import VariantBulkUpdateMutations
from marketplace_graphql.catalog.variant_mutations import VariantMutations
from marketplace_graphql.kernel import Info, Upload, UploadedFile, enum, error_type, mutation, object_type


@enum
class ListingSheetErrorCode(Enum):
    """Why a sheet could not be read at all."""

    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    INVALID = "INVALID"
    NO_ROWS = "NO_ROWS"
    NOT_A_SHEET = "NOT_A_SHEET"
    NOT_FOUND = "NOT_FOUND"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    UNIQUE = "UNIQUE"


ListingSheetError = error_type("ListingSheetError", ListingSheetErrorCode)


@object_type
class CatalogMutations(
    CategoryMutations,
    CollectionMutations,
    ProductMutations,
    ProductBulkMutations,
    VariantMutations,
    VariantBulkMutations,
    VariantBulkUpdateMutations,
):
    """What sellers and staff change of the catalogue."""

    @mutation(returns={"sheet_import": SheetImport | None}, errors=ListingSheetError)
    async def listing_sheet_import(
        self,
        info: Info,
        vendor_id: ID,
        file: Upload,
        dry_run: bool = True,
        channel: str | None = None,
    ) -> dict[str, SheetImportRow]:
        """Reads a seller's listing sheet: XLSX, XLS, ODS or CSV, or a ZIP archive of one and its photos.

        A dry run tells what is wrong; the real thing puts all of it on the shelves, or nothing. Prices are in
        the channel's currency, by default that of the seller's own country.
        """
        vendor = await info.find(Vendor, vendor_id, field_name="vendorId")
        _may_list(info, vendor)
        if channel is not None:
            info.channel_slug = channel
        if not isinstance(file, UploadedFile):
            raise InvalidError("Send the sheet as a file of a multipart request.", field="file")
        done = await import_sheet(
            info.session,
            info.context["storage"],
            vendor.id,
            file.filename,
            file.content,
            dry_run=dry_run,
            user_id=info.requester.user_id,
            channel_slug=channel,
        )
        return {"sheet_import": done}


def _may_list(info: Info, vendor: Vendor) -> None:
    """Owners and listers of a seller that works, and staff who look after listings.

    Raises PermissionDeniedError.
    """
    needed = Permission.MANAGE_PRODUCTS
    if needed not in info.requester.permissions and vendor.id not in info.requester.sellers_where([needed]):
        raise PermissionDeniedError(needed)
