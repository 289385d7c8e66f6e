"""What the store rooms do when another room tells of a change."""

from babel import Locale
from sqlalchemy import BigInteger, Uuid, any_, bindparam, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.events import ListingsStocked, VariantsLaidIn, VariantsWithdrawn
from marketplace.inventory.models import Allocation, Stock, Warehouse
from marketplace.inventory.serving import leave_own_rooms_outside
from marketplace.kit.events import subscribe
from marketplace.markets.events import ChannelOpened, ShippingZoneOpened
from marketplace.people.addresses import PostalAddress, create_address
from marketplace.vendors.models import Province, Vendor


@subscribe(ChannelOpened)
async def begin_channel_without_own_rooms(session: AsyncSession, event: ChannelOpened) -> None:
    """Sellers' store rooms serve a new channel at once, the shop's own when they are put into it."""
    await leave_own_rooms_outside(session, channel_id=event.channel_id)


@subscribe(ShippingZoneOpened)
async def begin_zone_without_own_rooms(session: AsyncSession, event: ShippingZoneOpened) -> None:
    """The same of a new zone."""
    await leave_own_rooms_outside(session, zone_id=event.zone_id)


@subscribe(ListingsStocked)
async def stock_listings(session: AsyncSession, event: ListingsStocked) -> None:
    """Lay a seller's pieces, of no named lot, on the shelf of its first store room. What is sold stays there
    until sent.
    """
    if not event.pieces:
        return
    warehouse = await session.scalar(
        select(Warehouse).where(Warehouse.vendor_id == event.vendor_id).order_by(Warehouse.slug).limit(1)
    )
    if warehouse is None:
        warehouse = await _first_store_room(session, event.vendor_id)
    variant_ids = sorted(event.pieces)
    given = func.unnest(
        bindparam("variant_ids", variant_ids, ARRAY(BigInteger)),
        bindparam("pieces", [event.pieces[variant_id] for variant_id in variant_ids], ARRAY(BigInteger)),
    )
    shelf = given.table_valued("variant_id", "pieces").render_derived("shelf")
    rows = select(
        bindparam("warehouse_id", warehouse.id, Uuid),
        shelf.c.variant_id,
        shelf.c.pieces,
        literal(0, BigInteger),
    ).order_by(shelf.c.variant_id)
    adding = insert(Stock).from_select(["warehouse_id", "variant_id", "quantity", "quantity_allocated"], rows)
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=[Stock.variant_id, Stock.warehouse_id, Stock.lot_id],
            set_={"quantity": func.greatest(adding.excluded.quantity, Stock.quantity_allocated)},
        )
    )


@subscribe(VariantsLaidIn)
async def lay_in_first_pieces(session: AsyncSession, event: VariantsLaidIn) -> None:
    """The pieces that new variants come with."""
    rows = [
        {"variant_id": variant_id, "warehouse_id": warehouse_id, "quantity": quantity}
        for variant_id, warehouse_id, quantity in event.pieces
    ]
    if rows:
        await session.execute(insert(Stock), rows)


@subscribe(VariantsWithdrawn)
async def forget_what_is_sold(session: AsyncSession, event: VariantsWithdrawn) -> None:
    """Stocks go with a variant that is deleted: what is sold of them leaves without having been counted."""
    if event.channel_ids is not None:
        return
    variants = bindparam("variants", list(event.variant_ids), ARRAY(BigInteger))
    stocks = select(Stock.id).where(Stock.variant_id == any_(variants)).order_by(Stock.id)
    keys = bindparam("keys", list(await session.scalars(stocks.with_for_update())), ARRAY(BigInteger))
    await session.execute(
        delete(Allocation).where(Allocation.stock_id == any_(keys)),
        execution_options={"synchronize_session": False},
    )


async def _first_store_room(session: AsyncSession, vendor_id: int) -> Warehouse:
    """A seller that has said nothing of its store room has one where it works."""
    vendor = await session.get_one(Vendor, vendor_id)
    province = await session.get(Province, vendor.province_code) if vendor.province_code else None
    country = Locale("fr").territories[vendor.country_code]
    address = await create_address(
        session,
        PostalAddress(
            country_code=vendor.country_code,
            company_name=vendor.name,
            city=province.name_fr if province else country,
            phone=vendor.phone,
        ),
    )
    warehouse = Warehouse(
        vendor_id=vendor.id, name=vendor.name, slug=vendor.slug, email=vendor.email, address_id=address.id
    )
    session.add(warehouse)
    await session.flush()
    return warehouse
