"""Types of products as staff make, change and delete them.

Where many products are concerned, jobs see to what follows: what a type is called in lists, what its tax
class makes of prices, and the products of a type that is deleted. What types ask for: `assignments`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.asked import ask_only
from marketplace.catalog.attributes import Attribute, AttributeType
from marketplace.catalog.events import ListingsChanged
from marketplace.catalog.forgetting import AT_ONCE, BATCH, followed_later
from marketplace.catalog.models import Product, ProductType, ProductTypeKind, ProductVariant
from marketplace.catalog.products import delete_products
from marketplace.catalog.slugs import checked_slug, free_slug
from marketplace.catalog.wording import checked_name
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError
from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import enqueue

HEAVIEST_GRAMS = 10**9


async def create_product_type(
    session: AsyncSession,
    said: Mapping[str, Any],
    *,
    of_products: Sequence[Attribute] | None = None,
    of_variants: Sequence[Attribute] | None = None,
) -> ProductType:
    """Make a type: name, slug, kind, has_variants, is_shipping_required, weight (grams), tax_class_id.

    Raises Errors: REQUIRED, INVALID, UNIQUE.
    """
    product_type = ProductType(has_variants=True, kind=ProductTypeKind.NORMAL)
    faults = _wrong_kinds(of_products, of_variants)
    columns = await _columns(session, product_type, said, faults)
    if "name" not in said:
        faults.append(RequiredError("A product type needs a name.", field="name"))
    if faults:
        raise Errors(faults)
    if not columns.get("slug"):
        columns["slug"] = await free_slug(session, ProductType, columns["name"], "type")
    _set(product_type, columns)
    session.add(product_type)
    await session.flush()
    await _ask_only(session, product_type, of_products, of_variants)
    return product_type


async def update_product_type(
    session: AsyncSession,
    product_type: ProductType,
    said: Mapping[str, Any],
    *,
    of_products: Sequence[Attribute] | None = None,
    of_variants: Sequence[Attribute] | None = None,
) -> ProductType:
    """Change a type: what `create_product_type` takes. Lists of attributes that are given are the whole.

    What was answered to attributes that are asked for no more is taken away. Raises Errors.
    """
    faults = _wrong_kinds(of_products, of_variants)
    columns = await _columns(session, product_type, said, faults)
    if faults:
        raise Errors(faults)
    is_renamed = columns.get("name", product_type.name) != product_type.name
    is_taxed_anew = columns.get("tax_class_id", product_type.tax_class_id) != product_type.tax_class_id
    if is_renamed or is_taxed_anew:
        await _change(session, product_type, columns)
    else:
        _set(product_type, columns)
        await session.flush()
    await _ask_only(session, product_type, of_products, of_variants)
    return product_type


async def _change(session: AsyncSession, product_type: ProductType, columns: Mapping[str, Any]) -> None:
    """Write what the type's products follow: at once if they are few, else soon."""
    keys = await _products_of(session, product_type.id, AT_ONCE + 1)
    if len(keys) <= AT_ONCE:
        _set(product_type, columns)
        await session.flush()
        await publish(session, ListingsChanged(tuple(keys)))
        return
    async with followed_later(session):
        _set(product_type, columns)
    await enqueue(session, "catalog.follow_product_type", product_type_id=product_type.id)


async def follow_product_type(session: AsyncSession, product_type_id: int, after_product_id: int) -> None:
    """Have one batch of a type's products be called and taxed as it says now; the rest is the next job's."""
    name = await session.scalar(
        select(ProductType.name).where(ProductType.id == product_type_id).with_for_update(read=True)
    )
    keys = await _products_of(session, product_type_id, BATCH, after=after_product_id)
    if name is None or not keys:
        return
    await session.execute(
        update(Product)
        .where(Product.id.in_(keys), Product.type_name != name)
        .values(type_name=name, updated_at=Product.updated_at),
        execution_options={"synchronize_session": False},
    )
    await publish(session, ListingsChanged(tuple(keys)))
    if len(keys) == BATCH:
        await enqueue(
            session,
            "catalog.follow_product_type",
            product_type_id=product_type_id,
            after_product_id=keys[-1],
        )


async def delete_product_types(session: AsyncSession, product_types: Sequence[ProductType]) -> None:
    """Delete types, with all their products, whoever sells them; orders keep what they say.

    A type of many products is in no list any more at once; a job deletes its products, and then the type.
    """
    keys = sorted(product_type.id for product_type in product_types)
    await session.execute(  # Nobody adds a product meanwhile.
        select(ProductType.id).where(ProductType.id.in_(keys)).order_by(ProductType.id).with_for_update()
    )
    for product_type in product_types:
        if len(await _products_of(session, product_type.id, AT_ONCE + 1)) <= AT_ONCE:
            await _delete_products(session, product_type.id, AT_ONCE)
            await session.execute(delete(ProductType).where(ProductType.id == product_type.id))
            session.expunge(product_type)
        else:
            product_type.is_going = True
            await enqueue(session, "catalog.delete_product_type", product_type_id=product_type.id)
    await session.flush()


async def product_type_left(session: AsyncSession, product_type_id: int) -> None:
    """Delete one batch of the products of a type that is going; in the end, the type."""
    going = await session.scalar(
        select(ProductType.is_going).where(ProductType.id == product_type_id).with_for_update()
    )
    if not going:
        return
    if await _delete_products(session, product_type_id, BATCH):
        await enqueue(session, "catalog.delete_product_type", product_type_id=product_type_id)
    else:
        await session.execute(delete(ProductType).where(ProductType.id == product_type_id))


async def _delete_products(session: AsyncSession, product_type_id: int, limit: int) -> int:
    """Delete some products of a type, and tell of them; gives how many."""
    keys = await _products_of(session, product_type_id, limit)
    products = (await session.scalars(select(Product).where(Product.id.in_(keys)).order_by(Product.id))).all()
    await announce(session, "PRODUCT_DELETED", *products)
    await delete_products(session, products)
    return len(keys)


async def _products_of(
    session: AsyncSession, product_type_id: int, limit: int, *, after: int = 0
) -> list[int]:
    found = await session.scalars(
        select(Product.id)
        .where(Product.product_type_id == product_type_id, Product.id > after)
        .order_by(Product.id)
        .limit(limit)
    )
    return list(found)


def _wrong_kinds(
    of_products: Sequence[Attribute] | None, of_variants: Sequence[Attribute] | None
) -> list[DomainError]:
    faults: list[DomainError] = []
    for field, attributes in (("productAttributes", of_products), ("variantAttributes", of_variants)):
        named = [
            to_global_id("Attribute", attribute.id)
            for attribute in attributes or ()
            if attribute.type is not AttributeType.PRODUCT_TYPE
        ]
        if named:
            message = "Products are asked only for attributes of products."
            faults.append(InvalidError(message, field=field, attributes=named))
    return faults


async def _ask_only(
    session: AsyncSession,
    product_type: ProductType,
    of_products: Sequence[Attribute] | None,
    of_variants: Sequence[Attribute] | None,
) -> None:
    for model, attributes in ((Product, of_products), (ProductVariant, of_variants)):
        if attributes is not None:
            await ask_only(session, model, product_type.id, [attribute.id for attribute in attributes])


async def _columns(
    session: AsyncSession, product_type: ProductType, said: Mapping[str, Any], faults: list[DomainError]
) -> dict[str, Any]:
    columns = {
        name: said[name]
        for name in ("kind", "has_variants", "is_shipping_required")
        if said.get(name) is not None
    }
    if "tax_class_id" in said:
        columns["tax_class_id"] = said["tax_class_id"]
    try:
        if "name" in said:
            columns["name"] = checked_name(said["name"])
    except DomainError as error:
        faults.append(error)
    try:
        if "slug" in said and (said["slug"] or product_type.id is not None):
            columns["slug"] = await checked_slug(session, ProductType, said["slug"], product_type.id)
    except DomainError as error:
        faults.append(error)
    if said.get("weight") is not None:
        columns["weight_grams"] = round(said["weight"])
        if not 0 <= columns["weight_grams"] <= HEAVIEST_GRAMS:
            faults.append(InvalidError("That is no weight of a product.", field="weight"))
    return columns


def _set(product_type: ProductType, columns: Mapping[str, Any]) -> None:
    for name, content in columns.items():
        setattr(product_type, name, content)
