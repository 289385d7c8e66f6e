"""What was answered to attributes and values that go, and what follows from values that move."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import forgetting
from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeValue,
    ProductAnswerOrder,
    product_attribute_value,
)
from marketplace.catalog.models import Product, ProductType
from marketplace.kit.jobs import is_pending
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import make_product, make_product_type
from tests.graphql.catalog.conftest import Heard
from tests.graphql.catalog.test_attribute_mutations import (
    BASE,
    CREATE,
    DELETE,
    REORDER,
    STAFF,
    UPDATE,
    count,
    names,
    of,
    values,
)
from tests.graphql.conftest import Ask, staff


@pytest.fixture
async def kind(session: AsyncSession) -> ProductType:
    return await make_product_type(session)


async def test_an_attribute_goes_with_all_that_was_answered_to_it(
    read: Ask, session: AsyncSession, kind: ProductType, heard: Heard
) -> None:
    attribute = await make_attribute(session, kind)
    value = await make_value(session, attribute, name="Cèdre")
    product = await make_product(session, product_type_id=kind.id, search_text="cedr")
    await answer(session, product, value)
    gone = (await read(DELETE, STAFF, id=of(attribute)))["attributeDelete"]
    assert gone == {"errors": [], "attribute": {"id": of(attribute), "name": attribute.name}}
    assert await count(session, Attribute) == await count(session, AttributeValue) == 0
    assert await count(session, ProductAnswerOrder) == 0
    assert "cedr" not in (await session.scalar(select(Product.search_text)) or "")
    assert heard == [("ATTRIBUTE_DELETED", attribute.id)]


async def answered(session: AsyncSession, attribute: Attribute, kind: ProductType, number: int) -> None:
    value = await make_value(session, attribute, name="Cèdre", external_reference="erp-7")
    for _ in range(number):
        await answer(session, await make_product(session, product_type_id=kind.id), value)


async def test_an_attribute_that_many_answer_is_out_of_sight_at_once_and_gone_soon(
    read: Ask, session: AsyncSession, kind: ProductType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    monkeypatch.setattr(forgetting, "BATCH", 2)
    attribute = await make_attribute(session, kind, slug="bois", external_reference="erp-1")
    await answered(session, attribute, kind, 3)
    assert (await read(DELETE, STAFF, id=of(attribute)))["attributeDelete"]["errors"] == []
    listed = await read(
        """query($id: ID!) { attributes(first: 5) { edges { node { slug } } } attribute(id: $id) { id }
          products(first: 5) { edges { node {
            assignedAttributes { attribute { id } } attributes { values { id } } } } } }""",
        staff("MANAGE_PRODUCTS"), id=of(attribute),
    )  # fmt: skip
    assert listed["attributes"]["edges"] == []
    assert listed["attribute"] is None
    assert {str(edge["node"]) for edge in listed["products"]["edges"]} == {
        "{'assignedAttributes': [], 'attributes': []}"
    }
    values = [{"name": "Cèdre", "externalReference": "erp-7"}]
    again = BASE | {"slug": "bois", "externalReference": "erp-1", "values": values}
    assert (await read(CREATE, STAFF, input=again))["attributeCreate"]["errors"] == []
    assert await is_pending(session, "catalog.forget_attribute", attribute_id=attribute.id)
    for left in (1, 0, 0):
        await forgetting.attribute_left(session, attribute.id)
        assert await count(session, product_attribute_value) == left
        assert await count(session, ProductAnswerOrder) == left
    assert (await session.scalars(select(Attribute.slug))).all() == ["bois"]
    await forgetting.attribute_left(session, attribute.id)  # Told twice, a job does nothing.


async def test_a_value_that_many_give_is_out_of_sight_at_once_and_gone_soon(
    read: Ask, session: AsyncSession, kind: ProductType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    attribute = await make_attribute(session, kind)
    await answered(session, attribute, kind, 3)
    value = (await session.scalars(select(AttributeValue))).one()
    changed = await read(UPDATE, STAFF, id=of(attribute), input={"removeValues": values(value)})
    assert names(changed["attributeUpdate"]) == []
    grave = await session.scalar(select(Attribute.id).where(Attribute.is_going))
    assert grave is not None
    assert await is_pending(session, "catalog.forget_attribute", attribute_id=grave)
    await forgetting.attribute_left(session, grave)
    assert await count(session, product_attribute_value) == await count(session, AttributeValue) == 0
    assert (await session.scalars(select(Attribute.id))).all() == [attribute.id]


async def test_products_that_give_several_values_are_sorted_by_their_new_places(
    read: Ask, session: AsyncSession, kind: ProductType
) -> None:
    attribute = await make_attribute(session, kind, input_type=AttributeInputType.MULTISELECT)
    a, b = [await make_value(session, attribute, name=name) for name in "ab"]
    await answer(session, await make_product(session, product_type_id=kind.id), a, b)
    assert await session.scalar(select(ProductAnswerOrder.words)) == "a,b"
    await read(REORDER, STAFF, id=of(attribute), moves=[{"id": values(b)[0], "sortOrder": -1}])
    assert await is_pending(session, "catalog.follow_values", attribute_id=attribute.id)
    await forgetting.follow_values(session, attribute.id, None, 0)
    assert await session.scalar(select(ProductAnswerOrder.words)) == "b,a"
