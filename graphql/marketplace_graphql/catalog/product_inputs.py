"""Inputs of products, and what services make of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from strawberry import ID

from marketplace.catalog.answers import Answer
from marketplace.catalog.models import Category, Collection
from marketplace.kit.errors import NotFoundError
from marketplace.markets.models import TaxClass
from marketplace_graphql.catalog.answer_inputs import AttributeValueInput, answers_of
from marketplace_graphql.catalog.sellers_products import check_who_says
from marketplace_graphql.catalog.shelf_inputs import words_of
from marketplace_graphql.inputs import MetadataInput, SeoInput
from marketplace_graphql.kernel import (
    Date,
    DateTime,
    Info,
    JSONString,
    WeightScalar,
    changes,
    input_type,
)

OF_CHANNELS = "Channels say whether they tax: `Channel.taxConfiguration`."
CODES = ("avatax.code", "vatlayer.code")
"""Entries of a tax class's metadata in which Saleor keeps the code of a tax service."""
OUTDATED = {"charge_taxes": OF_CHANNELS, "tax_code": "Use `taxClass`."}
MOST_COLLECTIONS = 100


@input_type(outdated=OUTDATED)
class ProductInput:
    """What a product says of itself."""

    attributes: list[AttributeValueInput] | None
    category: ID | None
    charge_taxes: bool | None
    """Says nothing, as in Saleor: sellers, tax classes and channels say it."""
    collections: list[ID] | None
    """In these and in no others. Only for staff."""
    description: JSONString | None
    """EditorJS blocks."""
    name: str | None
    slug: str | None
    """Made of the name where a new product has none."""
    tax_class: ID | None
    """None: as its type says. Only for staff."""
    tax_code: str | None
    """Chooses the tax class that has it in its metadata. Only for staff."""
    seo: SeoInput | None
    weight: WeightScalar | None
    rating: float | None
    """Only for staff."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees, added to those that there are."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, added to those that there are. Only for staff."""
    external_reference: str | None
    """What another system calls it."""


@input_type(outdated=OUTDATED)
class ProductCreateInput(ProductInput):
    """What a new product says of itself."""

    product_type: ID
    vendor: ID | None
    """Whose it is. Left out: the requester's own seller's, or the house's, if staff make it."""


@input_type(
    outdated={
        "publication_date": "Use `publishedAt`.",
        "available_for_purchase_date": "Use `availableForPurchaseAt`.",
    }
)
class ProductChannelListingAddInput:
    """How a product is offered in a channel."""

    channel_id: ID
    is_published: bool | None
    publication_date: Date | None
    published_at: DateTime | None
    """From when on; now, where nothing is said of what is published."""
    visible_in_listings: bool | None
    """Whether lists have it; its own page is there in any case."""
    is_available_for_purchase: bool | None
    available_for_purchase_date: Date | None
    available_for_purchase_at: DateTime | None
    """From when on; now, where nothing is said of what is available."""
    add_variants: list[ID] | None
    """Variants that are meant for the channel from now on; their prices are said apart."""
    remove_variants: list[ID] | None


@input_type
class ProductChannelListingUpdateInput:
    """Where a product is offered."""

    update_channels: list[ProductChannelListingAddInput] | None
    """Channels in which it is offered, or shall be otherwise."""
    remove_channels: list[ID] | None


async def said_of_product(info: Info, given: Any) -> tuple[dict[str, Any], Sequence[Answer]]:
    """What the services of products take. Raises NotFoundError, InvalidError."""
    said = words_of(changes(given))
    answers = await answers_of(info, said.pop("attributes", None))
    for name in ("product_type", "vendor", "charge_taxes"):
        said.pop(name, None)
    check_who_says(info, said)
    if said.get("category") is not None:
        said["category"] = await info.find(Category, said["category"], field_name="category")
    code = said.pop("tax_code", None)
    if said.get("tax_class") is not None:
        said["tax_class"] = await info.find(TaxClass, said["tax_class"], field_name="taxClass")
    elif code and "tax_class" not in said:
        said["tax_class"] = await tax_class_of(info, code)
    if said.get("collections") is not None:
        ids = dict.fromkeys(said["collections"])
        info.at_most(MOST_COLLECTIONS, ids, "collections")
        said["collections"] = await info.find_many(Collection, ids, field_name="collections")
    return said, answers


async def tax_class_of(info: Info, code: str) -> TaxClass:
    """The tax class that has a tax service's code in its metadata. Raises NotFoundError."""
    has_code = or_(*(TaxClass.public_metadata.contains({name: code}) for name in CODES))
    found = await info.session.scalar(select(TaxClass).where(has_code).order_by(TaxClass.id).limit(1))
    if found is None:
        raise NotFoundError("No tax class has this code.", field="taxCode")
    return found
