"""How store rooms are opened, changed and closed: by staff, and by sellers' members within their seller."""

from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.inventory import models, serving, warehouses
from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import ShippingZone
from marketplace.people.addresses import PostalAddress
from marketplace.people.addresses import postal_address as as_kept
from marketplace.people.models import Address
from marketplace.people.permissions import Permission
from marketplace.vendors.models import Vendor
from marketplace_graphql.checkout.inputs import changed_address, postal_address
from marketplace_graphql.kernel import (
    Info,
    changes,
    deletion,
    error_type,
    input_type,
    mutation,
    object_type,
    row_by,
)

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

WAREHOUSE = "Warehouse"
NEEDS = Permission.MANAGE_PRODUCTS
ZONES_AT_ONCE = 1000

WarehouseError = error_type(
    "WarehouseError",
    ("ALREADY_EXISTS", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE"),
    twin="warehouseErrors",
    shipping_zones=list[ID] | None,
)


@input_type(outdated={"shipping_zones": "Use `assignWarehouseShippingZone`."})
class WarehouseCreateInput:
    """A new store room."""

    slug: str | None
    """Left out: spelled from the name."""
    email: str | None
    external_reference: str | None
    """What another system calls it."""
    name: str
    address: "AddressInput"
    shipping_zones: list[ID] | None
    vendor: ID | None
    """Whose it is. Left out: the shop's own; said by a seller's member: the seller's."""


@input_type
class WarehouseUpdateInput:
    """What changes of a store room."""

    slug: str | None
    email: str | None
    external_reference: str | None
    """What another system calls it."""
    name: str | None
    address: "AddressInput | None"
    click_and_collect_option: models.CollectionOption | None
    """Whether buyers may fetch goods there."""
    is_private: bool | None
    """Whether it is kept from the public."""


@object_type
class WarehouseMutations:
    """Store rooms."""

    @mutation(
        returns=WAREHOUSE,
        errors=WarehouseError,
        needs=NEEDS,
        payload_name="WarehouseCreate",
        tells="WAREHOUSE_CREATED",
        sellers=True,
    )
    async def create_warehouse(self, info: Info, input: WarehouseCreateInput) -> models.Warehouse:
        """Opens a store room. A seller's serves all channels and zones, the shop's own those it is put in."""
        sent = _said(input)
        if sent.pop("shipping_zones", None):
            raise InvalidError("Use `assignWarehouseShippingZone`.", field="shippingZones")
        vendor_id = await _vendor_id(info, sent.pop("vendor", None))
        if not sent.get("slug"):
            sent.pop("slug", None)
        return await warehouses.open_warehouse(info.session, sent, postal_address(input.address), vendor_id)

    @mutation(
        returns=WAREHOUSE,
        errors=WarehouseError,
        needs=NEEDS,
        payload_name="WarehouseUpdate",
        tells="WAREHOUSE_UPDATED",
        about=row_by(models.Warehouse, "external_reference", lock=True),
        sellers=True,
    )
    async def update_warehouse(
        self, info: Info, warehouse: models.Warehouse, input: WarehouseUpdateInput
    ) -> models.Warehouse:
        """Changes a store room."""
        address = await _changed_address(info, warehouse, input)
        return await warehouses.change_warehouse(info.session, warehouse, _said(input), address)

    delete_warehouse = deletion(
        models.Warehouse,
        warehouses.delete_warehouses,
        doc="Closes a store room for good. What lies in it is not counted any more.",
        errors=WarehouseError,
        needs=NEEDS,
        payload_name="WarehouseDelete",
        tells="WAREHOUSE_DELETED",
        sellers=True,
    )

    @mutation(
        returns=WAREHOUSE,
        errors=WarehouseError,
        needs=NEEDS,
        payload_name="WarehouseShippingZoneAssign",
        tells="WAREHOUSE_UPDATED",
        sellers=True,
    )
    async def assign_warehouse_shipping_zone(
        self, info: Info, id: ID, shipping_zone_ids: list[ID]
    ) -> models.Warehouse:
        """Has parcels of a store room go to zones, which share a channel with it."""
        warehouse = await info.find(models.Warehouse, id, lock=True)
        zones = await _zones(info, shipping_zone_ids)
        apart = await serving.zones_apart(info.session, warehouse.id, [zone.id for zone in zones])
        if apart:
            raise InvalidError(
                "It serves no channel that delivers to these zones.",
                field="shippingZones",
                shipping_zones=[to_global_id("ShippingZone", zone_id) for zone_id in apart],
            )
        for zone in zones:
            await serving.put_into_zone(info.session, zone.id, [warehouse.id])
        return warehouse

    @mutation(
        returns=WAREHOUSE,
        errors=WarehouseError,
        needs=NEEDS,
        payload_name="WarehouseShippingZoneUnassign",
        tells="WAREHOUSE_UPDATED",
        sellers=True,
    )
    async def unassign_warehouse_shipping_zone(
        self, info: Info, id: ID, shipping_zone_ids: list[ID]
    ) -> models.Warehouse:
        """Has no parcel of a store room go to zones any more."""
        warehouse = await info.find(models.Warehouse, id, lock=True)
        for zone in await _zones(info, shipping_zone_ids):
            await serving.take_out_of_zone(info.session, zone.id, [warehouse.id])
        return warehouse


def _said(input: WarehouseCreateInput | WarehouseUpdateInput) -> dict[str, Any]:
    """What is said but for the address. Null says nothing, but of what another system calls it."""
    sent = changes(input)
    sent.pop("address", None)
    return {name: value for name, value in sent.items() if value is not None or name == "external_reference"}


async def _vendor_id(info: Info, vendor: str | None) -> int | None:
    """Whose a new store room is. Raises RequiredError, NotFoundError, InvalidError."""
    if vendor is not None:
        found = await info.session.get(Vendor, info.key(vendor, "Vendor"))
        if found is None or (info.within is not None and found.id not in info.within):
            raise NotFoundError(f"Couldn't resolve to a node: {vendor}", field="vendor")
        return found.id
    if info.within is None:
        return None
    if len(info.within) > 1:
        raise RequiredError("Say whose it is.", field="vendor")
    return info.within[0]


async def _changed_address(
    info: Info, warehouse: models.Warehouse, input: WarehouseUpdateInput
) -> PostalAddress | None:
    """The whole new address, if one was sent. What it leaves out stays as it is."""
    if not input.address:
        return None
    kept = as_kept(await info.session.get_one(Address, warehouse.address_id))
    return changed_address(kept, input.address)


async def _zones(info: Info, ids: list[ID]) -> list[ShippingZone]:
    info.at_most(ZONES_AT_ONCE, ids, "shippingZoneIds")
    return await info.find_many(ShippingZone, dict.fromkeys(ids), field_name="shippingZoneIds")
