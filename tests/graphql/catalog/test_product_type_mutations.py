"""Staff make types of products, and say what products and variants are asked for."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import forgetting, product_types
from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeScope,
    AttributeType,
    ProductTypeAttribute,
    product_attribute_value,
    variant_attribute_value,
)
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import is_pending
from marketplace.orders.models import OrderLine
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_product, make_product_type
from tests.factories.checkout import make_market, make_piece
from tests.factories.markets import make_tax_class
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES")
NO_ATTRIBUTE = to_global_id("Attribute", 10**9)
FIELDS = """errors { field code attributes } productType { id name slug kind hasVariants isShippingRequired
  weight { unit value } taxClass { name } productAttributes { name }
  assignedVariantAttributes { variantSelection attribute { name } } }"""
CREATE = f"mutation($input: ProductTypeInput!) {{ productTypeCreate(input: $input) {{ {FIELDS} }} }}"
UPDATE = f"""mutation($id: ID!, $input: ProductTypeInput!) {{
  productTypeUpdate(id: $id, input: $input) {{ {FIELDS} }} }}"""
DELETE = "mutation($id: ID!) { productTypeDelete(id: $id) { errors { field code } productType { name } } }"
BULK_DELETE = "mutation($ids: [ID!]!) { productTypeBulkDelete(ids: $ids) { count errors { field code } } }"
ASSIGN = f"""mutation($id: ID!, $given: [ProductAttributeAssignInput!]!) {{
  productAttributeAssign(productTypeId: $id, operations: $given) {{ {FIELDS} }} }}"""
CHOOSE = f"""mutation($id: ID!, $given: [ProductAttributeAssignmentUpdateInput!]!) {{
  productAttributeAssignmentUpdate(productTypeId: $id, operations: $given) {{ {FIELDS} }} }}"""
UNASSIGN = f"""mutation($id: ID!, $given: [ID!]!) {{
  productAttributeUnassign(productTypeId: $id, attributeIds: $given) {{ {FIELDS} }} }}"""
REORDER = f"""mutation($id: ID!, $type: ProductAttributeType!, $given: [ReorderInput!]!) {{
  productTypeReorderAttributes(productTypeId: $id, type: $type, moves: $given) {{ {FIELDS} }} }}"""


def of(row: Attribute | ProductType) -> str:
    return to_global_id(type(row).__name__, row.id)


def told(payload: Any) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


def asked(payload: Any) -> tuple[list[str], list[str]]:
    """What products are asked for, and what variants are asked for."""
    kind = payload["productType"]
    variants = [each["attribute"]["name"] for each in kind["assignedVariantAttributes"]]
    return [each["name"] for each in kind["productAttributes"]], variants


async def named(session: AsyncSession, *names: str, **more: Any) -> list[Attribute]:
    return [await make_attribute(session, name=name, **more) for name in names]


async def test_a_type_is_made_with_what_it_asks_for(read: Ask, session: AsyncSession) -> None:
    wool, size = await named(session, "Matière", "Taille")
    tax_class = await make_tax_class(session)
    given = {
        "name": "Tapis noué",
        "weight": 3.2,
        "isShippingRequired": True,
        "isDigital": False,
        "taxClass": to_global_id("TaxClass", tax_class.id),
        "productAttributes": [of(wool)],
        "variantAttributes": [of(size)],
    }
    made = (await read(CREATE, STAFF, input=given))["productTypeCreate"]
    assert made["errors"] == []
    assert made["productType"] | {"id": ""} == {
        "id": "", "name": "Tapis noué", "slug": "tapis-noue", "kind": "NORMAL", "hasVariants": True,
        "isShippingRequired": True, "weight": {"unit": "KG", "value": 3.2},
        "taxClass": {"name": tax_class.name}, "productAttributes": [{"name": "Matière"}],
        "assignedVariantAttributes": [{"variantSelection": False, "attribute": {"name": "Taille"}}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("name", "REQUIRED")),
        ({"name": " "}, ("name", "REQUIRED")),
        ({"name": "x" * 251}, ("name", "INVALID")),
        ({"name": "a", "slug": "pris"}, ("slug", "UNIQUE")),
        ({"name": "a", "slug": "pas un slug"}, ("slug", "INVALID")),
        ({"name": "a", "weight": -1}, ("weight", "INVALID")),
        ({"name": "a", "weight": 10**9}, ("weight", "INVALID")),
        ({"name": "a", "isDigital": True}, ("isDigital", "INVALID")),
        ({"name": "a", "taxCode": "P0"}, ("taxCode", "INVALID")),
        ({"name": "a", "taxClass": to_global_id("TaxClass", 10**9)}, ("taxClass", "NOT_FOUND")),
        ({"name": "a", "productAttributes": [NO_ATTRIBUTE]}, ("productAttributes", "NOT_FOUND")),
        ({"name": "a", "variantAttributes": ["UGFnZTox"]}, ("variantAttributes", "INVALID")),
    ],
)  # fmt: skip
async def test_a_type_that_can_not_be_is_told_field_by_field(
    read: Ask, session: AsyncSession, said: dict[str, Any], expected: tuple[str, str]
) -> None:
    await make_product_type(session, slug="pris")
    made = (await read(CREATE, STAFF, input=said))["productTypeCreate"]
    assert told(made) == [expected]
    assert await session.scalar(select(func.count()).select_from(ProductType)) == 1


@pytest.mark.parametrize("field", ["productAttributes", "variantAttributes"])
async def test_products_are_asked_only_for_attributes_of_products(
    read: Ask, session: AsyncSession, field: str
) -> None:
    (author,) = await named(session, "Auteur", type=AttributeType.PAGE_TYPE)
    made = (await read(CREATE, STAFF, input={"name": "Tapis", field: [of(author)]}))["productTypeCreate"]
    assert made["errors"] == [{"field": field, "code": "INVALID", "attributes": [of(author)]}]


async def test_a_changed_list_is_the_whole_and_answers_go_with_what_it_leaves_out(
    read: Ask, session: AsyncSession
) -> None:
    kind = await make_product_type(session)
    gone, kept = await make_attribute(session, kind), await make_attribute(session, kind, name="Taille")
    (new,) = await named(session, "Origine")
    product = await make_product(session, product_type_id=kind.id)
    await answer(session, product, await make_value(session, gone), await make_value(session, kept))
    given = {"productAttributes": [of(kept), of(new)], "slug": "neuf"}
    changed = (await read(UPDATE, STAFF, id=of(kind), input=given))["productTypeUpdate"]
    assert asked(changed) == (["Taille", "Origine"], [])
    assert changed["productType"]["slug"] == "neuf"
    said = await session.scalar(select(func.count()).select_from(product_attribute_value))
    assert said == 1


@pytest.mark.parametrize("said", [{"name": ""}, {"slug": ""}, {"slug": "pris"}])
async def test_a_change_of_a_type_that_can_not_be_is_refused(
    read: Ask, session: AsyncSession, said: dict[str, str]
) -> None:
    await make_product_type(session, slug="pris")
    kind = await make_product_type(session)
    changed = (await read(UPDATE, STAFF, id=of(kind), input=said))["productTypeUpdate"]
    assert told(changed) == [(next(iter(said)), "UNIQUE" if said.get("slug") == "pris" else "REQUIRED")]


async def test_products_are_called_and_taxed_as_their_type_says_now(
    read: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_types, "AT_ONCE", 1)
    monkeypatch.setattr(product_types, "BATCH", 2)
    kind = await make_product_type(session, name="Tapis")
    await make_product(session, product_type_id=kind.id)
    await read(UPDATE, STAFF, id=of(kind), input={"name": "Kilim"})
    names = select(Product.type_name).order_by(Product.id)
    assert (await session.scalars(names)).all() == ["Kilim"]
    products = [await make_product(session, product_type_id=kind.id) for _ in range(2)]
    await read(UPDATE, STAFF, id=of(kind), input={"name": "Hanbel"})
    assert (await session.scalars(names)).all() == ["Kilim"] * 3
    assert await is_pending(session, "catalog.follow_product_type", product_type_id=kind.id)
    await product_types.follow_product_type(session, kind.id, 0)
    assert (await session.scalars(names)).all() == ["Hanbel", "Hanbel", "Kilim"]
    await product_types.follow_product_type(session, kind.id, products[0].id)
    assert (await session.scalars(names)).all() == ["Hanbel"] * 3


async def test_a_type_goes_with_its_products_and_orders_keep_what_was_sold(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    market = await make_market(session)
    kind = await make_product_type(session, name="Tapis")
    text = await make_attribute(session, kind, input_type=AttributeInputType.PLAIN_TEXT)
    variant = await make_piece(session, market.channel, product_type_id=kind.id)
    product = await session.get_one(Product, variant.product_id)
    await answer(session, product, await make_value(session, text))
    order = await make_order(session, market, variant, quantity=2)
    heard.clear()
    gone = (await read(DELETE, STAFF, id=of(kind)))["productTypeDelete"]
    assert gone == {"errors": [], "productType": {"name": "Tapis"}}
    for model in (ProductType, Product, ProductVariant, ProductChannelListing, ProductTypeAttribute):
        assert await session.scalar(select(func.count()).select_from(model)) == 0
    line = (await session.scalars(select(OrderLine).execution_options(populate_existing=True))).one()
    assert (line.order_id, line.variant_id, line.quantity) == (order.id, None, 2)
    assert heard == [("PRODUCT_DELETED", product.id)]


async def test_a_type_of_many_products_is_in_no_list_at_once_and_gone_soon(
    read: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product_types, "AT_ONCE", 1)
    monkeypatch.setattr(product_types, "BATCH", 2)
    kind = await make_product_type(session)
    for _ in range(3):
        await make_product(session, product_type_id=kind.id)
    assert (await read(DELETE, STAFF, id=of(kind)))["productTypeDelete"]["errors"] == []
    seen = await read(
        """query($id: ID!) { productTypes(first: 5) { edges { node { id } } } productType(id: $id) { id }
          products(first: 5) { edges { node { productType { id } } } } }""",
        staff("MANAGE_PRODUCTS"),
        id=of(kind),
    )
    assert (seen["productTypes"]["edges"], seen["productType"]) == ([], None)
    assert [edge["node"]["productType"]["id"] for edge in seen["products"]["edges"]] == [of(kind)] * 3
    again = await read(UPDATE, STAFF, id=of(kind), input={"name": "Kilim"})
    assert told(again["productTypeUpdate"]) == [("id", "NOT_FOUND")]
    assert await is_pending(session, "catalog.delete_product_type", product_type_id=kind.id)
    for left in (1, 0, 0):
        await product_types.product_type_left(session, kind.id)
        assert await session.scalar(select(func.count()).select_from(Product)) == left
    assert await session.scalar(select(func.count()).select_from(ProductType)) == 0


async def test_types_go_at_once_or_not_at_all(read: Ask, session: AsyncSession) -> None:
    ids = [of(await make_product_type(session)) for _ in range(2)]
    refused = await read(BULK_DELETE, STAFF, ids=[*ids, to_global_id("ProductType", 10**9)])
    assert refused["productTypeBulkDelete"] == {
        "count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}],
    }  # fmt: skip
    assert (await read(BULK_DELETE, STAFF, ids=ids))["productTypeBulkDelete"] == {"count": 2, "errors": []}


async def test_attributes_are_assigned_to_products_and_variants(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session, has_variants=True)
    wool, size, colour = await named(session, "Matière", "Taille", "Couleur")
    given = [
        {"id": of(wool), "type": "PRODUCT"},
        {"id": of(size), "type": "VARIANT", "variantSelection": True},
        {"id": of(colour), "type": "VARIANT"},
    ]
    done = (await read(ASSIGN, STAFF, id=of(kind), given=given))["productAttributeAssign"]
    assert done["errors"] == []
    assert asked(done) == (["Matière"], ["Taille", "Couleur"])
    chosen = [{"id": of(size), "variantSelection": False}, {"id": of(colour), "variantSelection": True}]
    done = (await read(CHOOSE, STAFF, id=of(kind), given=chosen))["productAttributeAssignmentUpdate"]
    assert [each["variantSelection"] for each in done["productType"]["assignedVariantAttributes"]] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("about", "operation", "code"),
    [
        ({"type": AttributeType.PAGE_TYPE}, {"type": "PRODUCT"}, "INVALID"),
        ({"is_variant_only": True}, {"type": "PRODUCT"}, "ATTRIBUTE_CANNOT_BE_ASSIGNED"),
        ({}, {"type": "PRODUCT", "variantSelection": True}, "ATTRIBUTE_CANNOT_BE_ASSIGNED"),
        (
            {"input_type": AttributeInputType.PLAIN_TEXT},
            {"type": "VARIANT", "variantSelection": True},
            "ATTRIBUTE_CANNOT_BE_ASSIGNED",
        ),
    ],
)
async def test_an_attribute_that_can_not_be_asked_for_is_not_assigned(
    read: Ask, session: AsyncSession, about: dict[str, Any], operation: dict[str, Any], code: str
) -> None:
    kind = await make_product_type(session, has_variants=True)
    attribute = await make_attribute(session, **about)
    given = [{"id": of(attribute), **operation}]
    done = (await read(ASSIGN, STAFF, id=of(kind), given=given))["productAttributeAssign"]
    assert done["errors"] == [{"field": "operations", "code": code, "attributes": [of(attribute)]}]


async def test_an_attribute_is_asked_for_once(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session, has_variants=True)
    known, new = await make_attribute(session, kind), await make_attribute(session)
    given = [{"id": of(each), "type": "VARIANT"} for each in (known, new, new)]
    done = (await read(ASSIGN, STAFF, id=of(kind), given=given))["productAttributeAssign"]
    assert [error["code"] for error in done["errors"]] == [
        "ATTRIBUTE_ALREADY_ASSIGNED",
        "DUPLICATED_INPUT_ITEM",
    ]


async def test_what_is_asked_of_variants_needs_variants(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session, has_variants=False)
    attribute = await make_attribute(session, kind, scope=AttributeScope.VARIANT)
    assigned = await read(ASSIGN, STAFF, id=of(kind), given=[{"id": of(attribute), "type": "VARIANT"}])
    chosen = await read(CHOOSE, STAFF, id=of(kind), given=[{"id": of(attribute), "variantSelection": True}])
    wrong = [("operations", "ATTRIBUTE_VARIANTS_DISABLED")]
    assert told(assigned["productAttributeAssign"]) == wrong
    assert told(chosen["productAttributeAssignmentUpdate"]) == wrong


async def test_variants_are_chosen_only_by_what_they_are_asked(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session, has_variants=True)
    size = await make_attribute(session, kind, scope=AttributeScope.VARIANT)
    of_product, text = (
        await make_attribute(session, kind),
        await make_attribute(session, kind, scope=AttributeScope.VARIANT, input_type="RICH_TEXT"),
    )
    for given, code in (
        ([size, size], "INVALID"),
        ([of_product], "NOT_FOUND"),
        ([text], "ATTRIBUTE_CANNOT_BE_ASSIGNED"),
    ):
        chosen = [{"id": of(each), "variantSelection": True} for each in given]
        done = (await read(CHOOSE, STAFF, id=of(kind), given=chosen))["productAttributeAssignmentUpdate"]
        assert told(done) == [("operations", code)]
    missing = to_global_id("Attribute", 10**9)
    done = await read(CHOOSE, STAFF, id=of(kind), given=[{"id": missing, "variantSelection": True}])
    assert done["productAttributeAssignmentUpdate"]["errors"] == [
        {"field": "operations", "code": "NOT_FOUND", "attributes": [missing]}
    ]


async def test_what_is_asked_for_no_more_is_not_answered_any_more(
    read: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, other = await make_product_type(session), await make_product_type(session)
    wool = await make_attribute(session, kind)
    session.add(ProductTypeAttribute(product_type_id=other.id, attribute_id=wool.id))
    size = await make_attribute(session, kind, scope=AttributeScope.VARIANT)
    value, small = await make_value(session, wool), await make_value(session, size)
    product = await make_product(session, product_type_id=kind.id)
    elsewhere = await make_product(session, product_type_id=other.id)
    for row, given in ((product, value), (elsewhere, value), (product.variants[0], small)):
        await answer(session, row, given)
    monkeypatch.setattr(forgetting, "AT_ONCE", 0)
    done = await read(UNASSIGN, STAFF, id=of(kind), given=[of(wool), of(size)])
    assert asked(done["productAttributeUnassign"]) == ([], [])
    for table, attribute in (("product_attribute_value", wool), ("variant_attribute_value", size)):
        left = {"table": table, "type_id": kind.id, "attribute_ids": [attribute.id]}
        assert await is_pending(session, "catalog.forget_answers", **left)
        await forgetting.answers_left(session, table, kind.id, [attribute.id])
    said = await session.scalars(select(product_attribute_value.c.product_id))
    assert said.all() == [elsewhere.id]
    assert (await session.scalars(select(variant_attribute_value.c.variant_id))).all() == []


async def test_what_is_asked_for_again_before_the_job_came_is_kept(session: AsyncSession) -> None:
    kind = await make_product_type(session)
    wool = await make_attribute(session, kind)
    product = await make_product(session, product_type_id=kind.id)
    await answer(session, product, await make_value(session, wool))
    await forgetting.answers_left(session, "product_attribute_value", kind.id, [wool.id])
    assert await session.scalar(select(func.count()).select_from(product_attribute_value)) == 1


@pytest.mark.parametrize("scope", list(AttributeScope))
async def test_what_is_asked_for_moves(read: Ask, session: AsyncSession, scope: AttributeScope) -> None:
    kind = await make_product_type(session, has_variants=True)
    a, _, c = [await make_attribute(session, kind, scope=scope, name=name) for name in "abc"]
    moves = [{"id": of(c), "sortOrder": -2}, {"id": of(a), "sortOrder": 1}]
    done = await read(REORDER, STAFF, id=of(kind), type=scope.value, given=moves)
    order = asked(done["productTypeReorderAttributes"])
    assert order[scope is AttributeScope.VARIANT] == ["c", "b", "a"]
    foreign = [{"id": of(await make_attribute(session)), "sortOrder": 1}]
    done = await read(REORDER, STAFF, id=of(kind), type=scope.value, given=foreign)
    assert done["productTypeReorderAttributes"]["errors"] == [
        {"field": "moves", "code": "NOT_FOUND", "attributes": [foreign[0]["id"]]}
    ]


@pytest.mark.parametrize("who", ["nobody", "buyer", "seller", "other staff"])
async def test_only_staff_who_look_after_types_change_them(ask: Ask, session: AsyncSession, who: str) -> None:
    user, vendor = await make_user(session), await make_vendor(session)
    kind = of(await make_product_type(session))
    requester = {
        "nobody": None,
        "buyer": buyer(user),
        "seller": seller(vendor.id, user),
        "other staff": staff("MANAGE_PRODUCTS"),
    }[who]
    for document, given in (
        (CREATE, {"input": {"name": "Tapis"}}),
        (UPDATE, {"id": kind, "input": {"name": "Kilim"}}),
        (DELETE, {"id": kind}),
        (BULK_DELETE, {"ids": [kind]}),
        (ASSIGN, {"id": kind, "given": []}),
        (CHOOSE, {"id": kind, "given": []}),
        (UNASSIGN, {"id": kind, "given": []}),
        (REORDER, {"id": kind, "type": "PRODUCT", "given": []}),
    ):
        refused = await ask(document, requester, **given)
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
