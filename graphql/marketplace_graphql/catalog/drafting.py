"""Many products and variants read from a bulk's lines: each with what is wrong with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from marketplace.catalog.answering import asked_by
from marketplace.catalog.answers import Asked
from marketplace.catalog.many import NewVariant
from marketplace.catalog.models import ProductType, ProductVariant
from marketplace.catalog.uniqueness import owners, tidied
from marketplace.catalog.variants import checked_for, plain_columns, same_answers
from marketplace.catalog.wording import STORES, merged
from marketplace.inventory.models import Warehouse
from marketplace.inventory.stocks import check_pieces, check_whose
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError, UniqueError
from marketplace.markets.models import Channel
from marketplace.vendors.models import Vendor
from marketplace_graphql.catalog.answer_inputs import answers_of
from marketplace_graphql.catalog.channel_changes import DUPLICATED, repeated
from marketplace_graphql.catalog.sellers_products import check_who_says, seller_of
from marketplace_graphql.catalog.shelf_inputs import words_of
from marketplace_graphql.catalog.variant_inputs import amounts_of, check_no_preorder
from marketplace_graphql.kernel import Faults, Info


class Known:
    """Rows that a bulk's lines name, and that the requester may point to: looked up together."""

    def __init__(self, info: Info) -> None:
        self.info = info
        self.rows: dict[type[Any], dict[Any, Any]] = {}
        self._sellers: dict[str | None, Vendor] = {}
        self._asked: dict[tuple[type[Any], int], list[Asked]] = {}

    async def load(self, model: type[Any], global_ids: Iterable[str | None]) -> None:
        """Look up rows of a model."""
        keys = set()
        for global_id in global_ids:
            try:
                if global_id:
                    keys.add(self.info.key(global_id, model.__name__))
            except InvalidError:
                continue  # Told when the line is read.
        self.rows[model] = await self.info.seen(model, keys) if keys else {}

    def row(self, model: type[Any], global_id: str, field: str) -> Any:
        """The row of a global id. Raises NotFoundError, InvalidError on the field."""
        try:
            key = self.info.key(global_id, model.__name__)
        except InvalidError as error:
            error.field = field
            raise
        if key not in self.rows[model]:
            raise NotFoundError(f"Couldn't resolve to a node: {global_id}", field=field)
        return self.rows[model][key]

    async def seller(self, global_id: str | None) -> Vendor:
        """Whose a new product is: see `seller_of`."""
        if global_id not in self._sellers:
            self._sellers[global_id] = await seller_of(self.info, global_id)
        return self._sellers[global_id]

    async def asked(self, model: type[Any], product_type: ProductType) -> list[Asked]:
        """What a type asks of its products, or of its variants."""
        key = (model, product_type.id)
        if key not in self._asked:
            self._asked[key] = await asked_by(self.info.session, model, product_type.id)
        return self._asked[key]


def stores_of(said: dict[str, Any]) -> dict[str, Any]:
    """Columns of the metadata of something new. Raises RequiredError, InvalidError."""
    return {store: merged(store, {}, said.pop(store) or ()) for store in STORES if store in said}


async def draft_variant(
    known: Known,
    given: Mapping[str, Any],
    product_type: ProductType,
    vendor_id: int,
    channels: Mapping[str, Channel],
    faults: Faults,
) -> NewVariant:
    """A variant of a bulk's line: `changes` of its input. Prices and pieces that are wrong are noted and left
    out; what else is wrong is raised. `channels` are those of the product, by global id.
    """
    said = words_of(dict(given))
    check_who_says(known.info, said)
    check_no_preorder(said, "preorder")
    prices, pieces = said.pop("channel_listings", None), said.pop("stocks", None)
    answers = await answers_of(known.info, said.pop("attributes", None))
    columns = stores_of(said) | plain_columns(said)
    for name, field in (("external_reference", "externalReference"), ("sku", "sku")):
        if name in said:
            columns[name] = tidied(said[name], field)
    asked = await known.asked(ProductVariant, product_type)
    checked = checked_for(asked, answers, has_variants=product_type.has_variants, is_new=True)
    draft = NewVariant(columns=columns, answers=checked)
    draft.prices = list(draft_prices(prices or (), channels, faults, "channelListings").values())
    draft.pieces = list(draft_pieces(known, pieces or (), vendor_id, faults, "stocks").values())
    return draft


def draft_prices(
    given: Sequence[Mapping[str, Any]], channels: Mapping[str, Channel], faults: Faults, path: str
) -> dict[int, tuple[Channel, Mapping[str, Any]]]:
    """What a variant is asked for by channel, by line; those that are wrong are noted and left out."""
    twice = repeated([each["channel_id"] for each in given])
    found: dict[int, tuple[Channel, Mapping[str, Any]]] = {}
    for index, each in enumerate(given):
        channel_id, said = each["channel_id"], dict(each)
        before = len(faults.found)
        with faults.at(path, index):
            if channel_id not in channels:
                message, code = "The product is not in this channel.", "PRODUCT_NOT_ASSIGNED_TO_CHANNEL"
                raise DomainError(message, field="channelId", code=code)
            if channel_id in twice:
                message = "A channel is named more than once."
                raise InvalidError(message, field="channelId", code=DUPLICATED)
            check_no_preorder(said, "preorder_threshold")
            channel = channels[channel_id]
            found[index] = (channel, amounts_of(said, channel, "INVALID_PRICE"))
        for error in faults.found[before:]:
            error.details["channels"] = [channel_id]
    return found


def draft_pieces(
    known: Known, given: Sequence[Mapping[str, Any]], vendor_id: int, faults: Faults, path: str
) -> dict[int, tuple[Any, int]]:
    """How many pieces lie in which store rooms, by line; those that are wrong are noted and left out."""
    twice = repeated([each["warehouse"] for each in given])
    found: dict[int, tuple[Any, int]] = {}
    for index, each in enumerate(given):
        before = len(faults.found)
        with faults.at(path, index):
            room = known.row(Warehouse, each["warehouse"], "warehouse")
            if each["warehouse"] in twice:
                message = "A store room is named more than once."
                raise InvalidError(message, field="warehouse", code=DUPLICATED)
            check_whose(room, vendor_id)
            check_pieces(each["quantity"])
            found[index] = (room.id, each["quantity"])
        for error in faults.found[before:]:
            error.details["warehouses"] = [each["warehouse"]]
    return found


Noting = Callable[[DomainError], None]
"""Notes what is wrong with one row."""


async def check_free(
    info: Info,
    column: Any,
    field: str,
    wanted: Sequence[tuple[str | None, Noting]],
    *,
    all_of_the_same: bool = False,
) -> None:
    """Note UNIQUE of each value that somebody has, or that an earlier row takes; or of all that want it."""
    values = [value for value, _ in wanted if value is not None]
    known = await owners(info.session, column, set(values))
    seen: set[str] = set()
    for value, note in wanted:
        if value is None:
            continue
        if value in known or value in seen or (all_of_the_same and values.count(value) > 1):
            note(UniqueError("Something else has this already.", field=field))
        seen.add(value)


def check_unlike(drafts: Sequence[tuple[NewVariant, Noting]]) -> None:
    """Note the variants of a product that say, word for word, what an earlier one says."""
    seen: list[Any] = []
    for draft, note in drafts:
        words = [(each.attribute.id, list(each.wanted)) for each in draft.answers if each.wanted]
        if words and words in seen:
            note(same_answers(draft.answers))
        seen.append(words)
