"""Products as staff and sellers make, change and take them away. Where they show: `publishing`."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.answering import asked_by, check_answers, write_answers
from marketplace.catalog.answers import Answer
from marketplace.catalog.collections import collections_of_product
from marketplace.catalog.descriptions import text_of_description
from marketplace.catalog.events import ListingsChanged, VariantsWithdrawn
from marketplace.catalog.measures import checked_weight
from marketplace.catalog.models import Category, Collection, Product, ProductType, ProductVariant
from marketplace.catalog.slugs import checked_slug, free_slugs
from marketplace.catalog.uniqueness import checked_unique
from marketplace.catalog.wording import checked_words, write_metadata
from marketplace.kit.announcements import announce
from marketplace.kit.errors import Mistakes, NotFoundError
from marketplace.kit.events import publish
from marketplace.markets.models import TaxClass
from marketplace.vendors.models import Vendor

UNSYNCHRONISED = {"synchronize_session": False}
PRICED_BY = {"category_id", "tax_class_id"}
"""What prices and places in lists depend on."""
FOUND_BY = {"name", "description", "category_id"}
"""What searches find a product by."""


async def create_product(
    session: AsyncSession,
    vendor: Vendor,
    product_type: ProductType,
    said: Mapping[str, Any],
    answers: Sequence[Answer] = (),
    *,
    may_add_choices: bool = True,
) -> Product:
    """Make a product of a seller's. It has no variant yet and shows nowhere.

    `said`: name, slug, description, seo_title, seo_description, weight, rating, category, tax_class,
    collections, external_reference, public_metadata, private_metadata. Where any answers are given, all that
    must be are. Raises Errors, DomainErrors.
    """
    product = Product(vendor_id=vendor.id, product_type_id=product_type.id, is_demo=vendor.is_demo)
    columns = await checked_columns(session, product, {"name": None} | dict(said), vendor_slug=vendor.slug)
    asked = await asked_by(session, Product, product_type.id) if answers else []
    checked = check_answers(asked, answers, complete=True) if answers else []
    for name, value in columns.items():
        setattr(product, name, value)
    session.add(product)
    await session.flush()
    await write_answers(session, product, checked, may_add_choices=may_add_choices)
    if said.get("collections"):
        await collections_of_product(session, product, said["collections"])
    await search.reindex(session, [product.id])
    return product


async def change_product(
    session: AsyncSession,
    product: Product,
    said: Mapping[str, Any],
    answers: Sequence[Answer] = (),
    *,
    may_add_choices: bool = True,
) -> Product:
    """Change what a product says of itself; only what is said changes. Raises as `create_product`."""
    locked = {"key_share": True}
    if await session.get(Product, product.id, with_for_update=locked, populate_existing=True) is None:
        raise NotFoundError("It has just been taken away.", field="id")
    before = {store: dict(getattr(product, store)) for store in ("public_metadata", "private_metadata")}
    columns = await checked_columns(session, product, said)
    checked = check_answers(await asked_by(session, Product, product.product_type_id), answers)
    changed = {name for name, value in columns.items() if getattr(product, name) != value}
    for name, value in columns.items():
        setattr(product, name, value)
    await session.flush()
    await write_answers(session, product, checked, may_add_choices=may_add_choices)
    collections: Sequence[Collection] | None = said.get("collections")
    if collections is not None:
        await collections_of_product(session, product, collections)
    if changed & PRICED_BY or collections is not None:
        await publish(session, ListingsChanged((product.id,)))
    if changed & FOUND_BY:
        await search.reindex(session, [product.id])
    if any(getattr(product, store) != entries for store, entries in before.items()):
        await announce(session, "PRODUCT_METADATA_UPDATED", product)
    return product


async def checked_columns(
    session: AsyncSession, product: Product, said: Mapping[str, Any], *, vendor_slug: str | None = None
) -> dict[str, Any]:
    """What is said of a product, by columns; a new one is given a slug. Raises Errors, one a mistake."""
    columns: dict[str, Any] = {}
    mistakes = Mistakes()
    with mistakes.noted():
        columns |= plain_columns(said)
    with mistakes.noted():
        if "external_reference" in said:
            reference, column = said["external_reference"], Product.external_reference
            columns["external_reference"] = await checked_unique(
                session, column, reference, "externalReference", product.id
            )
    with mistakes.noted():
        if vendor_slug is not None and not said.get("slug"):
            if "name" in columns:
                (columns["slug"],) = await free_slugs(session, [columns["name"]], [vendor_slug])
        elif "slug" in said:
            columns["slug"] = await checked_slug(session, Product, said["slug"], product.id)
    with mistakes.noted():
        write_metadata(product, said)
    with mistakes.noted():
        columns |= await _standing(session, said)
    mistakes.raise_any()
    return columns


def plain_columns(said: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that need no look at the database: words, weight and rating. Raises Errors."""
    columns: dict[str, Any] = {}
    mistakes = Mistakes()
    with mistakes.noted():
        columns |= checked_words(said)
    if "description" in columns:
        columns["description_text"] = text_of_description(columns["description"])
    if "weight" in said:
        with mistakes.noted():
            columns["weight_grams"] = checked_weight(said["weight"])
    if "rating" in said:
        columns["rating"] = said["rating"]
    mistakes.raise_any()
    return columns


async def _standing(session: AsyncSession, said: Mapping[str, Any]) -> dict[str, Any]:
    """Its shelf and its tax class; both are kept from going meanwhile. Raises NotFoundError."""
    columns: dict[str, Any] = {}
    models: tuple[tuple[str, type[Category | TaxClass], str], ...] = (
        ("category", Category, "category"),
        ("tax_class", TaxClass, "taxClass"),
    )
    for name, model, field in models:
        if name not in said:
            continue
        chosen = said[name]
        if chosen is not None:
            held = select(model.id).where(model.id == chosen.id)
            if await session.scalar(held.with_for_update(read=True, key_share=True)) is None:
                raise NotFoundError("It has just been taken away.", field=field)
        columns[f"{name}_id"] = chosen and chosen.id
    return columns


async def delete_products(session: AsyncSession, products: Sequence[Product]) -> None:
    """Take products away, with variants, prices and pieces. Carts lose them; orders keep what they say."""
    keys = sorted(product.id for product in products)
    ids = bindparam("ids", keys, ARRAY(BigInteger))
    locked = select(Product.id).where(Product.id == any_(ids)).order_by(Product.id)
    await session.execute(locked.with_for_update())
    variant_ids = await session.scalars(
        select(ProductVariant.id).where(ProductVariant.product_id == any_(ids)).order_by(ProductVariant.id)
    )
    withdrawn = tuple(variant_ids)
    if withdrawn:
        await publish(session, VariantsWithdrawn(withdrawn))
    await session.execute(delete(Product).where(Product.id == any_(ids)), execution_options=UNSYNCHRONISED)
