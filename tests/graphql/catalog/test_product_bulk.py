"""Many products at once, under each of Saleor's error policies."""

from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeInputType, AttributeScope
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import CollectionProduct, Product, ProductMedia, ProductType, ProductVariant
from marketplace.catalog.words import index_text
from marketplace.inventory.models import Stock, Warehouse
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import UploadedFile
from tests.catalog.test_media import rug
from tests.factories.attributes import make_attribute, make_value
from tests.factories.catalog import make_category, make_collection, make_product, make_product_type
from tests.factories.inventory import make_warehouse
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
CREATE = """mutation($products: [ProductBulkCreateInput!]!, $policy: ErrorPolicyEnum) {
  productBulkCreate(products: $products, errorPolicy: $policy) { count errors { path code }
    results { errors { path code channels warehouses attributes } product { name slug vendor { name }
      collections { name } attributes { values { name } }
      channelListings { channel { slug } isPublished visibleInListings isAvailableForPurchase
        discountedPrice { amount } }
      variants { name sku trackInventory stocks { quantity } attributes { values { name } }
        channelListings { price { amount } } } } } } }"""
NOWHERE = 10**9


def of(kind: str, row: Any) -> str:
    return to_global_id(kind, row.id)


class Shop:
    """What products are made of."""

    vendor: Vendor
    kind: ProductType
    wool: Attribute
    text: Attribute
    size: Attribute
    dirhams: Channel
    euros: Channel
    room: Warehouse
    session: AsyncSession

    def product(self, name: str = "Tapis", **given: Any) -> dict[str, Any]:
        return {"productType": of("ProductType", self.kind), "vendor": of("Vendor", self.vendor)} | (
            {"name": name} | given
        )

    def variant(self, size: str, **given: Any) -> dict[str, Any]:
        return {"attributes": [{"id": of("Attribute", self.size), "dropdown": {"value": size}}]} | given

    def listings(self, *channels: Channel) -> list[dict[str, Any]]:
        return [
            {
                "channelId": of("Channel", channel),
                "isPublished": True,
                "visibleInListings": True,
                "isAvailableForPurchase": True,
            }
            for channel in channels
        ]

    def prices(self, *channels: Channel, price: float = 100) -> list[dict[str, Any]]:
        return [{"channelId": of("Channel", channel), "price": price} for channel in channels]

    def stocks(self, quantity: int) -> list[dict[str, Any]]:
        return [{"warehouse": of("Warehouse", self.room), "quantity": quantity}]


@pytest.fixture
async def shop(session: AsyncSession) -> Shop:
    shop = Shop()
    shop.vendor = await make_vendor(session)
    shop.kind = await make_product_type(session, has_variants=True)
    shop.wool = await make_attribute(session, shop.kind, value_required=True)
    shop.text = await make_attribute(session, shop.kind, input_type=AttributeInputType.PLAIN_TEXT)
    shop.size = await make_attribute(session, shop.kind, scope=AttributeScope.VARIANT, variant_selection=True)
    shop.dirhams = await make_channel(session)
    shop.euros = await make_channel(session, currency_code="EUR")
    shop.room = await make_warehouse(session, shop.vendor.id)
    return shop


async def create(read: Ask, *products: dict[str, Any], policy: str | None = None, **given: Any) -> Any:
    done = await read(CREATE, given.get("requester", STAFF), products=list(products), policy=policy)
    return done["productBulkCreate"]


async def test_products_come_with_all_that_belongs_to_them(
    read: Ask, session: AsyncSession, shop: Shop, heard: Heard
) -> None:
    category, collection = await make_category(session), await make_collection(session)
    both = (shop.dirhams, shop.euros)
    first = shop.product(
        category=of("Category", category),
        collections=[of("Collection", collection)],
        externalReference="erp-1",
        attributes=[
            {"id": of("Attribute", shop.wool), "dropdown": {"value": "Vierge"}},
            {"id": of("Attribute", shop.text), "plainText": "Doux"},
        ],
        channelListings=shop.listings(*both),
        variants=[
            shop.variant("Grand", sku="T-1", channelListings=shop.prices(*both), stocks=shop.stocks(3)),
            shop.variant("Petit", trackInventory=False, channelListings=shop.prices(*both, price=80)),
        ],
    )
    done = await create(read, first, shop.product(metadata=[{"key": "a", "value": "b"}]))
    assert (done["count"], done["errors"]) == (2, [])
    made, bare = done["results"]
    assert (made["errors"], bare["errors"]) == ([], [])
    listing = {
        "isPublished": True,
        "visibleInListings": True,
        "isAvailableForPurchase": True,
        "discountedPrice": {"amount": 80.0},
    }
    assert made["product"] == {
        "name": "Tapis",
        "slug": "tapis",
        "vendor": {"name": shop.vendor.name},
        "collections": [{"name": collection.name}],
        "attributes": [{"values": [{"name": "Vierge"}]}, {"values": [{"name": "Doux"}]}],
        "channelListings": [
            {"channel": {"slug": shop.dirhams.slug}} | listing,
            {"channel": {"slug": shop.euros.slug}} | listing,
        ],
        "variants": [
            {
                "name": "Grand",
                "sku": "T-1",
                "trackInventory": True,
                "stocks": [{"quantity": 3}],
                "attributes": [{"values": [{"name": "Grand"}]}],
                "channelListings": [{"price": {"amount": 100.0}}] * 2,
            },
            {
                "name": "Petit",
                "sku": None,
                "trackInventory": False,
                "stocks": [],
                "attributes": [{"values": [{"name": "Petit"}]}],
                "channelListings": [{"price": {"amount": 80.0}}] * 2,
            },
        ],
    }
    assert bare["product"]["slug"] == f"tapis-{shop.vendor.slug}"
    rows = (await session.scalars(select(Product).order_by(Product.id))).all()
    assert rows[0].search_name == index_text("Tapis")
    assert index_text("Vierge") in rows[0].search_text
    assert rows[0].listed_in == [shop.dirhams.id, shop.euros.id]
    assert rows[1].public_metadata == {"a": "b"}
    variants = await session.scalars(select(ProductVariant.id).order_by(ProductVariant.id))
    assert heard == [
        *(("PRODUCT_CREATED", row.id) for row in rows),
        *(("PRODUCT_VARIANT_CREATED", key) for key in variants),
    ]


async def test_as_many_statements_for_many_as_for_few(
    read: Ask, session: AsyncSession, connection: AsyncConnection, shop: Shop
) -> None:
    """Writing them; what is made is read by one statement each."""
    await make_value(session, shop.wool, name="Vierge")
    for name in ("Grand", "Petit"):
        await make_value(session, shop.size, name=name)
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    document = """mutation($products: [ProductBulkCreateInput!]!) {
      productBulkCreate(products: $products) { count errors { code } } }"""
    counts = []
    for batch, number in enumerate((1, 2, 30)):
        products = [
            shop.product(
                f"Tapis {batch} {index}",
                attributes=[{"id": of("Attribute", shop.wool), "dropdown": {"value": "Vierge"}}],
                channelListings=shop.listings(shop.dirhams),
                variants=[
                    shop.variant(size, channelListings=shop.prices(shop.dirhams), stocks=shop.stocks(1))
                    for size in ("Grand", "Petit")
                ],
                media=[{"mediaUrl": "https://a.test/1.jpg"}, {"mediaUrl": "https://a.test/2.jpg"}],
            )
            for index in range(number)
        ]
        sent.clear()
        done = (await read(document, STAFF, products=products))["productBulkCreate"]
        assert (done["count"], done["errors"]) == (number, [])
        counts.append(len(sent))
    assert counts[1] == counts[2]


def faulty(shop: Shop) -> list[tuple[dict[str, Any], str, str, dict[str, Any]]]:
    """A product that fails as a whole, and where and why."""
    nowhere = {"id": to_global_id("Attribute", NOWHERE)}
    return [
        (shop.product(""), "name", "BLANK", {}),
        (shop.product("x" * 251), "name", "MAX_LENGTH", {}),
        (shop.product(slug="taken"), "slug", "UNIQUE", {}),
        (shop.product(slug="a b"), "slug", "INVALID", {}),
        (shop.product(externalReference="taken"), "externalReference", "UNIQUE", {}),
        (shop.product(weight=-1), "weight", "INVALID", {}),
        (shop.product(description="[1]"), "description", "INVALID", {}),
        (shop.product(seo={"title": "x" * 71}), "seoTitle", "INVALID", {}),
        (shop.product(category=to_global_id("Category", NOWHERE)), "category", "NOT_FOUND", {}),
        (shop.product(collections=[to_global_id("Collection", NOWHERE)]), "collections", "NOT_FOUND", {}),
        (shop.product(taxClass=to_global_id("TaxClass", NOWHERE)), "taxClass", "NOT_FOUND", {}),
        (shop.product(productType=to_global_id("Product", 1)), "productType", "INVALID", {}),
        (shop.product(vendor=to_global_id("Vendor", NOWHERE)), "vendor", "NOT_FOUND", {}),
        (shop.product(metadata=[{"key": "", "value": ""}]), "metadata", "REQUIRED", {}),
        (shop.product(attributes=[nowhere]), "attributes", "NOT_FOUND", {"attributes": [nowhere["id"]]}),
        (
            shop.product(attributes=[{"id": of("Attribute", shop.text), "plainText": "x"}]),
            "attributes",
            "REQUIRED",
            {"attributes": [of("Attribute", shop.wool)]},
        ),
    ]


@pytest.mark.parametrize(
    ("policy", "count"),
    [(None, 0), ("REJECT_EVERYTHING", 0), ("REJECT_FAILED_ROWS", 1), ("IGNORE_FAILED", 1)],
)
async def test_the_policy_says_what_becomes_of_the_good_ones(
    read: Ask, session: AsyncSession, shop: Shop, heard: Heard, policy: str | None, count: int
) -> None:
    await make_product(session, slug="taken", external_reference="taken")
    wrong = faulty(shop)
    done = await create(read, shop.product("Bon"), *(given for given, *_ in wrong), policy=policy)
    assert (done["count"], done["errors"]) == (count, [])
    good, *others = done["results"]
    assert good["errors"] == []
    assert (good["product"] and good["product"]["name"]) == ("Bon" if count else None)
    for told, (_, path, code, details) in zip(others, wrong, strict=True):
        assert told["product"] is None
        (error,) = told["errors"]
        assert (error["path"], error["code"]) == (path, code)
        assert details.items() <= error.items()
    assert await session.scalar(select(func.count()).select_from(Product)) == 1 + count
    assert len(heard) == count


def partly_faulty(shop: Shop) -> list[tuple[dict[str, Any], str, str, dict[str, Any]]]:
    """A product of which a part is wrong, where and why, and what is left of it."""
    dirhams, euros = of("Channel", shop.dirhams), of("Channel", shop.euros)
    nowhere = to_global_id("Channel", NOWHERE)
    listed = {"channelListings": shop.listings(shop.dirhams)}
    untimely = {
        "channelId": dirhams,
        "isAvailableForPurchase": False,
        "availableForPurchaseAt": "2026-01-01T00:00:00Z",
    }

    def with_variant(**given: Any) -> dict[str, Any]:
        return shop.product(**listed, variants=[shop.variant("Grand", **given)])

    strange = {"id": of("Attribute", shop.wool), "dropdown": {"value": "x"}}
    room = of("Warehouse", shop.room)
    return [
        (
            shop.product(channelListings=[{"channelId": nowhere}]),
            "channelListings",
            "NOT_FOUND",
            {"channels": [nowhere]},
        ),
        (
            shop.product(channelListings=[{"channelId": dirhams}] * 2),
            "channelListings",
            "DUPLICATED_INPUT_ITEM",
            {"channels": [dirhams]},
        ),
        (shop.product(channelListings=[untimely]), "channelListings.0", "INVALID", {"channels": [dirhams]}),
        (with_variant(sku="taken"), "variants.0.sku", "UNIQUE", {}),
        (with_variant(externalReference="taken"), "variants.0.externalReference", "UNIQUE", {}),
        (with_variant(weight=-1), "variants.0.weight", "INVALID", {}),
        (with_variant(quantityLimitPerCustomer=0), "variants.0.quantityLimitPerCustomer", "INVALID", {}),
        (with_variant(name="x" * 256), "variants.0.name", "MAX_LENGTH", {}),
        (with_variant(preorder={"globalThreshold": 1}), "variants.0.preorder", "INVALID", {}),
        (
            with_variant(attributes=[strange]),
            "variants.0.attributes",
            "ATTRIBUTE_CANNOT_BE_ASSIGNED",
            {"attributes": [strange["id"]]},
        ),
        (
            with_variant(channelListings=shop.prices(shop.euros)),
            "variants.0.channelListings.0.channelId",
            "PRODUCT_NOT_ASSIGNED_TO_CHANNEL",
            {"channels": [euros]},
        ),
        (
            with_variant(channelListings=shop.prices(shop.dirhams, price=1.005)),
            "variants.0.channelListings.0.price",
            "INVALID_PRICE",
            {"channels": [dirhams]},
        ),
        (
            with_variant(stocks=[{"warehouse": to_global_id("Warehouse", shop.vendor.id), "quantity": 1}]),
            "variants.0.stocks.0.warehouse",
            "INVALID",
            {},
        ),
        (
            with_variant(stocks=[{"warehouse": room, "quantity": -1}]),
            "variants.0.stocks.0.quantity",
            "INVALID",
            {"warehouses": [room]},
        ),
    ]


@pytest.mark.parametrize("policy", ["REJECT_EVERYTHING", "REJECT_FAILED_ROWS", "IGNORE_FAILED"])
async def test_a_part_that_is_wrong_is_left_out_only_where_that_is_wanted(
    read: Ask, session: AsyncSession, shop: Shop, policy: str
) -> None:
    variant = (await make_product(session)).variants[0]
    variant.sku = variant.external_reference = "taken"
    wrong = partly_faulty(shop)
    done = await create(read, *(given for given, *_ in wrong), policy=policy)
    kept = policy == "IGNORE_FAILED"
    assert done["count"] == (len(wrong) if kept else 0)
    for told, (_, path, code, details) in zip(done["results"], wrong, strict=True):
        (error,) = told["errors"]
        assert (error["path"], error["code"]) == (path, code)
        assert details.items() <= error.items()
        assert (told["product"] is not None) is kept
    for model in (Stock, VariantChannelListing):
        assert await session.scalar(select(func.count()).select_from(model)) == 0


async def test_duplicates_among_the_lines_are_seen(read: Ask, session: AsyncSession, shop: Shop) -> None:
    prices, stocks = shop.prices(shop.dirhams, shop.dirhams), shop.stocks(1) * 2
    listed = {"channelListings": shop.listings(shop.dirhams)}
    done = await create(
        read,
        shop.product(slug="un", externalReference="one"),
        shop.product(slug="un", externalReference="one"),
        shop.product("B", variants=[shop.variant("Grand", sku="T-1"), shop.variant("Petit", sku="T-1")]),
        shop.product("C", variants=[shop.variant("Grand"), shop.variant("Grand")]),
        shop.product("D", **listed, variants=[shop.variant("Grand", channelListings=prices)]),
        shop.product("E", variants=[shop.variant("Grand", stocks=stocks)]),
        policy="REJECT_FAILED_ROWS",
    )
    told = [[(error["path"], error["code"]) for error in each["errors"]] for each in done["results"]]
    assert told == [
        [],
        [("externalReference", "UNIQUE"), ("slug", "UNIQUE")],
        [("variants.0.sku", "UNIQUE"), ("variants.1.sku", "UNIQUE")],
        [("variants.1.attributes", "DUPLICATED_INPUT_ITEM")],
        [(f"variants.0.channelListings.{place}.channelId", "DUPLICATED_INPUT_ITEM") for place in (0, 1)],
        [(f"variants.0.stocks.{place}.warehouse", "DUPLICATED_INPUT_ITEM") for place in (0, 1)],
    ]
    assert await session.scalar(select(func.count()).select_from(Product)) == 1


async def test_what_only_the_writing_shows_fails_its_own_line(
    read: Ask, session: AsyncSession, shop: Shop
) -> None:
    """A value that another attribute has can't be given; two names of one value are the same answer."""
    strange = await make_value(session, await make_attribute(session))
    big = await make_value(session, shop.size, name="Grand", slug="grand")
    key = {"id": of("Attribute", shop.size)}
    twins = [
        {"attributes": [key | {"dropdown": {"value": "Grand"}}]},
        {"attributes": [key | {"dropdown": {"id": of("AttributeValue", big)}}]},
    ]
    wrong = [{"id": of("Attribute", shop.wool), "dropdown": {"id": of("AttributeValue", strange)}}]
    lines = [shop.product("A"), shop.product("B", attributes=wrong), shop.product("C", variants=twins)]
    for policy, count in (("REJECT_EVERYTHING", 0), ("REJECT_FAILED_ROWS", 1), ("IGNORE_FAILED", 1)):
        done = await create(read, *lines, policy=policy)
        assert done["count"] == count
        told = [[(error["path"], error["code"]) for error in each["errors"]] for each in done["results"]]
        assert told == [
            [],
            [("attributes", "INVALID")],
            [("variants.1.attributes", "DUPLICATED_INPUT_ITEM")],
        ]
    assert await session.scalar(select(func.count()).select_from(Product)) == 2


async def test_a_bulk_is_bounded(read: Ask, shop: Shop) -> None:
    done = await create(read, *[shop.product()] * 501)
    assert done == {"count": 0, "errors": [{"path": "products", "code": "INVALID"}], "results": []}


async def test_a_seller_makes_its_own(ask: Ask, read: Ask, session: AsyncSession, shop: Shop) -> None:
    user, other = await make_user(session), await make_vendor(session)
    requester = seller(shop.vendor.id, user)
    theirs = await make_warehouse(session, other.id)
    await make_value(session, shop.size, name="Grand")
    listed = {"channelListings": shop.listings(shop.dirhams)}
    own = shop.variant("Grand", channelListings=shop.prices(shop.dirhams), stocks=shop.stocks(2))
    elsewhere = shop.variant("Grand", stocks=[{"warehouse": of("Warehouse", theirs), "quantity": 1}])
    done = await create(
        read,
        {key: value for key, value in shop.product(**listed, variants=[own]).items() if key != "vendor"},
        shop.product("B", vendor=of("Vendor", other)),
        shop.product("C", collections=[of("Collection", await make_collection(session))]),
        shop.product("D", variants=[elsewhere]),
        shop.product("E", attributes=[{"id": of("Attribute", shop.wool), "dropdown": {"value": "New"}}]),
        shop.product("F", variants=[shop.variant("Immense")]),
        policy="REJECT_FAILED_ROWS",
        requester=requester,
    )
    told = [[(error["path"], error["code"]) for error in each["errors"]] for each in done["results"]]
    assert told == [
        [],
        [("vendor", "NOT_FOUND")],
        [("collections", "INVALID")],
        [("variants.0.stocks.0.warehouse", "NOT_FOUND")],
        [("attributes", "INVALID")],
        [("variants.attributes", "INVALID")],
    ]
    assert done["results"][0]["product"]["vendor"] == {"name": shop.vendor.name}
    assert await session.scalar(select(func.count()).select_from(CollectionProduct)) == 0
    assert await session.scalar(select(ProductChannelListing.is_live)) is True
    for nobody in (None, buyer(user), staff("MANAGE_ORDERS")):
        answer = await ask(CREATE, nobody, products=[])
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


MEDIA = """mutation($products: [ProductBulkCreateInput!]!, $policy: ErrorPolicyEnum) {
  productBulkCreate(products: $products, errorPolicy: $policy) { results { errors { path code }
    product { media { type alt sortOrder } } } } }"""


async def test_pictures_and_videos_come_with_products_in_their_order(
    read: Ask, session: AsyncSession, shop: Shop, heard: Heard
) -> None:
    media = [
        {"image": UploadedFile("tapis.png", "image/png", rug()), "alt": "Un tapis"},
        {"mediaUrl": "https://youtu.be/abc"},
        {"mediaUrl": "https://a.test/2.jpg"},
    ]
    done = await read(MEDIA, STAFF, products=[shop.product(media=media), shop.product("Autre")])
    first, second = done["productBulkCreate"]["results"]
    assert first == {
        "errors": [],
        "product": {
            "media": [
                {"type": "IMAGE", "alt": "Un tapis", "sortOrder": 0},
                {"type": "VIDEO", "alt": "", "sortOrder": 1},
                {"type": "IMAGE", "alt": "", "sortOrder": 2},
            ]
        },
    }
    assert second["product"] == {"media": []}
    kept, video, picture = await session.scalars(select(ProductMedia).order_by(ProductMedia.position))
    assert (kept.path is not None, video.path, picture.path) == (True, None, None)
    queued = """SELECT task_name, args->'media_ids' FROM procrastinate_jobs
      WHERE task_name LIKE 'catalog.%media' OR task_name = 'catalog.make_thumbnails' ORDER BY id"""
    jobs = await session.execute(text(queued))
    assert [tuple(row) for row in jobs] == [
        ("catalog.make_thumbnails", [kept.id]),
        ("catalog.fetch_all_media", [video.id, picture.id]),
    ]
    assert [key for event, key in heard if event == "PRODUCT_MEDIA_CREATED"] == [
        kept.id,
        video.id,
        picture.id,
    ]


@pytest.mark.parametrize(
    ("media", "path", "code"),
    [
        ({}, "media.0", "REQUIRED"),
        ({"alt": "x"}, "media.0", "REQUIRED"),
        ({"mediaUrl": "nonsense"}, "media.0.mediaUrl", "INVALID"),
        ({"mediaUrl": "https://a.test/film.mp4"}, "media.0.mediaUrl", "UNSUPPORTED_MEDIA_PROVIDER"),
        ({"mediaUrl": "https://a.test/1.jpg", "alt": "x" * 251}, "media.0.alt", "INVALID"),
        ({"image": UploadedFile("a.png", "image/png", b"none")}, "media.0.image", "INVALID"),
        (
            {"image": UploadedFile("a.png", "image/png", b"none"), "mediaUrl": "https://a.test/1.jpg"},
            "media.0",
            "DUPLICATED_INPUT_ITEM",
        ),
    ],
)
async def test_a_picture_that_is_none_is_told_and_may_be_left_out(
    read: Ask, shop: Shop, media: dict[str, Any], path: str, code: str
) -> None:
    product = shop.product(media=[media, {"mediaUrl": "https://a.test/1.jpg"}])
    left = {"media": [{"type": "IMAGE", "alt": "", "sortOrder": 0}]}
    for policy, made in ((None, None), ("IGNORE_FAILED", left)):
        done = await read(MEDIA, STAFF, products=[product], policy=policy)
        (result,) = done["productBulkCreate"]["results"]
        assert result == {"errors": [{"path": path, "code": code}], "product": made}
