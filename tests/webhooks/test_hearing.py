"""What is announced is told to whoever listens: once, after the commit, with the permissions of the app."""

from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.catalog.models import Product
from marketplace.kit.acting import acting
from marketplace.kit.announcements import RowKey, announce
from marketplace.kit.ids import to_global_id
from marketplace.webhooks.models import EventDelivery
from tests.factories.apps import make_app
from tests.factories.catalog import make_product, make_variant
from tests.factories.checkout import make_market, make_piece
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.markets import make_channel
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.webhooks import make_webhook
from tests.statements import counted
from tests.webhooks.conftest import Tell

UPDATED = "subscription { event { ... on ProductUpdated { product { name } } } }"
PRODUCTS = ("MANAGE_PRODUCTS",)


async def listener(session: AsyncSession, *events: str, query: str = UPDATED, **given: Any) -> None:
    await make_webhook(
        session,
        *(events or ("PRODUCT_UPDATED",)),
        subscription_query=query,
        **{"permissions": PRODUCTS} | given,
    )
    await session.commit()  # A transaction looks once who listens; what the test made has told of itself.


async def jobs(session: AsyncSession) -> int:
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'webhooks.tell'")
    found: int = (await session.execute(query)).scalar_one()
    return found


async def test_an_announcement_is_told_as_the_subscription_says(session: AsyncSession, tell: Tell) -> None:
    product = await make_product(session, name="Tapis")
    await listener(session)
    await announce(session, "PRODUCT_UPDATED", product)
    assert await tell() == [("PRODUCT_UPDATED", {"product": {"name": "Tapis"}})]


async def test_many_rows_are_told_one_by_one_by_one_job(session: AsyncSession, tell: Tell) -> None:
    products = [await make_product(session, name=name) for name in ("A", "B", "C")]
    await listener(session)
    await announce(session, "PRODUCT_UPDATED", *products)
    assert await jobs(session) == 1
    assert [payload["product"]["name"] for _, payload in await tell()] == ["A", "B", "C"]


async def test_many_rows_are_read_in_one_statement(
    session: AsyncSession, connection: AsyncConnection, tell: Tell
) -> None:
    products = [await make_product(session) for _ in range(5)]
    await listener(session)
    await announce(session, "PRODUCT_UPDATED", *products)
    with counted(connection) as statements:
        assert len(await tell()) == len(products)
    assert sum("INSERT INTO event_delivery " in statement for statement in statements) == 1
    assert sum("FROM webhook" in statement for statement in statements) == 1


async def test_where_nobody_listens_one_look_is_all_in_a_transaction(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    product = await make_product(session)
    await listener(session, "ORDER_CREATED", permissions=("MANAGE_ORDERS",))
    await session.commit()
    with counted(connection) as statements:
        for event in ("PRODUCT_UPDATED", "PRODUCT_METADATA_UPDATED", "PRODUCT_UPDATED"):
            await announce(session, event, product)
    assert [statement.split()[0] for statement in statements] == ["SAVEPOINT", "SELECT"]
    assert await jobs(session) == 0


async def test_what_is_announced_twice_in_a_transaction_is_told_once(
    session: AsyncSession, tell: Tell
) -> None:
    product = await make_product(session)
    await listener(session)
    for _ in range(2):
        await announce(session, "PRODUCT_UPDATED", product)
    assert len(await tell()) == 1
    await announce(session, "PRODUCT_UPDATED", product)
    assert len(await tell()) == 2


async def test_what_a_savepoint_takes_back_is_not_told_and_can_be_announced_again(
    session: AsyncSession, tell: Tell
) -> None:
    product = await make_product(session)
    await listener(session)
    for _ in range(2):
        savepoint = await session.begin_nested()
        await announce(session, "PRODUCT_UPDATED", product)
        await savepoint.rollback()
    assert await jobs(session) == 0
    async with session.begin_nested():
        await announce(session, "PRODUCT_UPDATED", product)
    assert len(await tell()) == 1


async def test_a_transaction_that_is_rolled_back_tells_nobody(session: AsyncSession, tell: Tell) -> None:
    product = await make_product(session)
    await listener(session)
    await session.commit()
    await announce(session, "PRODUCT_UPDATED", product)
    await announce(session, "PRODUCT_DELETED", product)
    await session.rollback()
    assert await tell() == []


async def test_what_is_deleted_is_told_as_it_was(session: AsyncSession, tell: Tell) -> None:
    product = await make_product(session, name="Théière")
    await listener(
        session,
        "PRODUCT_DELETED",
        query="subscription { event { ... on ProductDeleted { product { name } } } }",
    )
    await announce(session, "PRODUCT_DELETED", product)
    await session.execute(delete(Product).where(Product.id == product.id))
    assert await tell() == [("PRODUCT_DELETED", {"product": {"name": "Théière"}})]


async def test_what_is_gone_before_it_could_be_told_is_not_told(session: AsyncSession, tell: Tell) -> None:
    product = await make_product(session)
    await listener(session)
    await announce(session, "PRODUCT_UPDATED", product)
    await session.execute(delete(Product).where(Product.id == product.id))
    assert await tell() == []


async def test_a_row_that_nobody_has_loaded_is_announced_by_its_key(
    session: AsyncSession, tell: Tell
) -> None:
    product = await make_product(session, name="Tapis")
    await listener(session)
    await announce(session, "PRODUCT_UPDATED", RowKey(Product, product.id))
    assert await tell() == [("PRODUCT_UPDATED", {"product": {"name": "Tapis"}})]


@pytest.mark.parametrize(
    "given",
    [
        {"is_active": False},
        {"permissions": ("MANAGE_ORDERS",)},
        {"events": ("PRODUCT_CREATED",)},
        {"query": "subscription { event { ... on ProductCreated { product { name } } } }"},
    ],
    ids=["switched off", "app may not know", "another event", "says nothing of it"],
)
async def test_who_does_not_listen_is_not_told(
    session: AsyncSession, tell: Tell, given: dict[str, Any]
) -> None:
    product = await make_product(session)
    await listener(session, *given.pop("events", ()), **given)
    await announce(session, "PRODUCT_UPDATED", product)
    assert await tell() == []


@pytest.mark.parametrize("given", [{"is_active": False}, {"removed_at": func.now()}])
async def test_an_app_that_is_off_or_gone_is_not_told(
    session: AsyncSession, tell: Tell, given: dict[str, Any]
) -> None:
    product = await make_product(session)
    await listener(session, app=await make_app(session, *PRODUCTS, **given))
    await announce(session, "PRODUCT_UPDATED", product)
    assert await tell() == []


async def test_any_events_are_all_events(session: AsyncSession, tell: Tell) -> None:
    product = await make_product(session, name="Tapis")
    await listener(session, "ANY_EVENTS")
    await announce(session, "PRODUCT_UPDATED", product)
    assert await tell() == [("PRODUCT_UPDATED", {"product": {"name": "Tapis"}})]


async def test_attributes_need_no_permission_to_be_heard_of(session: AsyncSession) -> None:
    product = await make_product(session)
    await listener(session, "ATTRIBUTE_UPDATED", permissions=())
    await announce(session, "ATTRIBUTE_UPDATED", RowKey(Product, product.id))
    assert await jobs(session) == 1


async def test_a_permission_that_is_taken_back_shows_in_what_is_told(
    session: AsyncSession, tell: Tell
) -> None:
    user = await make_user(session, note="VIP")
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel), user=user)
    query = "subscription { event { ... on OrderUpdated { order { number user { note } } } } }"
    app = await make_app(session, "MANAGE_ORDERS", "MANAGE_USERS")
    await listener(session, "ORDER_UPDATED", app=app, query=query)
    await announce(session, "ORDER_UPDATED", order)
    ((_, before),) = await tell()
    assert before == {"order": {"number": str(order.number), "user": {"note": "VIP"}}}
    app.permissions = ["MANAGE_ORDERS"]
    await announce(session, "ORDER_UPDATED", order)
    ((_, _before), (_, after)) = await tell()
    assert after["order"] == {"number": str(order.number), "user": {"note": None}}
    (error,) = after["errors"]
    assert error["path"] == ["event", "order", "user", "note"]
    assert error["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_an_event_says_when_it_was_who_did_it_and_who_is_told(
    session: AsyncSession, tell: Tell
) -> None:
    product = await make_product(session)
    user = await make_user(session, email="staff@example.test")
    query = """subscription { event {
        issuedAt version recipient { name }
        issuingPrincipal { __typename ... on User { email } ... on App { name } }
        ... on ProductUpdated { product { id } } } }"""
    app = await make_app(session, *PRODUCTS, name="Carnet")
    await listener(session, app=app, query=query)
    with acting(user.id):
        await announce(session, "PRODUCT_UPDATED", product)
    with acting(app_id=app.id):
        await announce(session, "PRODUCT_UPDATED", await make_product(session))
    ((_, by_user), (_, by_app)) = await tell()
    assert by_user["issuingPrincipal"] == {"__typename": "User", "email": "staff@example.test"}
    assert by_app["issuingPrincipal"] == {"__typename": "App", "name": "Carnet"}
    assert by_user["recipient"] == {"name": "Carnet"}
    assert by_user["version"] == "3.23"
    assert by_user["issuedAt"].startswith("20")


async def test_a_subscription_of_one_event_keeps_to_its_channels(session: AsyncSession, tell: Tell) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    slug = market.channel.slug
    query = "subscription { orderCreated(channels: %s) { order { number } } }"
    for channels in (f'["{slug}"]', '["elsewhere"]', "[]", f'"{slug}"'):
        await listener(session, "ORDER_CREATED", query=query % channels, permissions=("MANAGE_ORDERS",))
    await announce(session, "ORDER_CREATED", order)
    payload = {"data": {"orderCreated": {"order": {"number": str(order.number)}}}}
    assert await tell() == [("ORDER_CREATED", payload)] * 3


async def test_without_a_subscription_it_is_told_which_row_it_is(session: AsyncSession, tell: Tell) -> None:
    product = await make_product(session)
    await make_webhook(session, "PRODUCT_UPDATED", permissions=PRODUCTS)
    user = await make_user(session)
    with acting(user.id):
        await announce(session, "PRODUCT_UPDATED", product)
    ((_, payload),) = await tell()
    (entry,) = payload
    assert (entry["type"], entry["id"]) == ("Product", to_global_id("Product", product.id))
    assert entry["meta"]["issuing_principal"] == {"id": to_global_id("User", user.id), "type": "user"}


async def test_a_stock_event_shows_the_variant_in_a_channel_and_the_warehouse(
    session: AsyncSession, tell: Tell
) -> None:
    variant = await make_variant(session, await make_product(session), name="Rouge")
    warehouse = await make_warehouse(session)
    stock = await make_stock(session, variant, 3, warehouse)
    query = """subscription { event { ... on ProductVariantOutOfStock {
        productVariant(channel: "x") { name } warehouse { name } } } }"""
    await listener(session, "PRODUCT_VARIANT_OUT_OF_STOCK", query=query)
    await announce(session, "PRODUCT_VARIANT_OUT_OF_STOCK", stock)
    await announce(session, "PRODUCT_VARIANT_OUT_OF_STOCK", variant)
    of_stock = {"productVariant": {"name": "Rouge"}, "warehouse": {"name": warehouse.name}}
    assert [payload for _, payload in await tell()] == [of_stock, of_stock | {"warehouse": None}]


async def test_what_is_announced_along_with_a_row_is_told(session: AsyncSession, tell: Tell) -> None:
    variant = await make_variant(session, await make_product(session), name="Rouge")
    channel = await make_channel(session, currency_code="MAD")
    query = """subscription { event { ... on ProductVariantDiscountedPriceUpdated {
        productVariant { name } channel { slug }
        previousPrice { amount currency } newPrice { amount } } } }"""
    await listener(session, "PRODUCT_VARIANT_DISCOUNTED_PRICE_UPDATED", query=query)
    await announce(
        session,
        "PRODUCT_VARIANT_DISCOUNTED_PRICE_UPDATED",
        variant,
        channel_id=channel.id,
        currency="MAD",
        previous_price_minor=12050,
        new_price_minor=9900,
    )
    assert [payload for _, payload in await tell()] == [
        {
            "productVariant": {"name": "Rouge"},
            "channel": {"slug": channel.slug},
            "previousPrice": {"amount": 120.5, "currency": "MAD"},
            "newPrice": {"amount": 99},
        }
    ]


async def test_events_of_many_rows_together_are_told_once(session: AsyncSession, tell: Tell) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    orders = [await make_order(session, market, piece) for _ in range(2)]
    query = "subscription { event { ... on OrderBulkCreated { orders { number } } } }"
    await listener(session, "ORDER_BULK_CREATED", query=query, permissions=("MANAGE_ORDERS",))
    await announce(session, "ORDER_BULK_CREATED", *orders)
    ((_, payload),) = await tell()
    assert sorted(int(order["number"]) for order in payload["orders"]) == sorted(
        int(order.number) for order in orders
    )


async def test_the_link_of_an_account_event_is_made_when_it_is_told(
    session: AsyncSession, tell: Tell
) -> None:
    user = await make_user(session)
    query = """subscription { event { ... on AccountSetPasswordRequested {
        user { id } redirectUrl token channel { slug } shop { name } } } }"""
    await listener(session, "ACCOUNT_SET_PASSWORD_REQUESTED", query=query, permissions=("MANAGE_USERS",))
    await announce(
        session,
        "ACCOUNT_SET_PASSWORD_REQUESTED",
        user,
        redirect_url="https://shop.example/",
        channel_slug=None,
    )
    arguments: Any = await session.scalar(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'webhooks.tell'")
    )
    assert "token" not in arguments["details"]
    ((_, payload),) = await tell()
    assert payload["redirectUrl"] == "https://shop.example/"
    assert len(payload["token"]) > 40
    assert payload["channel"] is None


@pytest.mark.parametrize("event", ["ORDER_UPDATED", "DRAFT_ORDER_DELETED"])
async def test_a_document_that_fails_stops_nothing_and_nobody_else(
    session: AsyncSession, tell: Tell, event: str
) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    root = {"ORDER_UPDATED": "orderUpdated", "DRAFT_ORDER_DELETED": "draftOrderDeleted"}[event]
    for channels in ('["\\u0000"]', "[]"):
        query = f"subscription {{ {root}(channels: {channels}) {{ order {{ number }} }} }}"
        await listener(session, event, query=query, permissions=("MANAGE_ORDERS",))
    await announce(session, event, order)
    assert await tell() == [(event, {"data": {root: {"order": {"number": str(order.number)}}}})]


async def test_every_webhook_has_a_delivery_of_its_own(session: AsyncSession, tell: Tell) -> None:
    product = await make_product(session)
    for _ in range(3):
        await listener(session)
    await announce(session, "PRODUCT_UPDATED", product)
    assert len(await tell()) == 3
    webhooks = set((await session.scalars(select(EventDelivery.webhook_id))).all())
    assert len(webhooks) == 3
