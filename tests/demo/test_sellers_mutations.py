"""What a seller's member may change is the seller's own: no mutation takes a stranger's row, whichever of its
arguments names it, nor says that there is one.

The calls are made from the schema: each mutation that sellers may call, with every id in it naming a
stranger's row of one type after the other; then those that take two rows, with one of them the seller's own.
"""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.catalog.models import Product, ProductMedia, ProductVariant
from marketplace.inventory.models import Stock, Warehouse
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.orders.models import Fulfillment, Order, OrderLine, VendorOrder
from marketplace.payouts.models import Payout
from marketplace.vendors.models import Vendor, VendorMember
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api, Requester
from marketplace_graphql.kernel.mutations import Mutation
from marketplace_graphql.schema import api_schema
from tests.demo.conftest import frozen_at
from tests.demo.test_strangers_rows import Asker, seller
from tests.graphql_kernel.test_hostile_mutations import PLAIN, call, mutations
from tests.shared_connection import SharedConnection, session_on

COUNTED = text(
    "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
    " WHERE relname NOT LIKE 'procrastinate%'"
)


def global_id(type_name: str, key: object) -> str:
    return base64.b64encode(f"{type_name}:{key}".encode()).decode()


def for_sellers() -> list[str]:
    declared = api_schema().declared["Mutation"]
    found = {name: each.declaration for name, each in declared.items()}
    return sorted(name for name, each in found.items() if isinstance(each, Mutation) and each.sellers)


@pytest.fixture
async def connection(loaded: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncConnection]:
    """A transaction on the demo that is rolled back."""
    frozen_at(monkeypatch)
    database = Database(loaded, application_name="tests")
    async with database.engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()
    await database.engine.dispose()


@pytest.fixture
async def session(connection: AsyncConnection, loaded: Settings) -> AsyncIterator[AsyncSession]:
    async with session_on(connection, loaded) as session:
        yield session


@pytest.fixture
async def api(connection: AsyncConnection, loaded: Settings) -> AsyncIterator[Api]:
    database = SharedConnection(loaded, connection)
    yield make_api(loaded, database, storage=storage_from(loaded))
    await database.close()


def of_vendor(vendor_id: Any) -> dict[str, Any]:
    """By type: the keys of rows for whose sellers a condition holds."""
    product = select(Product.id).where(vendor_id(Product.vendor_id))
    room = select(Warehouse.id).where(vendor_id(Warehouse.vendor_id))
    part = select(VendorOrder.id).where(vendor_id(VendorOrder.vendor_id))
    return {
        "Product": product,
        "ProductVariant": select(ProductVariant.id).where(ProductVariant.product_id.in_(product)),
        "ProductMedia": select(ProductMedia.id).where(ProductMedia.product_id.in_(product)),
        "Warehouse": room,
        "Stock": select(Stock.id).where(Stock.warehouse_id.in_(room)),
        "VendorOrder": part,
        "OrderLine": select(OrderLine.id).where(OrderLine.vendor_order_id.in_(part)),
        "Fulfillment": select(Fulfillment.id).where(Fulfillment.vendor_order_id.in_(part)),
    }


async def one_of_each(session: AsyncSession, vendor_id: Any) -> dict[str, str]:
    """The global id of one row of each type."""
    ids = {}
    for name, keys in of_vendor(vendor_id).items():
        key = await session.scalar(keys.limit(1))
        if key is not None:
            ids[name] = global_id(name, key)
    return ids


async def strangers(session: AsyncSession, asker: Asker) -> dict[str, str]:
    ids = await one_of_each(session, lambda column: column != asker.vendor_id)
    sold = select(VendorOrder.order_id).where(VendorOrder.vendor_id == asker.vendor_id)
    order = await session.scalar(select(Order.id).where(Order.id.not_in(sold)).limit(1))
    return ids | {"Order": global_id("Order", order)}


def refusals(answer: dict[str, Any], name: str) -> list[str]:
    """The codes of everything that was refused."""
    codes = [each["extensions"]["exception"]["code"] for each in answer.get("errors", [])]
    payload = (answer.get("data") or {}).get(name) or {}
    codes += [each["code"] for each in payload.get("errors") or ()]
    for result in payload.get("results") or ():
        codes += [each["code"] for each in result.get("errors") or ()]
    return codes


async def refused(
    api: Api, session: AsyncSession, name: str, document: str, variables: dict[str, Any], who: Requester
) -> None:
    """Send a call that must be refused and change nothing."""
    before = await session.scalar(COUNTED)
    answer = await api.execute(document, variables, who)
    assert "InternalServerError" not in str(answer), (name, variables, answer)
    changed = (await session.scalar(COUNTED) or 0) - (before or 0)
    assert refusals(answer, name) or not changed, (name, variables, answer)


@pytest.mark.parametrize("name", for_sellers())
async def test_no_mutation_takes_a_strangers_row(session: AsyncSession, api: Api, name: str) -> None:
    asker = await seller(session)
    field = mutations()[name]
    for type_name, stranger in (await strangers(session, asker)).items():
        for only_needed in (False, True):
            values = PLAIN | {"ID": stranger}
            document, variables = call(name, field, values, only_needed=only_needed)
            if stranger not in str(variables):
                continue
            await refused(api, session, f"{name} of {type_name}", document, variables, asker.requester)


ANYBODYS = frozenset(
    {
        "checkoutCreateFromOrder",
    }
)
"""Mutations that take the id of whoever knows it: what they make is nobody else's."""


async def private_rows(session: AsyncSession, asker: Asker) -> dict[str, str]:
    """What sellers have that is not shown to the world, one of each type, and of another seller."""
    payout = await session.scalar(select(Payout.id).where(Payout.vendor_id != asker.vendor_id).limit(1))
    member = await session.scalar(
        select(VendorMember.user_id).where(VendorMember.vendor_id != asker.vendor_id).limit(1)
    )
    vendor = await session.scalar(select(Vendor.id).where(Vendor.id != asker.vendor_id).limit(1))
    found = {"Payout": payout, "User": member, "Vendor": vendor}
    ids = {name: global_id(name, key) for name, key in found.items()}
    rows = await strangers(session, asker)
    return ids | {name: rows[name] for name in ("VendorOrder", "Order")}


@pytest.mark.parametrize("name", sorted(set(mutations()) - set(for_sellers()) - ANYBODYS))
async def test_no_mutation_of_others_takes_a_strangers_row(
    session: AsyncSession, api: Api, name: str
) -> None:
    """By enumeration of the schema: a new mutation can't be forgotten."""
    asker, field = await seller(session), mutations()[name]
    for type_name, stranger in (await private_rows(session, asker)).items():
        document, variables = call(name, field, PLAIN | {"ID": stranger}, only_needed=False)
        if stranger in str(variables):
            await refused(api, session, f"{name} of {type_name}", document, variables, asker.requester)


PAIRS = {
    "variantMediaAssign": ("mediaId: $other, variantId: $own", "ProductVariant", "ProductMedia"),
    "variantMediaUnassign": ("mediaId: $own, variantId: $other", "ProductMedia", "ProductVariant"),
    "productMediaReorder": ("productId: $own, mediaIds: [$other]", "Product", "ProductMedia"),
    "productVariantReorder": (
        "productId: $own, moves: [{id: $other, sortOrder: 1}]",
        "Product",
        "ProductVariant",
    ),
    "productVariantSetDefault": ("productId: $own, variantId: $other", "Product", "ProductVariant"),
    "productVariantStocksCreate": (
        "variantId: $own, stocks: [{warehouse: $other, quantity: 5}]",
        "ProductVariant",
        "Warehouse",
    ),
    "productVariantStocksUpdate": (
        "variantId: $own, stocks: [{warehouse: $other, quantity: 5}]",
        "ProductVariant",
        "Warehouse",
    ),
    "productBulkDelete": ("ids: [$own, $other]", "Product", "Product"),
    "productVariantBulkDelete": ("ids: [$own, $other]", "ProductVariant", "ProductVariant"),
    "productMediaBulkDelete": ("ids: [$own, $other]", "ProductMedia", "ProductMedia"),
    "stockBulkUpdate": (
        "stocks: [{variantId: $own, warehouseId: $other, quantity: 5}]",
        "ProductVariant",
        "Warehouse",
    ),
}
"""Mutations that take two rows: the arguments, the type of the seller's own, the type of the stranger's."""


@pytest.mark.parametrize("name", PAIRS)
async def test_an_own_row_does_not_open_a_strangers(session: AsyncSession, api: Api, name: str) -> None:
    asker = await seller(session)
    arguments, own_type, other_type = PAIRS[name]
    own = await one_of_each(session, lambda column: column == asker.vendor_id)
    variables = {"own": own[own_type], "other": (await strangers(session, asker))[other_type]}
    results = "results { errors { code } }" if name == "stockBulkUpdate" else ""
    document = f"mutation($own: ID!, $other: ID!) {{ {name}({arguments}) {{ errors {{ code }} {results} }} }}"
    before = await session.scalar(COUNTED)
    answer = await api.execute(document, variables, asker.requester)
    assert set(refusals(answer, name)) & {"NOT_FOUND", "NOT_PRODUCTS_IMAGE"}, answer
    after = await session.scalar(COUNTED)
    nobody = global_id(
        other_type, "0" if other_type != "Warehouse" else "00000000-0000-0000-0000-000000000000"
    )
    same = await api.execute(document, variables | {"other": nobody}, asker.requester)
    assert refusals(same, name) == refusals(answer, name), "a stranger's row reads as one that is not there"
    assert after == before
