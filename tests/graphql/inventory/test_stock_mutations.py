"""Staff and sellers say what lies in store rooms."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product, ProductVariant
from marketplace.inventory.models import Allocation, Stock, Warehouse
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.vendors.models import MemberRole
from tests.factories.catalog import make_product
from tests.factories.checkout import make_market, make_piece
from tests.factories.inventory import make_lot, make_stock, make_warehouse
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
FIELDS = "errors { field code index } productVariant { stocks { quantity warehouse { id } } }"
CREATE = f"""mutation($id: ID!, $stocks: [StockInput!]!) {{
  productVariantStocksCreate(variantId: $id, stocks: $stocks) {{ bulkStockErrors {{ field }} {FIELDS} }} }}"""
UPDATE = f"""mutation($id: ID, $sku: String, $stocks: [StockInput!]!) {{
  productVariantStocksUpdate(variantId: $id, sku: $sku, stocks: $stocks) {{ {FIELDS} }} }}"""
DELETE = """mutation($id: ID, $sku: String, $rooms: [ID!]) {
  productVariantStocksDelete(variantId: $id, sku: $sku, warehouseIds: $rooms) {
    errors { field code } stockErrors { field } productVariant { stocks { quantity } } } }"""
BULK = """mutation($stocks: [StockBulkUpdateInput!]!, $policy: ErrorPolicyEnum) {
  stockBulkUpdate(stocks: $stocks, errorPolicy: $policy) { count errors { field code }
    results { stock { quantity } errors { field code } } } }"""
NOWHERE = 10**9
Heard = list[tuple[str, int]]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Every announcement of a stock: the event, and how many pieces it has."""
    found: Heard = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        found.extend((told.event, row.quantity) for row in told.rows if isinstance(row, Stock))

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    return found


def of(kind: str, row: Any) -> str:
    return to_global_id(kind, row.id)


@pytest.fixture
async def variant(session: AsyncSession) -> ProductVariant:
    variant = (await make_product(session)).variants[0]
    variant.sku, variant.external_reference = "T-1", "erp-1"
    await session.flush()
    return variant


@pytest.fixture
async def room(session: AsyncSession, variant: ProductVariant) -> Warehouse:
    """A store room of the variant's seller."""
    product = await session.get_one(Product, variant.product_id)
    room = await make_warehouse(session, product.vendor_id)
    room.external_reference = "room-1"
    await session.flush()
    return room


def lines(*given: tuple[Warehouse, int]) -> list[dict[str, Any]]:
    return [{"warehouse": of("Warehouse", room), "quantity": quantity} for room, quantity in given]


async def test_pieces_are_laid_into_store_rooms(
    read: Ask, session: AsyncSession, variant: ProductVariant, room: Warehouse, heard: Heard
) -> None:
    """The seller's own, and the shop's."""
    shops = await make_warehouse(session)
    given = {"id": of("ProductVariant", variant), "stocks": lines((room, 5), (shops, 0))}
    made = (await read(CREATE, STAFF, **given))["productVariantStocksCreate"]
    assert (made["errors"], made["bulkStockErrors"]) == ([], [])
    assert [each["quantity"] for each in made["productVariant"]["stocks"]] == [5, 0]
    assert heard == [
        ("PRODUCT_VARIANT_BACK_IN_STOCK", 5),
        ("PRODUCT_VARIANT_STOCK_UPDATED", 5),
        ("PRODUCT_VARIANT_STOCK_UPDATED", 0),
    ]


async def test_what_can_not_lie_there_is_refused(
    read: Ask, session: AsyncSession, variant: ProductVariant, room: Warehouse
) -> None:
    known = await make_warehouse(session, room.vendor_id)
    await make_stock(session, variant, 3, known)
    theirs = await make_warehouse(session, (await make_vendor(session)).id)
    key = of("ProductVariant", variant)
    nowhere = [{"warehouse": to_global_id("Warehouse", UUID(int=1)), "quantity": 1}]
    for given, field, code, index in (
        ({"id": to_global_id("ProductVariant", NOWHERE)}, "variantId", "NOT_FOUND", None),
        ({"stocks": nowhere}, "warehouse", "NOT_FOUND", None),
        ({"stocks": [{"warehouse": "nonsense", "quantity": 1}]}, "warehouse", "INVALID", None),
        ({"stocks": lines((theirs, 1))}, "warehouse", "INVALID", None),
        ({"stocks": lines((room, 1), (room, 2))}, "warehouse", "UNIQUE", 1),
        ({"stocks": lines((room, 1), (known, 2))}, "warehouse", "UNIQUE", 1),
        ({"stocks": lines((room, -1))}, "quantity", "INVALID", 0),
    ):
        made = await read(CREATE, STAFF, **{"id": key, "stocks": []} | given)
        (error,) = made["productVariantStocksCreate"]["errors"]
        assert error == {"field": field, "code": code, "index": index}
    assert await session.scalar(select(func.count()).select_from(Stock)) == 1


async def test_pieces_are_counted_whether_or_not_there_were_any(
    read: Ask, session: AsyncSession, variant: ProductVariant, room: Warehouse, heard: Heard
) -> None:
    for given, quantity, told in (
        ({"sku": "T-1"}, 4, ["BACK_IN_STOCK", "STOCK_UPDATED"]),
        ({"id": of("ProductVariant", variant)}, 4, []),
        ({"id": of("ProductVariant", variant)}, 2, ["STOCK_UPDATED"]),
        ({"id": of("ProductVariant", variant)}, 0, ["OUT_OF_STOCK", "STOCK_UPDATED"]),
        ({"id": of("ProductVariant", variant)}, 1, ["BACK_IN_STOCK", "STOCK_UPDATED"]),
    ):
        heard.clear()
        done = (await read(UPDATE, STAFF, **given, stocks=lines((room, quantity))))[
            "productVariantStocksUpdate"
        ]
        assert done["errors"] == []
        assert [each["quantity"] for each in done["productVariant"]["stocks"]] == [quantity]
        assert heard == [(f"PRODUCT_VARIANT_{event}", quantity) for event in told]


async def test_the_variant_is_named_once(read: Ask, variant: ProductVariant, room: Warehouse) -> None:
    for given, field, code in (
        ({}, None, "GRAPHQL_ERROR"),
        ({"id": of("ProductVariant", variant), "sku": "T-1"}, None, "GRAPHQL_ERROR"),
        ({"sku": "T-2"}, "sku", "NOT_FOUND"),
        ({"id": to_global_id("ProductVariant", NOWHERE)}, "variantId", "NOT_FOUND"),
    ):
        done = await read(UPDATE, STAFF, **given, stocks=lines((room, 1)))
        (error,) = done["productVariantStocksUpdate"]["errors"]
        assert (error["field"], error["code"]) == (field, code)
        done = await read(DELETE, STAFF, **given, rooms=[of("Warehouse", room)])
        (error,) = done["productVariantStocksDelete"]["errors"]
        assert (error["field"], error["code"]) == (field, code)


async def test_no_fewer_pieces_lie_there_than_are_sold(read: Ask, session: AsyncSession) -> None:
    market = await make_market(session)
    variant = await make_piece(session, market.channel, stock=5)
    await make_order(session, market, variant, quantity=3)
    stock = (await session.scalars(select(Stock))).one()
    room = await session.get_one(Warehouse, stock.warehouse_id)
    key = of("ProductVariant", variant)
    for quantity, errors in ((2, [{"field": "quantity", "code": "INVALID", "index": 0}]), (3, [])):
        done = await read(UPDATE, STAFF, id=key, stocks=lines((room, quantity)))
        assert done["productVariantStocksUpdate"]["errors"] == errors
    bulk = {"variantId": key, "warehouseId": of("Warehouse", room), "quantity": 1}
    done = (await read(BULK, STAFF, stocks=[bulk]))["stockBulkUpdate"]
    assert done["results"] == [{"stock": None, "errors": [{"field": "quantity", "code": "INVALID"}]}]
    await session.refresh(stock)
    assert stock.quantity == 3


async def test_a_stock_is_taken_away_with_what_is_sold_of_it(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    """The order stays, and its pieces leave without having been counted, as in Saleor."""
    market = await make_market(session)
    variant = await make_piece(session, market.channel, stock=5)
    await make_lot(session, variant)
    await make_order(session, market, variant)
    rooms = [to_global_id("Warehouse", key) for key in await session.scalars(select(Stock.warehouse_id))]
    elsewhere = await make_warehouse(session)
    await make_stock(session, variant, 2, elsewhere)
    given = {
        "id": of("ProductVariant", variant),
        "rooms": [*rooms, of("Warehouse", await make_warehouse(session))],
    }
    done = (await read(DELETE, STAFF, **given))["productVariantStocksDelete"]
    assert (done["errors"], done["stockErrors"]) == ([], [])
    assert done["productVariant"]["stocks"] == [{"quantity": 2}]
    assert await session.scalar(select(func.count()).select_from(Allocation)) == 0
    assert [event for event, _ in heard] == ["PRODUCT_VARIANT_OUT_OF_STOCK"] * 2


async def test_rooms_are_named_by_their_ids(read: Ask, variant: ProductVariant) -> None:
    done = await read(DELETE, STAFF, sku="T-1", rooms=["nonsense"])
    assert done["productVariantStocksDelete"]["errors"] == [{"field": "warehouseIds", "code": "INVALID"}]
    assert (await read(DELETE, STAFF, sku="T-1"))["productVariantStocksDelete"]["errors"] == []


@pytest.fixture
async def counted(
    session: AsyncSession, variant: ProductVariant, room: Warehouse
) -> tuple[dict[str, str], dict[str, str]]:
    """A stock of three pieces, named by ids and by external references."""
    await make_stock(session, variant, 3, room)
    return (
        {"variantId": of("ProductVariant", variant), "warehouseId": of("Warehouse", room)},
        {"variantExternalReference": "erp-1", "warehouseExternalReference": "room-1"},
    )


@pytest.mark.parametrize("way", [0, 1])
async def test_many_stocks_are_counted_at_once(
    read: Ask, counted: tuple[dict[str, str], ...], heard: Heard, way: int
) -> None:
    given = [{**counted[way], "quantity": 7}]
    done = (await read(BULK, STAFF, stocks=given))["stockBulkUpdate"]
    assert done == {"count": 1, "errors": [], "results": [{"stock": {"quantity": 7}, "errors": []}]}
    assert heard == [("PRODUCT_VARIANT_STOCK_UPDATED", 7)]


@pytest.mark.parametrize(
    ("policy", "count"),
    [(None, 0), ("REJECT_EVERYTHING", 0), ("REJECT_FAILED_ROWS", 1), ("IGNORE_FAILED", 1)],
)
async def test_the_policy_says_what_becomes_of_the_good_lines(
    read: Ask,
    session: AsyncSession,
    counted: tuple[dict[str, str], ...],
    policy: str | None,
    count: int,
) -> None:
    ids, _ = counted
    elsewhere = of("Warehouse", await make_warehouse(session))
    wrong: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        ({"quantity": -1}, [{"field": "quantity", "code": "INVALID"}]),
        ({"warehouseId": elsewhere}, [{"field": None, "code": "NOT_FOUND"}]),
        ({"variantId": to_global_id("ProductVariant", NOWHERE)}, [{"field": None, "code": "NOT_FOUND"}]),
        ({"variantId": elsewhere}, [{"field": "variantId", "code": "INVALID"}]),
        ({"warehouseId": "nonsense"}, [{"field": "warehouseId", "code": "INVALID"}]),
        ({"variantExternalReference": "erp-1"}, [{"field": None, "code": "INVALID"}]),
        ({"warehouseId": None}, [{"field": None, "code": "INVALID"}]),
    ]
    stocks = [ids | {"quantity": 8}, *(ids | {"quantity": 9} | given for given, _ in wrong)]
    done = (await read(BULK, STAFF, stocks=stocks, policy=policy))["stockBulkUpdate"]
    assert (done["count"], done["errors"]) == (count, [])
    good, *others = done["results"]
    assert good == {"stock": {"quantity": 8} if count else None, "errors": []}
    assert others == [{"stock": None, "errors": errors} for _, errors in wrong]
    assert await session.scalar(select(Stock.quantity)) == (8 if count else 3)


async def test_all_lines_name_things_in_the_same_way(read: Ask, counted: tuple[dict[str, str], ...]) -> None:
    given = [{**way, "quantity": 1} for way in counted]
    done = (await read(BULK, STAFF, stocks=given))["stockBulkUpdate"]
    assert done == {"count": 0, "errors": [{"field": None, "code": "GRAPHQL_ERROR"}], "results": []}


async def test_a_seller_counts_its_own_pieces_in_its_own_rooms(
    read: Ask,
    session: AsyncSession,
    variant: ProductVariant,
    room: Warehouse,
    counted: tuple[dict[str, str], ...],
) -> None:
    user, stranger = await make_user(session), await make_vendor(session)
    own, strange = seller(room.vendor_id or 0, user, MemberRole.LISTER), seller(stranger.id, user)
    shops = await make_warehouse(session)
    key = of("ProductVariant", variant)
    done = (await read(UPDATE, own, id=key, stocks=lines((room, 6))))["productVariantStocksUpdate"]
    assert done["errors"] == []
    (error,) = (await read(UPDATE, own, id=key, stocks=lines((shops, 6))))["productVariantStocksUpdate"][
        "errors"
    ]
    assert (error["field"], error["code"]) == ("warehouse", "NOT_FOUND")
    given = [{**counted[1], "quantity": 2}]
    assert (await read(BULK, own, stocks=given))["stockBulkUpdate"]["count"] == 1
    assert (await read(BULK, strange, stocks=given))["stockBulkUpdate"]["results"] == [
        {"stock": None, "errors": [{"field": None, "code": "NOT_FOUND"}]}
    ]
    for document, name in ((CREATE, "Create"), (UPDATE, "Update")):
        done = await read(document, strange, id=key, stocks=lines((room, 1)))
        assert done[f"productVariantStocks{name}"]["errors"][0]["code"] == "NOT_FOUND"
    done = await read(DELETE, own, id=key, rooms=[of("Warehouse", room)])
    assert done["productVariantStocksDelete"]["productVariant"]["stocks"] == []


async def test_who_looks_after_no_products_counts_nothing(
    ask: Ask, session: AsyncSession, variant: ProductVariant, room: Warehouse
) -> None:
    user, key = await make_user(session), of("ProductVariant", variant)
    packer = seller(room.vendor_id or 0, user, MemberRole.PACKER)
    for requester in (None, buyer(user), packer, staff("MANAGE_ORDERS")):
        for document, given in (
            (CREATE, {"id": key, "stocks": []}),
            (UPDATE, {"id": key, "stocks": []}),
            (DELETE, {"id": key, "rooms": []}),
            (BULK, {"stocks": []}),
        ):
            told = await ask(document, requester, **given)
            assert told["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
