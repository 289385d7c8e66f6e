"""What sellers change of themselves, and staff of sellers."""

from sqlalchemy import select
from strawberry import ID

from marketplace.catalog import models as catalog_models
from marketplace.catalog.lead_times import make_to_order
from marketplace.inventory import models as inventory_models
from marketplace.inventory.lots import NewLot, lay_in
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.people.permissions import Permission
from marketplace.people.service import checked_email
from marketplace.vendors import models as vendor_models
from marketplace.vendors import service
from marketplace_graphql.kernel import (
    Date,
    Info,
    changes,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.languages import CountryCode
from marketplace_graphql.vendors.banks import BankMutations
from marketplace_graphql.vendors.documents import DocumentMutations
from marketplace_graphql.vendors.errors import VendorError
from marketplace_graphql.vendors.links import LinkMutations
from marketplace_graphql.vendors.permits import works_for
from marketplace_graphql.vendors.standing import StandingMutations
from marketplace_graphql.vendors.team import DelegationMutations, TeamMutations

LONGEST_LINE = 250
"""Of a seller's name, and of what else is said of it in a line."""


@input_type
class VendorProfileInput:
    """What a seller says of itself. What is left out stays as it is."""

    story: str | None
    craft: str | None
    founded_year: int | None
    members_total: int | None
    members_women: int | None
    members_rural: int | None
    members_young: int | None
    shows_members_total: bool | None
    """Whether everybody may see the figure; so the next three."""
    shows_members_women: bool | None
    shows_members_rural: bool | None
    shows_members_young: bool | None


@input_type
class VendorCreateInput:
    """A seller that the shop takes in."""

    name: str
    kind: vendor_models.VendorKind
    country: CountryCode
    story: str | None
    craft: str | None
    ice: str | None
    """The number of its register, 15 digits, in Morocco."""
    email: str | None
    phone: str | None


@input_type
class LotInput:
    """Pieces that were harvested or made together."""

    code: str
    """As it is printed on the pieces."""
    pieces: int
    harvested_on: Date | None = None
    produced_on: Date | None = None
    best_before: Date | None = None
    """The last day on which they are sold."""
    maker: str | None = None
    shows_maker: bool | None = False
    """The maker chose to be named."""


@object_type
class VendorMutations(
    BankMutations,
    DelegationMutations,
    DocumentMutations,
    LinkMutations,
    StandingMutations,
    TeamMutations,
):
    """What is changed of sellers."""

    @mutation(returns="Vendor", errors=VendorError)
    async def vendor_profile_update(
        self, info: Info, id: ID, input: VendorProfileInput
    ) -> vendor_models.Vendor:
        """Changes what a seller says of itself. Its owner may, and staff who work with sellers."""
        vendor = await info.find(vendor_models.Vendor, id)
        await works_for(info, vendor.id, Permission.MANAGE_VENDORS, vendor_models.MemberRole.OWNER)
        given = {
            name: "" if value is None and name in ("story", "craft") else value
            for name, value in changes(input).items()
            if value is not None or name in ("story", "craft", "founded_year")
        }
        return await service.update_profile(info.session, vendor.id, given)

    @mutation(returns={"lot": "Lot | None"}, errors=VendorError)
    async def lot_create(
        self, info: Info, variant_id: ID, warehouse_id: ID, input: LotInput
    ) -> dict[str, inventory_models.Lot]:
        """Lays a lot on a shelf of its own. The seller's members may, and staff who work with products."""
        variant, vendor_id = await _own_variant(info, variant_id)
        warehouse = await info.find(inventory_models.Warehouse, warehouse_id, field_name="warehouseId")
        if warehouse.vendor_id != vendor_id:
            raise InvalidError("This is another seller's store room.", field="warehouseId")
        given = NewLot(
            code=input.code,
            pieces=input.pieces,
            harvested_on=input.harvested_on,
            produced_on=input.produced_on,
            best_before=input.best_before,
            maker_name=input.maker or "",
            shows_maker=bool(input.shows_maker),
        )
        return {"lot": await lay_in(info.session, variant.id, warehouse.id, given)}

    @mutation(returns={"product_variant": "ProductVariant | None"}, errors=VendorError)
    async def product_variant_make_to_order(
        self, info: Info, variant_id: ID, lead_time_days: int | None = None
    ) -> dict[str, catalog_models.ProductVariant]:
        """Sells a variant before it is made: so many days until it leaves. Null: from the shelf again.

        The seller's members may, and staff who work with products.
        """
        variant, _ = await _own_variant(info, variant_id)
        await make_to_order(info.session, variant.id, lead_time_days)
        return {"product_variant": variant}

    @mutation(returns="Vendor", errors=VendorError, needs=Permission.MANAGE_VENDORS)
    async def vendor_create(self, info: Info, input: VendorCreateInput) -> vendor_models.Vendor:
        """Takes a seller in. It sells nothing until `vendorApprove`."""
        given = changes(input)
        said = {name: given[name] for name in ("story", "craft", "phone") if given.get(name)}
        if given.get("email"):
            said["email"] = checked_email(given["email"])
        for name, text in {"name": input.name, **said}.items():
            if len(text) > (service.LONGEST_STORY if name == "story" else LONGEST_LINE):
                raise InvalidError("This is too long.", field=name)
        new = service.NewVendor(
            name=input.name,
            kind=input.kind,
            country_code=input.country.value,
            ice=given.get("ice"),
            **said,
        )
        return await service.create_vendor(info.session, new)


async def _own_variant(info: Info, variant_id: ID) -> tuple[catalog_models.ProductVariant, int]:
    """A variant, and its seller's key. Raises NotFoundError, InvalidError, PermissionDeniedError."""
    variant = await info.find(catalog_models.ProductVariant, variant_id, field_name="variantId")
    vendor_id = await info.session.scalar(
        select(catalog_models.Product.vendor_id).where(catalog_models.Product.id == variant.product_id)
    )
    if vendor_id is None:
        raise NotFoundError("There is no such variant.", field="variantId")
    roles = (vendor_models.MemberRole.OWNER, vendor_models.MemberRole.LISTER, vendor_models.MemberRole.PACKER)
    await works_for(info, vendor_id, Permission.MANAGE_PRODUCTS, *roles)
    return variant, vendor_id
