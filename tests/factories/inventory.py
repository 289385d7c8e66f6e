"""Store rooms and what lies in them, for tests."""

from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product, ProductVariant
from marketplace.inventory.lots import NewLot, lay_in
from marketplace.inventory.models import Lot, Stock, Warehouse
from marketplace.people.models import Address

_numbers = count(1)


async def make_warehouse(session: AsyncSession, vendor_id: int | None = None) -> Warehouse:
    number = next(_numbers)
    address = Address(street_address_1="Douar Ait Baha", city="Agadir", country_code="MA")
    session.add(address)
    await session.flush()
    warehouse = Warehouse(
        vendor_id=vendor_id, name=f"Magasin {number}", slug=f"magasin-{number}", address_id=address.id
    )
    session.add(warehouse)
    await session.flush()
    return warehouse


async def make_stock(
    session: AsyncSession, variant: ProductVariant, quantity: int, warehouse: Warehouse | None = None
) -> Stock:
    """So many pieces of a variant, in a store room of its seller's."""
    if warehouse is None:
        vendor_id = await session.scalar(select(Product.vendor_id).where(Product.id == variant.product_id))
        warehouse = await make_warehouse(session, vendor_id)
    stock = Stock(variant_id=variant.id, warehouse_id=warehouse.id, quantity=quantity)
    session.add(stock)
    await session.flush()
    return stock


async def make_lot(session: AsyncSession, variant: ProductVariant, **given: object) -> Lot:
    """Ten pieces of a lot of a variant, in a store room of its seller's."""
    vendor_id = await session.scalar(select(Product.vendor_id).where(Product.id == variant.product_id))
    warehouse = await make_warehouse(session, vendor_id)
    lot = NewLot(**{"code": f"L-{next(_numbers)}", "pieces": 10} | given)  # type: ignore[arg-type]
    return await lay_in(session, variant.id, warehouse.id, lot)
