"""What products, variants, pages and customers answer to attributes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answering import answer, answers_like, asked_by, check_answers, write_answers
from marketplace.catalog.answers import Answer, Choice, Reference
from marketplace.catalog.attributes import (
    Attribute,
    AttributeEntityType,
    AttributeInputType,
    AttributeReferencePageType,
    AttributeScope,
    AttributeValue,
    ProductAnswerOrder,
    product_attribute_value,
)
from marketplace.catalog.models import Product, ProductType
from marketplace.content.pages import Page, page_attribute_value
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.ids import to_global_id
from marketplace.people.models import CustomerType
from tests.factories.attributes import answer as given
from tests.factories.attributes import make_attribute, make_value
from tests.factories.catalog import make_product, make_product_type, make_variant
from tests.factories.content import make_page, make_page_type
from tests.factories.people import make_user

Input = AttributeInputType
TEXT = {"blocks": [{"type": "paragraph", "data": {"text": "Noué <b>main</b>"}}]}
LONG = "x" * 251


@pytest.fixture
async def kind(session: AsyncSession) -> ProductType:
    return await make_product_type(session)


@pytest.fixture
async def product(session: AsyncSession, kind: ProductType) -> Product:
    return await make_product(session, product_type_id=kind.id)


async def asks(
    session: AsyncSession, kind: ProductType, input_type: Input = Input.DROPDOWN, **more: Any
) -> Attribute:
    if input_type in (Input.REFERENCE, Input.SINGLE_REFERENCE):
        more = {"entity_type": AttributeEntityType.PAGE} | more
    return await make_attribute(session, kind, input_type=input_type, **more)


async def said(session: AsyncSession, product: Product) -> list[AttributeValue]:
    rows = await session.scalars(
        select(AttributeValue)
        .join(product_attribute_value)
        .where(product_attribute_value.c.product_id == product.id)
        .order_by(product_attribute_value.c.position, AttributeValue.id)
    )
    return list(rows)


def to(attribute: Attribute, **said: Any) -> Answer:
    return Answer(attribute_id=attribute.id, **said)


@pytest.mark.parametrize(
    ("input_type", "answered", "kept"),
    [
        (Input.DROPDOWN, {"dropdown": Choice(value="Laine")}, {"name": "Laine", "slug": "laine"}),
        (Input.DROPDOWN, {"values": ["Laine"]}, {"name": "Laine", "slug": "laine"}),
        (Input.SWATCH, {"swatch": Choice(value="Indigo")}, {"name": "Indigo"}),
        (Input.MULTISELECT, {"multiselect": [Choice(value="Coton")]}, {"name": "Coton"}),
        (Input.NUMERIC, {"numeric": "12.50"}, {"numeric": Decimal("12.50"), "name": "12.50"}),
        (Input.NUMERIC, {"values": ["7"]}, {"numeric": Decimal(7)}),
        (Input.PLAIN_TEXT, {"plain_text": "Noué main"}, {"plain_text": "Noué main", "name": "Noué main"}),
        (Input.RICH_TEXT, {"rich_text": TEXT}, {"rich_text": TEXT, "name": "Noué main"}),
        (Input.BOOLEAN, {"boolean": False}, {"boolean": False}),
        (Input.DATE, {"date": date(2026, 5, 1)}, {"day": date(2026, 5, 1), "name": "2026-05-01"}),
        (
            Input.DATE_TIME,
            {"date_time": datetime(2026, 5, 1, 8, tzinfo=UTC)},
            {"date_time": datetime(2026, 5, 1, 8, tzinfo=UTC)},
        ),
        (
            Input.FILE,
            {"file": "files/fiche.pdf", "content_type": "application/pdf"},
            {"file_path": "files/fiche.pdf", "content_type": "application/pdf", "name": "fiche.pdf"},
        ),
    ],
)
async def test_each_way_of_answering_keeps_what_was_said(
    session: AsyncSession, kind: ProductType, product: Product, input_type: Input, answered: Any, kept: Any
) -> None:
    attribute = await asks(session, kind, input_type, name="Matière")
    await answer(session, product, [to(attribute, **answered)])
    (value,) = await said(session, product)
    assert {name: getattr(value, name) for name in kept} == kept


async def test_references_are_shared_and_keep_their_order(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind, Input.REFERENCE)
    other = await make_product(session, product_type_id=kind.id)
    pages = [await make_page(session, title=title) for title in ("Le tapis", "La laine")]
    meant = [Reference(AttributeEntityType.PAGE, page.id, page.title) for page in pages]
    await answer(session, product, [to(attribute, references=meant)])
    await answer(session, other, [to(attribute, references=meant[:1])])
    assert [value.name for value in await said(session, product)] == ["Le tapis", "La laine"]
    await answer(session, product, [to(attribute, references=meant[::-1])])
    assert [value.reference_page_id for value in await said(session, product)] == [pages[1].id, pages[0].id]
    assert [value.reference_page_id for value in await said(session, other)] == [pages[0].id]
    assert await session.scalar(select(func.count()).select_from(AttributeValue)) == 2


@pytest.mark.parametrize(
    "choice",
    [
        lambda value: Choice(id=value.id),
        lambda value: Choice(external_reference="erp-7"),
        lambda value: Choice(value="Laine fine"),
        lambda value: Choice(value="laine-fine"),
    ],
)
async def test_a_choice_is_named_by_id_reference_name_or_slug(
    session: AsyncSession, kind: ProductType, product: Product, choice: Any
) -> None:
    attribute = await asks(session, kind)
    value = await make_value(
        session, attribute, name="Laine fine", slug="laine-fine", external_reference="erp-7"
    )
    await answer(session, product, [to(attribute, dropdown=choice(value))])
    assert await said(session, product) == [value]


async def test_a_new_choice_stands_last_with_a_slug_and_a_reference_of_its_own(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind)
    last = await make_value(session, attribute, name="Laine", slug="laine")
    choice = Choice(value="laine!", external_reference="erp-8")
    await answer(session, product, [to(attribute, dropdown=choice)])
    (value,) = await said(session, product)
    assert (value.slug, value.external_reference, value.position) == ("laine-2", "erp-8", last.position + 1)


async def test_an_own_value_is_changed_in_place_and_goes_with_the_answer(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind, Input.NUMERIC)
    await answer(session, product, [to(attribute, numeric="1")])
    (first,) = await said(session, product)
    await answer(session, product, [to(attribute, numeric="2")])
    assert [value.id for value in await said(session, product)] == [first.id]
    place = await session.scalar(select(ProductAnswerOrder.words))
    assert place is not None
    assert place.endswith("2.000000")
    await answer(session, product, [to(attribute)])
    assert await said(session, product) == []
    assert await session.scalar(select(func.count()).select_from(AttributeValue)) == 0
    assert await session.scalar(select(func.count()).select_from(ProductAnswerOrder)) == 0


async def test_a_value_that_others_give_stays_as_it_is(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind, Input.NUMERIC)
    shared = await make_value(session, attribute, name="12", numeric=Decimal(12))
    other = await make_product(session, product_type_id=kind.id)
    await given(session, product, shared)
    await given(session, other, shared)
    await answer(session, product, [to(attribute, numeric="15")])
    assert [value.numeric for value in await said(session, product)] == [15]
    assert [value.numeric for value in await said(session, other)] == [12]


async def test_own_values_go_with_their_product(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    text_, chosen = await asks(session, kind, Input.PLAIN_TEXT), await asks(session, kind)
    await answer(session, product, [to(text_, plain_text="Noué"), to(chosen, dropdown=Choice(value="Laine"))])
    await session.execute(text("DELETE FROM product_variant"))
    await session.execute(text("DELETE FROM product"))
    assert (await session.scalars(select(AttributeValue.name))).all() == ["Laine"]


async def test_only_what_is_spoken_of_changes(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    first, second = await asks(session, kind, Input.BOOLEAN), await asks(session, kind, Input.NUMERIC)
    await answer(session, product, [to(first, boolean=True), to(second, numeric="3")])
    await answer(session, product, [to(first, boolean=False)])
    assert {value.attribute_id: value.name for value in await said(session, product)} == {
        first.id: f"{first.name}: No",
        second.id: "3",
    }


async def test_a_products_search_words_follow_its_choices(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind)
    await answer(session, product, [to(attribute, dropdown=Choice(value="Cèdre"))])
    await session.refresh(product)
    assert "cedr" in product.search_text
    await answer(session, product, [to(attribute)])
    await session.refresh(product)
    assert "cedr" not in product.search_text


async def test_variants_pages_and_customers_answer_too(session: AsyncSession, kind: ProductType) -> None:
    product = await make_product(session, product_type_id=kind.id)
    size = await make_attribute(session, kind, scope=AttributeScope.VARIANT)
    page_type = await make_page_type(session)
    author = await make_attribute(session, page_type, input_type=Input.PLAIN_TEXT)
    customers = CustomerType(name="Professionnels", slug="pro")
    session.add(customers)
    await session.flush()
    sector = await make_attribute(session, customers, input_type=Input.BOOLEAN)
    variants = [await make_variant(session, product), await make_variant(session, product)]
    await answer(session, variants[0], [to(size, dropdown=Choice(value="S"))])
    assert await answers_like(session, variants[0]) is None
    await answer(session, variants[1], [to(size, dropdown=Choice(value="S"))])
    assert await answers_like(session, variants[1]) == variants[0].id
    page = await make_page(session, page_type)
    await answer(session, page, [to(author, plain_text="Tifawin")])
    user = await make_user(session, customer_type_id=customers.id)
    await answer(session, user, [to(sector, boolean=True)])
    assert await session.scalar(select(func.count()).select_from(page_attribute_value)) == 1
    with pytest.raises(DomainError, match="Could not resolve"):
        await answer(session, await make_page(session), [to(author, plain_text="Tifawin")])


REFUSED: list[tuple[Input, dict[str, Any], str]] = [
    (Input.DROPDOWN, {}, "REQUIRED"),
    (Input.DROPDOWN, {"dropdown": Choice()}, "REQUIRED"),
    (Input.DROPDOWN, {"dropdown": Choice(value=" ")}, "REQUIRED"),
    (Input.DROPDOWN, {"dropdown": Choice(value=LONG)}, "INVALID"),
    (Input.DROPDOWN, {"dropdown": Choice(id=1, value="Laine")}, "INVALID"),
    (Input.DROPDOWN, {"dropdown": Choice(id=1, external_reference="erp")}, "INVALID"),
    (Input.DROPDOWN, {"dropdown": Choice(id=999_999_999)}, "INVALID"),
    (Input.DROPDOWN, {"dropdown": Choice(external_reference="none")}, "INVALID"),
    (Input.DROPDOWN, {"values": ["Laine", "Coton"]}, "INVALID"),
    (Input.SWATCH, {"dropdown": Choice(value="Indigo")}, "REQUIRED"),
    (Input.MULTISELECT, {}, "REQUIRED"),
    (Input.MULTISELECT, {"multiselect": [Choice(value="a"), Choice(value="a")]}, "DUPLICATED_INPUT_ITEM"),
    (Input.MULTISELECT, {"multiselect": [Choice(id=1), Choice(value="a")]}, "INVALID"),
    (Input.MULTISELECT, {"multiselect": [Choice(value=str(n)) for n in range(101)]}, "INVALID"),
    (Input.MULTISELECT, {"values": ["a", "a"]}, "DUPLICATED_INPUT_ITEM"),
    (Input.MULTISELECT, {"values": [""]}, "REQUIRED"),
    (Input.NUMERIC, {}, "REQUIRED"),
    *[(Input.NUMERIC, {"numeric": bad}, "INVALID") for bad in ("", "douze", "NaN", "1e15", "1e-16", "inf")],
    (Input.NUMERIC, {"values": ["1", "2"]}, "INVALID"),
    (Input.PLAIN_TEXT, {"plain_text": "  "}, "REQUIRED"),
    (Input.PLAIN_TEXT, {"plain_text": "x" * 50_001}, "INVALID"),
    (Input.RICH_TEXT, {"rich_text": {}}, "REQUIRED"),
    (Input.RICH_TEXT, {"rich_text": {"blocks": "none"}}, "INVALID"),
    (Input.FILE, {}, "REQUIRED"),
    *[(Input.FILE, {"file": bad}, "INVALID") for bad in ("", "../secret", "private/iban.pdf", "x" * 501)],
    (Input.REFERENCE, {}, "REQUIRED"),
    (Input.REFERENCE, {"references": [None]}, "INVALID"),
    (Input.REFERENCE, {"references": [Reference(AttributeEntityType.PRODUCT, 1, "Tapis")]}, "INVALID"),
    (Input.SINGLE_REFERENCE, {"references": [None, None]}, "INVALID"),
    (Input.DATE, {"date_time": datetime(2026, 5, 1, tzinfo=UTC)}, "REQUIRED"),
    (Input.DATE_TIME, {"date": date(2026, 5, 1)}, "REQUIRED"),
    (Input.BOOLEAN, {}, "REQUIRED"),
]


@pytest.mark.parametrize(("input_type", "answered", "code"), REFUSED)
async def test_a_wrong_answer_is_told_with_its_attribute_and_nothing_is_kept(
    session: AsyncSession, kind: ProductType, product: Product, input_type: Input, answered: Any, code: str
) -> None:
    attribute = await asks(session, kind, input_type, value_required=True)
    with pytest.raises(Errors) as refused:
        await answer(session, product, [to(attribute, **answered)])
    error = refused.value.errors[0]
    assert (error.code, error.field) == (code, "attributes")
    assert error.details["attributes"] == [to_global_id("Attribute", attribute.id)]
    assert await said(session, product) == []


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (Answer(), "REQUIRED"),
        (Answer(attribute_id=1, external_reference="erp"), "REQUIRED"),
        (Answer(attribute_id=999_999_999), "NOT_FOUND"),
        (Answer(external_reference="none"), "NOT_FOUND"),
    ],
)
async def test_an_answer_names_one_attribute_of_the_type(
    session: AsyncSession, product: Product, answered: Answer, code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await answer(session, product, [answered])
    assert (refused.value.code, refused.value.field) == (code, "attributes")


async def test_attributes_with_the_same_mistake_are_told_of_together(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    first = await asks(session, kind, Input.NUMERIC)
    await asks(session, kind, Input.NUMERIC, external_reference="erp-2")
    wrong = [to(first, numeric="x"), Answer(external_reference="erp-2", numeric="y")]
    with pytest.raises(Errors) as refused:
        await answer(session, product, wrong)
    (error,) = refused.value.errors
    assert error.details["attributes"] == [to_global_id("Attribute", first.id), "erp-2"]


async def test_a_new_thing_answers_all_that_must_be_answered(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    needed = await asks(session, kind, Input.BOOLEAN, value_required=True)
    asked = await asked_by(session, Product, kind.id)
    assert check_answers(asked, []) == []
    with pytest.raises(Errors) as refused:
        check_answers(asked, [], complete=True)
    assert refused.value.errors[0].code == "REQUIRED"
    await write_answers(session, product, check_answers(asked, [to(needed, boolean=True)], complete=True))
    assert len(await said(session, product)) == 1


async def test_a_reference_points_only_at_the_types_that_its_attribute_names(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind, Input.SINGLE_REFERENCE)
    page = await make_page(session)
    other = await make_page(session)
    session.add(AttributeReferencePageType(attribute_id=attribute.id, page_type_id=page.page_type_id))
    await session.flush()

    def at(page: Page) -> Answer:
        reference = Reference(AttributeEntityType.PAGE, page.id, page.title, page.page_type_id)
        return to(attribute, references=[reference])

    await answer(session, product, [at(page)])
    with pytest.raises(Errors, match="reference type"):
        await answer(session, product, [at(other)])


async def test_another_attributes_value_is_none_of_this_one(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind)
    foreign = await make_value(session, await make_attribute(session), external_reference="erp-9")
    for choice, code in (
        (Choice(id=foreign.id), "INVALID"),
        (Choice(external_reference="erp-9"), "INVALID"),
        (Choice(external_reference="erp-9", value="Laine"), "UNIQUE"),
    ):
        with pytest.raises(Errors) as refused:
            await answer(session, product, [to(attribute, dropdown=choice)])
        assert refused.value.errors[0].code == code


async def test_whoever_may_not_add_to_a_list_chooses_from_it(
    session: AsyncSession, kind: ProductType, product: Product
) -> None:
    attribute = await asks(session, kind)
    value = await make_value(session, attribute, name="Laine")
    choose = [to(attribute, dropdown=Choice(value="Laine"))]
    await answer(session, product, choose, may_add_choices=False)
    assert await said(session, product) == [value]
    with pytest.raises(Errors, match="Only the shop's staff"):
        await answer(session, product, [to(attribute, dropdown=Choice(value="Soie"))], may_add_choices=False)
