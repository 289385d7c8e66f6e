"""Variants as staff and sellers make, change, order and take them away."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.answering import (
    Checked,
    answers_like,
    asked_by,
    check_answers,
    write_answers,
)
from marketplace.catalog.answers import FIELD, Answer, Asked
from marketplace.catalog.attributes import (
    AttributeScope,
    AttributeValue,
    ProductTypeAttribute,
    variant_attribute_value,
)
from marketplace.catalog.events import ListingsChanged, VariantsWithdrawn
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.measures import checked_weight
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.catalog.uniqueness import checked_unique
from marketplace.catalog.wording import write_metadata
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, Mistakes, NotFoundError
from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.kit.reordering import displaced, reordered
from marketplace.markets.shop_settings import shop_setting

UNSYNCHRONISED = {"synchronize_session": False}
LONGEST_VARIANT_NAME = 255
"""As in Saleor: a little longer than a product's."""


async def create_variant(
    session: AsyncSession,
    product: Product,
    said: Mapping[str, Any],
    answers: Sequence[Answer],
    *,
    may_add_choices: bool = True,
) -> ProductVariant:
    """Add a variant to a product, as its last. It has no price and no pieces yet.

    `said`: name, sku, track_inventory, weight, quantity_limit_per_customer, external_reference,
    public_metadata, private_metadata. A variant without a name is called by what it answers, else by its SKU.
    Raises Errors, DomainErrors.
    """
    await lock_product(session, product.id)
    variant = ProductVariant(
        product_id=product.id, name="", track_inventory=shop_setting("track_inventory_by_default")
    )
    columns = await checked_columns(session, variant, said)
    checked = await check_variant_answers(session, product.product_type_id, answers, is_new=True)
    last = await session.scalar(
        select(func.max(ProductVariant.position)).where(ProductVariant.product_id == product.id)
    )
    for name, value in (columns | {"position": 0 if last is None else last + 1}).items():
        setattr(variant, name, value)
    session.add(variant)
    await session.flush()
    await _answer(session, variant, checked, may_add_choices=may_add_choices)
    await name_variants(session, [variant.id])
    await session.refresh(variant)
    await search.reindex(session, [product.id])
    return variant


async def change_variant(
    session: AsyncSession,
    variant: ProductVariant,
    said: Mapping[str, Any],
    answers: Sequence[Answer] = (),
    *,
    may_add_choices: bool = True,
) -> ProductVariant:
    """Change what a variant says of itself; only what is said changes. Raises as `create_variant`."""
    await lock_product(session, variant.product_id)
    if await session.get(ProductVariant, variant.id, populate_existing=True) is None:
        raise NotFoundError("It has just been taken away.", field="id")
    before = {store: dict(getattr(variant, store)) for store in ("public_metadata", "private_metadata")}
    columns = await checked_columns(session, variant, said)
    type_id = await session.scalar(select(Product.product_type_id).where(Product.id == variant.product_id))
    checked = await check_variant_answers(session, type_id, answers) if answers else []
    await write_changes(session, variant, columns, checked, may_add_choices=may_add_choices)
    await name_variants(session, [variant.id])
    await session.refresh(variant)
    await search.reindex(session, [variant.product_id])
    if any(getattr(variant, store) != entries for store, entries in before.items()):
        await announce(session, "PRODUCT_VARIANT_METADATA_UPDATED", variant)
    return variant


async def write_changes(
    session: AsyncSession,
    variant: ProductVariant,
    columns: Mapping[str, Any],
    checked: Sequence[Checked],
    *,
    may_add_choices: bool = True,
) -> None:
    """Write what has been checked of a variant. Its name, where it has none, and its words are the caller's
    to see to. Raises Errors, DomainErrors.
    """
    for name, value in columns.items():
        setattr(variant, name, value)
    await session.flush()
    await _answer(session, variant, checked, may_add_choices=may_add_choices)


async def checked_columns(
    session: AsyncSession, variant: ProductVariant, said: Mapping[str, Any]
) -> dict[str, Any]:
    """What is said of a variant, by columns. Raises Errors, one a mistake."""
    columns: dict[str, Any] = {}
    mistakes = Mistakes()
    with mistakes.noted():
        columns |= plain_columns(said)
    with mistakes.noted():
        if said.get("track_inventory") and variant.lead_time_days is not None:
            message = "It is made when it is ordered: there is nothing to be counted."
            raise InvalidError(message, field="trackInventory")
    for name, column, field in (
        ("external_reference", ProductVariant.external_reference, "externalReference"),
        ("sku", ProductVariant.sku, "sku"),
    ):
        if name in said:
            with mistakes.noted():
                columns[name] = await checked_unique(session, column, said[name], field, variant.id)
    with mistakes.noted():
        write_metadata(variant, said)
    mistakes.raise_any()
    return columns


def plain_columns(said: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that need no look at the database. Raises Errors."""
    columns: dict[str, Any] = {}
    mistakes = Mistakes()
    if "name" in said:
        columns["name"] = (said["name"] or "").strip()
        with mistakes.noted():
            if len(columns["name"]) > LONGEST_VARIANT_NAME:
                message = f"A name has at most {LONGEST_VARIANT_NAME} letters."
                raise InvalidError(message, field="name", code="MAX_LENGTH")
    if said.get("track_inventory") is not None:
        columns["track_inventory"] = said["track_inventory"]
    if "quantity_limit_per_customer" in said:
        limit = columns["quantity_limit_per_customer"] = said["quantity_limit_per_customer"]
        with mistakes.noted():
            if limit is not None and limit < 1:
                raise InvalidError("At least one piece, please.", field="quantityLimitPerCustomer")
    if "weight" in said:
        with mistakes.noted():
            columns["weight_grams"] = checked_weight(said["weight"])
    mistakes.raise_any()
    return columns


async def check_variant_answers(
    session: AsyncSession, type_id: int | None, answers: Sequence[Answer], *, is_new: bool = False
) -> list[Checked]:
    """What is to be written of a variant's answers. Raises Errors: also for types without variants."""
    has_variants = await session.scalar(select(ProductType.has_variants).where(ProductType.id == type_id))
    asked = await asked_by(session, ProductVariant, type_id)
    return checked_for(asked, answers, has_variants=bool(has_variants), is_new=is_new)


def checked_for(
    asked: Sequence[Asked], answers: Sequence[Answer], *, has_variants: bool, is_new: bool
) -> list[Checked]:
    """The same, once it is known what variants of the type are asked."""
    known = {each.attribute.id for each in asked} | {each.attribute.external_reference for each in asked}
    strange = [each.name for each in answers if (each.attribute_id or each.external_reference) not in known]
    if strange:
        message = "Variants of this type are not asked for these attributes."
        code = "ATTRIBUTE_CANNOT_BE_ASSIGNED"
        raise Errors([DomainError(message, field=FIELD, code=code, attributes=strange)])
    if not has_variants:
        if answers:
            message = "Products of this type have no variants to be told apart."
            raise Errors([InvalidError(message, field=FIELD)])
        return []
    return check_answers(asked, answers, complete=is_new)


async def _answer(
    session: AsyncSession, variant: ProductVariant, checked: Sequence[Checked], *, may_add_choices: bool
) -> None:
    if not checked:
        return
    await write_answers(session, variant, checked, may_add_choices=may_add_choices)
    if await answers_like(session, variant) is not None:
        raise same_answers(checked)


def same_answers(checked: Sequence[Checked]) -> DomainError:
    """What is said of a variant that no answer tells from another of its product."""
    named = [to_global_id("Attribute", each.attribute.id) for each in checked]
    message = "Another variant of the product says the same to all attributes."
    return DomainError(message, field=FIELD, code="DUPLICATED_INPUT_ITEM", attributes=named)


async def name_variants(session: AsyncSession, variant_ids: Sequence[int]) -> dict[int, str]:
    """Call variants without a name by what buyers choose them by, else by their SKU, else by their id.

    Gives the names that were given.
    """
    said, value, asked = variant_attribute_value, AttributeValue, ProductTypeAttribute
    of_attribute = (
        select(
            said.c.variant_id,
            func.string_agg(value.name, aggregate_order_by(literal(", "), said.c.position)).label("words"),
        )
        .join(value, value.id == said.c.value_id)
        .join(ProductVariant, ProductVariant.id == said.c.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .join(
            asked,
            (asked.attribute_id == value.attribute_id)
            & (asked.product_type_id == Product.product_type_id)
            & (asked.scope == AttributeScope.VARIANT)
            & asked.variant_selection,
        )
        .where(said.c.variant_id == any_(_keys(variant_ids)))
        .group_by(said.c.variant_id, value.attribute_id)
        .subquery("of_attribute")
    )
    words = of_attribute.c.words
    chosen = (
        select(func.string_agg(words, aggregate_order_by(literal(" / "), words)))
        .where(of_attribute.c.variant_id == ProductVariant.id)
        .correlate(ProductVariant)
        .scalar_subquery()
    )
    own_id = func.encode(func.convert_to(func.concat("ProductVariant:", ProductVariant.id), "UTF8"), "base64")
    rows = await session.execute(
        update(ProductVariant)
        .where(ProductVariant.id == any_(_keys(variant_ids)), ProductVariant.name == "")
        .values(name=func.left(func.coalesce(chosen, ProductVariant.sku, own_id), LONGEST_VARIANT_NAME))
        .returning(ProductVariant.id, ProductVariant.name),
        execution_options=UNSYNCHRONISED,
    )
    return {row[0]: row[1] for row in rows}


async def delete_variants(session: AsyncSession, variants: Sequence[ProductVariant]) -> None:
    """Take variants away, with their prices and pieces. Carts lose them; orders keep what they say of them.

    A product leaves the channels in which none of its variants remains.
    """
    keys = sorted(variant.id for variant in variants)
    if not keys:
        return
    product_ids = sorted({variant.product_id for variant in variants})
    for product_id in product_ids:
        await lock_product(session, product_id)
    await publish(session, VariantsWithdrawn(tuple(keys)))
    gone = bindparam("gone", keys, ARRAY(BigInteger))
    await session.execute(
        delete(ProductVariant).where(ProductVariant.id == any_(gone)), execution_options=UNSYNCHRONISED
    )
    await leave_empty_channels(session, product_ids)
    await publish(session, ListingsChanged(tuple(product_ids)))
    await search.reindex(session, product_ids)


async def leave_empty_channels(session: AsyncSession, product_ids: Sequence[int]) -> None:
    """Take products out of channels in which they have no variant."""
    remaining = (
        exists()
        .where(
            VariantChannelListing.channel_id == ProductChannelListing.channel_id,
            VariantChannelListing.variant_id == ProductVariant.id,
            ProductVariant.product_id == ProductChannelListing.product_id,
        )
        .correlate(ProductChannelListing)
    )
    await session.execute(
        delete(ProductChannelListing).where(
            ProductChannelListing.product_id == any_(_keys(product_ids)), ~remaining
        ),
        execution_options=UNSYNCHRONISED,
    )


async def reorder_variants(
    session: AsyncSession, product: Product, moves: Sequence[tuple[int, int]]
) -> Product:
    """Move variants of a product by so many places. Raises NotFoundError for one that is not its."""
    await lock_product(session, product.id)
    found = await session.scalars(
        select(ProductVariant)
        .where(ProductVariant.product_id == product.id)
        .order_by(ProductVariant.position, ProductVariant.id)
    )
    variants = {variant.id: variant for variant in found}
    for variant_id, _ in moves:
        if variant_id not in variants:
            unknown = to_global_id("ProductVariant", variant_id)
            raise NotFoundError(f"Couldn't resolve to a variant: {unknown}", field="moves")
    before = {variant_id: variant.position for variant_id, variant in variants.items()}
    for variant_id, place in displaced(before, reordered(list(variants), moves)).items():
        variants[variant_id].position = place
    await session.flush()
    return product


async def set_default_variant(session: AsyncSession, product: Product, variant: ProductVariant) -> Product:
    """Have a variant stand for its product. Raises DomainError for another product's."""
    if variant.product_id != product.id:
        message = "This variant is not one of the product's."
        raise DomainError(message, field="variantId", code="NOT_PRODUCTS_VARIANT")
    await lock_product(session, product.id)
    mine = ProductVariant.product_id == product.id
    for chosen, is_default in ((ProductVariant.is_default, False), (ProductVariant.id == variant.id, True)):
        await session.execute(
            update(ProductVariant)
            .where(mine, chosen)
            .values(is_default=is_default, updated_at=ProductVariant.updated_at),
            execution_options=UNSYNCHRONISED,
        )
    return product


async def lock_product(session: AsyncSession, product_id: int) -> None:
    """Let nobody else change the product's variants."""
    await session.execute(select(Product.id).where(Product.id == product_id).with_for_update(key_share=True))


def _keys(ids: Sequence[int]) -> Any:
    return bindparam(None, list(ids), ARRAY(BigInteger), unique=True)
