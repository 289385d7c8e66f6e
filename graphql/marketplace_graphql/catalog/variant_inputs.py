"""Inputs of variants, their prices and pieces, and what services make of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from strawberry import ID

from marketplace.catalog.answers import Answer
from marketplace.catalog.measures import checked_amount
from marketplace.inventory.models import Warehouse
from marketplace.inventory.stocks import check_whose
from marketplace.kit.errors import InvalidError, Mistakes
from marketplace.markets.models import Channel
from marketplace_graphql.catalog.answer_inputs import AttributeValueInput, answers_of
from marketplace_graphql.catalog.sellers_products import check_who_says
from marketplace_graphql.catalog.shelf_inputs import words_of
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    PositiveDecimal,
    WeightScalar,
    changes,
    input_type,
)

NO_PREORDERS = "Nothing is sold here before it is there."
MOST_STOCKS = 100
AMOUNTS = {
    "price": "entered_price_minor",
    "cost_price": "cost_price_minor",
    "prior_price": "prior_price_minor",
}
AMOUNT_FIELDS = {"price": "price", "cost_price": "costPrice", "prior_price": "priorPrice"}


@input_type(outdated={"global_threshold": NO_PREORDERS, "end_date": NO_PREORDERS})
class PreorderSettingsInput:
    """How a variant would be sold before it is there: it is not, here."""

    global_threshold: int | None
    end_date: DateTime | None


@input_type(outdated={"preorder": NO_PREORDERS})
class ProductVariantInput:
    """What a variant says of itself."""

    attributes: list[AttributeValueInput] | None
    sku: str | None
    name: str | None
    """Left out of a new variant: what buyers choose it by, or its SKU."""
    track_inventory: bool | None
    """Whether its pieces are counted: yes, unless something else is said."""
    weight: WeightScalar | None
    """None: the product's."""
    preorder: PreorderSettingsInput | None
    """Null, or left out."""
    quantity_limit_per_customer: int | None
    """Pieces that one checkout may have."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees, added to those that there are."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, added to those that there are. Only for staff."""
    external_reference: str | None
    """What another system calls it."""


@input_type
class StockInput:
    """Pieces in a store room."""

    warehouse: ID
    quantity: int


@input_type(outdated={"preorder": NO_PREORDERS})
class ProductVariantCreateInput(ProductVariantInput):
    """What a new variant says of itself."""

    attributes: list[AttributeValueInput]
    product: ID
    stocks: list[StockInput] | None


@input_type(outdated={"preorder_threshold": NO_PREORDERS})
class ProductVariantChannelListingAddInput:
    """What a variant is asked for in a channel, as prices are entered there."""

    channel_id: ID
    price: PositiveDecimal
    cost_price: PositiveDecimal | None
    """What it costs its seller."""
    prior_price: PositiveDecimal | None
    """What it cost before."""
    preorder_threshold: int | None
    """Null, or left out."""


async def said_of_variant(info: Info, given: Any) -> tuple[dict[str, Any], Sequence[Answer]]:
    """What the services of variants take. Raises InvalidError."""
    said = words_of(changes(given))
    answers = await answers_of(info, said.pop("attributes", None))
    for name in ("product", "stocks"):
        said.pop(name, None)
    check_no_preorder(said, "preorder")
    check_who_says(info, said)
    return said, answers


def check_no_preorder(said: dict[str, Any], name: str) -> None:
    """Saleor's dashboard says null. Raises InvalidError for anything else."""
    if said.pop(name, None) is not None:
        field = "preorder" if name == "preorder" else "preorderThreshold"
        raise InvalidError(NO_PREORDERS, field=field)


def amounts_of(said: Mapping[str, Any], channel: Channel, code: str) -> dict[str, Any]:
    """Columns of the amounts that are said of a channel, in its minor units. Raises Errors with the code."""
    columns: dict[str, Any] = {}
    mistakes = Mistakes()
    for name, column in AMOUNTS.items():
        if name in said:
            with mistakes.noted():
                columns[column] = checked_amount(said[name], channel.currency_code, AMOUNT_FIELDS[name])
    for error in mistakes.found:
        error.code = code
    mistakes.raise_any()
    return columns


async def pieces_of(
    info: Info, given: Sequence[StockInput] | None, vendor_id: int
) -> list[tuple[Warehouse, int]]:
    """Store rooms with how many pieces lie in each. Raises NotFoundError, InvalidError on `warehouse`."""
    stocks = given or ()
    info.at_most(MOST_STOCKS, stocks, "stocks")
    rooms = await info.find_many(Warehouse, [each.warehouse for each in stocks], field_name="warehouse")
    for room in rooms:
        check_whose(room, vendor_id)
    return [(room, each.quantity) for room, each in zip(rooms, stocks, strict=True)]
