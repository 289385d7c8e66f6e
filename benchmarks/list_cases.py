"""Every way in which Saleor's clients narrow and order the catalogue's lists, by values as people choose."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from marketplace_graphql.schema import api_schema

PAGE = 24
BUYERS_CHANNEL = "maroc"


@dataclass(frozen=True)
class Samples:
    """Things that a shop has, by global id or slug: what filters are given."""

    category: str
    shelf: str
    """A category at the end of the tree."""
    collection: str
    product_type: str
    vendor: str
    warehouse: str
    region: str
    products: list[str]
    slugs: list[str]
    variants: list[str]
    skus: list[str]
    day: str
    """A moment a week ago."""


@dataclass(frozen=True)
class Case:
    """One list as a client asks for it."""

    field: str
    """The root field."""
    name: str
    arguments: str = ""
    sort: str | None = None

    def document(self, *, total: bool, cursor: bool = False, ids: bool = False) -> str:
        """The query; `cursor`: a page after `$after`; `ids`: only the cursor of the row `$id`."""
        arguments = [self.arguments] if self.arguments else []
        if self.sort:
            arguments.append(f"sortBy: {self.sort}")
        if self.field in WITH_CHANNEL:
            arguments.append("channel: $channel")
        if ids:
            arguments += ["first: 1", "where: {ids: [$id]}"]
        else:
            arguments += [f"first: {PAGE}", "after: $after" if cursor else ""]
        selection = (
            "edges { cursor }" if ids else "pageInfo { hasNextPage endCursor } edges { node { id name } }"
        )
        given = ["$after: String"] if cursor else ["$id: ID!"] if ids else []
        given += ["$channel: String"] if self.field in WITH_CHANNEL else []
        asked = f"{self.field}({', '.join(filter(None, arguments))})"
        head = f"query ({', '.join(given)})" if given else "query"
        return f"{head} {{ {asked} {{ {'totalCount ' if total else ''}{selection} }} }}"


WITH_CHANNEL = ("products", "productVariants", "collections")


def cases(samples: Samples) -> Iterator[Case]:
    """All of them: each field of each filter, each order both ways."""
    for field in ("products", "productVariants", "categories", "collections", "productTypes"):
        yield Case(field, "as it comes")
        for direction in ("ASC", "DESC"):
            for sort in _orders(field):
                yield Case(field, f"{sort} {direction}", sort=f"{{field: {sort}, direction: {direction}}}")
        for argument in ("filter", "where"):
            yield from _filtered(field, argument, samples)
    yield Case("products", "search", 'search: "tapis"')
    yield Case("productVariants", "search", 'search: "tapis"')


def _orders(field: str) -> list[str]:
    sorting = _argument(field, "sortBy")
    assert isinstance(sorting, GraphQLInputObjectType)
    enum = get_named_type(sorting.fields["field"].type)
    assert isinstance(enum, GraphQLEnumType)
    # RANK goes with a search, COLLECTION with a collection: both are measured there.
    return [name for name in enum.values if name not in ("RANK", "COLLECTION")]


def _filtered(field: str, argument: str, samples: Samples) -> Iterator[Case]:
    given = _argument(field, argument)
    if given is None:
        return
    assert isinstance(given, GraphQLInputObjectType)
    known = _values(field, argument, samples)
    for name in given.fields:
        if name in ("AND", "OR", "NOT", "channel", "attributes"):
            continue
        for number, value in enumerate(known[name], 1):
            written = _written(value)
            asked, arguments = (
                f"{argument} {name} {number} {_short(written)}",
                f"{argument}: {{{name}: {written}}}",
            )
            yield Case(field, asked, arguments)
            if field == "products":
                price = "{field: PRICE, direction: ASC}"
                yield Case(field, f"{asked} by price", arguments, price)


def _short(written: str) -> str:
    """A value without what differs from shop to shop."""
    return re.sub(r'"[^"]{4,}"', "...", written)[:30]


def _argument(field: str, name: str) -> object:
    query = api_schema().graphql.query_type
    assert query is not None
    found = query.fields[field].args.get(name)
    return None if found is None else get_named_type(found.type)


class Word(str):
    """A member of an enum."""

    __slots__ = ()


def _written(value: object) -> str:
    match value:
        case Word():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{key}: {_written(part)}" for key, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _values(field: str, argument: str, it: Samples) -> dict[str, list[object]]:
    both: list[object] = [True, False]
    since = {"gte": it.day}
    metadata: list[object] = [[{"key": "demo"}], [{"key": "nobody"}]]
    common: dict[str, list[object]] = {"metadata": metadata, "search": ["tapis"], "slugs": [it.slugs]}
    if field == "products":
        one_of = argument == "where"
        updated: object = {"range": since} if one_of else since
        band: object = {"range": {"gte": 50, "lte": 60}} if one_of else {"gte": 50, "lte": 60}
        common |= {
            "ids": [it.products],
            "name": [{"eq": "Tapis"}],
            "slug": [{"oneOf": it.slugs}],
            "productType": [{"eq": it.product_type}],
            "category": [{"eq": it.shelf}],
            "collection": [{"eq": it.collection}],
            "collections": [[it.collection]],
            "categories": [[it.category], [it.shelf]],
            "productTypes": [[it.product_type]],
            "vendors": [[it.vendor]],
            "regions": [[it.region]],
            "isPublished": both,
            "isAvailable": both,
            "isVisibleInListing": both,
            "hasCategory": both,
            "giftCard": both,
            "hasPreorderedVariants": both,
            "stockAvailability": [Word("IN_STOCK"), Word("OUT_OF_STOCK")],
            "stocks": [
                {"quantity": {"gte": 5}},
                {"quantity": {"gte": 100_000}},
                {"warehouseIds": [it.warehouse]},
                {"warehouseIds": [it.warehouse], "quantity": {"gte": 1}},
            ],
            "publishedFrom": [it.day],
            "availableFrom": [it.day],
            "price": [band],
            "minimalPrice": [band],
            "updatedAt": [updated],
        }
    elif field == "productVariants":
        common |= {
            "ids": [it.variants],
            "sku": [{"oneOf": it.skus} if argument == "where" else it.skus],
            "isPreorder": both,
            "updatedAt": [since],
        }
    else:
        own = {"categories": it.category, "collections": it.collection, "productTypes": it.product_type}
        common |= {
            "ids": [[own[field]]],
            "updatedAt": [since],
            "published": [Word("PUBLISHED"), Word("HIDDEN")],
            "configurable": [Word("SIMPLE")],
            "productType": [Word("SHIPPABLE")],
            "kind": [Word("NORMAL"), Word("GIFT_CARD")],
        }
    return common
