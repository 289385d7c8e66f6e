"""A small shop, open for business: two sellers of two regions, four pieces, a carrier that takes cash."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.attributes import (
    Attribute,
    AttributeScope,
    AttributeValue,
    ProductTypeAttribute,
    product_attribute_value,
    variant_attribute_value,
)
from marketplace.catalog.models import (
    CategoryTranslation,
    Product,
    ProductTranslation,
    ProductType,
    ProductVariant,
)
from marketplace.kit.database import Database
from marketplace.markets.models import Channel
from marketplace.vendors.models import VendorTranslation
from tests.factories.catalog import make_category, make_collection, make_variant, put_on_sale
from tests.factories.checkout import make_piece
from tests.factories.inventory import make_stock
from tests.factories.markets import make_channel, make_method
from tests.factories.vendors import make_region, make_vendor


@dataclass(frozen=True)
class Shop:
    """Where the shop stands, and the slugs of what it sells."""

    address: str
    category: str
    """Rugs: one of them."""
    larder: str
    """A bowl, and below it, on a shelf of its own, saffron."""
    collection: str
    """The bowl."""
    weavers: str
    rug: str
    """In two sizes, 1 200 and 2 400 MAD; the larger one is sold out. Its seller charges 20 % tax."""
    saffron: str
    """45 MAD, ten pieces, by the other seller."""
    bowl: str
    """95 MAD, the last one."""

    def page(self, path: str, language: str = "fr") -> str:
        return f"{self.address}/{language}/{path}"


@pytest.fixture
async def shop(database: Database, live: str) -> Shop:
    async with database.transaction() as session:
        channel = await make_channel(session, slug="maroc")
        await make_channel(session, slug="europe", name="Europe", currency_code="EUR", cash_on_delivery=False)
        await make_method(session, channel, 30_00, name="Livraison à domicile", maximum_delivery_days=4)
        await make_method(session, channel, 20_00, name="Point relais", collects_cash=True)
        await make_method(session, channel, 10_00, name="Casier", collects_cash=False)
        return await _stocked(session, channel, live)


async def _stocked(session: AsyncSession, channel: Channel, address: str) -> Shop:
    category = await make_category(session, name="Tapis et tissages", slug="tapis")
    session.add(CategoryTranslation(category_id=category.id, language_code="ar", name="زرابي ومنسوجات"))
    souss = await make_region(session, "MA-09", "Souss-Massa")
    fez = await make_region(session, "MA-03", "Fès-Meknès")
    weavers = await make_vendor(session, name="Coopérative Tifawin", slug="tifawin", region_code=souss.code)
    session.add(VendorTranslation(vendor_id=weavers.id, language_code="ar", name="تعاونية تيفاوين"))
    others = await make_vendor(session, name="Maison Benjelloun", slug="benjelloun", region_code=fez.code)
    rug = await _piece(session, channel, 1_200_00, "Tapis d’Azilal", "tapis-azilal", weavers.id, category.id)
    session.add(ProductTranslation(product_id=rug.product_id, language_code="ar", name="زربية أزيلال"))
    rug.name = "120 × 180 cm"
    larger = await make_variant(session, rug.product, name="160 × 240 cm", position=1)
    await put_on_sale(session, larger, channel, 2_400_00)
    await make_stock(session, larger, 0)
    larder = await make_category(session, name="Épicerie", slug="epicerie")
    spices = await make_category(session, larder, name="Épices", slug="epices")
    await _piece(session, channel, 45_00, "Safran", "safran", others.id, spices.id)
    bowl = await _piece(session, channel, 95_00, "Bol de Fès", "bol", others.id, larder.id, stock=1)
    await make_collection(session, channel, name="À offrir", slug="a-offrir", products=[bowl.product])
    await make_collection(session, channel, name="Vide", slug="vide")
    await _answer(session, rug, larger)
    await search.reindex(session, list(await session.scalars(select(Product.id))))
    return Shop(address, "tapis", "epicerie", "a-offrir", "tifawin", "tapis-azilal", "safran", "bol")


async def _answer(session: AsyncSession, rug: ProductVariant, larger: ProductVariant) -> None:
    """Say what the rug is made of, and which colour each of its sizes has. Nobody else says anything."""
    questions = {"Matière": ["Laine", "Coton"], "Couleur": ["Rouge", "Bleu"]}
    answers: dict[str, AttributeValue] = {}
    for position, (question, choices) in enumerate(questions.items()):
        attribute = Attribute(name=question, slug=question.lower(), position=position)
        session.add(attribute)
        await session.flush()
        scope = AttributeScope.VARIANT if question == "Couleur" else AttributeScope.PRODUCT
        for product_type_id in (await session.scalars(select(ProductType.id))).all():
            session.add(
                ProductTypeAttribute(
                    product_type_id=product_type_id,
                    attribute_id=attribute.id,
                    scope=scope,
                    variant_selection=scope is AttributeScope.VARIANT,
                )
            )
        for choice in choices:
            answers[choice] = AttributeValue(attribute_id=attribute.id, slug=choice.lower(), name=choice)
            session.add(answers[choice])
    await session.flush()
    said = {"product_id": rug.product_id, "value_id": answers["Laine"].id}
    await session.execute(insert(product_attribute_value).values(said))
    for variant, colour in ((rug, "Rouge"), (larger, "Bleu")):
        said = {"variant_id": variant.id, "value_id": answers[colour].id}
        await session.execute(insert(variant_attribute_value).values(said))


async def _piece(
    session: AsyncSession,
    channel: Channel,
    price_minor: int,
    name: str,
    slug: str,
    vendor_id: int,
    category_id: int,
    stock: int = 10,
) -> ProductVariant:
    given = {"name": name, "slug": slug, "vendor_id": vendor_id, "category_id": category_id}
    variant = await make_piece(session, channel, price_minor, stock, **given)
    await session.refresh(variant, ["product"])
    return variant


@pytest.fixture
async def plain(browser: Browser) -> AsyncIterator[Page]:
    """A page in a browser that runs no JavaScript, as wide as a small phone."""
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, locale="fr-MA", java_script_enabled=False
    )
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()
