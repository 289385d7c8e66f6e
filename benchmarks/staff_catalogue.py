"""What staff ask of the catalogue's lists, beside what they ask of orders and customers (`staff_cases`)."""

from typing import Any

LISTS = ("products", "product_variants", "categories", "collections", "product_types")
COUNTED = ("products", "product_variants")
"""Lists that are as long as the shop is large: how many there are is a question of its own."""


def values(list_: str, argument: str, it: dict[str, Any]) -> dict[str, list[Any]]:
    """For each field of a filter the values that it is given."""
    if list_ == "products":
        return _of_products(argument, it)
    return _of_variants(argument, it) if list_ == "product_variants" else _of_others(list_, it)


def mixed(it: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Several conditions on products at once, as dashboards put them together."""
    sold_out: dict[str, Any] = {"stockAvailability": "OUT_OF_STOCK"}
    shelf, type_ = it["category"], it["product_type"]
    return [
        ("filter sold out in a department", {"filter": sold_out | {"categories": [shelf]}}),
        ("filter sold out of a seller", {"filter": sold_out | {"vendors": [it["vendor"]]}}),
        ("filter sold out by words", {"filter": sold_out | {"search": "tapis"}}),
        ("filter in stock by words", {"filter": {"stockAvailability": "IN_STOCK", "search": "ma"}}),
        ("filter words in a department", {"filter": {"search": "tapis", "categories": [shelf]}}),
        ("filter words of a type", {"filter": {"search": "ma", "productTypes": [type_]}}),
        (
            "where sold out AND of a type",
            {"where": {"AND": [{"stockAvailability": "OUT_OF_STOCK"}, {"productType": {"eq": type_}}]}},
        ),
        (
            "where sold out OR of a type",
            {"where": {"OR": [{"stockAvailability": "OUT_OF_STOCK"}, {"productType": {"eq": type_}}]}},
        ),
    ]


def _of_products(argument: str, it: dict[str, Any]) -> dict[str, list[Any]]:
    both = [True, False]
    by_where = argument == "where"
    since = {"gte": it["day"]}
    bands = [{"gte": 50, "lte": 60}, {"gte": 50}, {"gte": 100_000}]
    prices: list[Any] = [{"range": band} for band in bands] if by_where else bands
    return {
        "ids": [it["products"]],
        "slugs": [it["slugs"]],
        "name": [{"eq": it["name"]}],
        "slug": [{"oneOf": it["slugs"]}],
        "search": it["searches"]["products"],
        "productType": [{"eq": it["product_type"]}],
        "productTypes": [[it["product_type"]]],
        "category": [{"eq": it["shelf"]}],
        "categories": [[it["category"]], [it["shelf"]]],
        "collection": [{"eq": it["collection"]}],
        "collections": [[it["collection"]]],
        "vendors": [[it["vendor"]]],
        "regions": [[it["region"]]],
        "metadata": [[{"key": "demo"}], [{"key": "nobody"}]],
        "publishedFrom": [it["day"], it["now"]],
        "availableFrom": [it["day"]],
        "updatedAt": [{"range": since} if by_where else since],
        "price": prices,
        "minimalPrice": prices,
        "stockAvailability": ["IN_STOCK", "OUT_OF_STOCK"],
        "attributes": _attributes(it),
        "stocks": [
            {"quantity": {"gte": 5}},
            {"quantity": {"lte": 0}},
            {"quantity": {"gte": 100_000}},
            {"warehouseIds": [it["warehouse"]]},
            {"warehouseIds": [it["warehouse"]], "quantity": {"gte": 1}},
            {"warehouseIds": [it["warehouse"]], "quantity": {"gte": 100_000}},
            {"warehouseIds": [it["warehouse"]], "quantity": {"lte": 0}},
        ],
        **dict.fromkeys(
            ("isPublished", "isAvailable", "isVisibleInListing", "hasCategory", "giftCard"),
            both,
        ),
        "hasPreorderedVariants": both,
    }


def _attributes(it: dict[str, Any]) -> list[Any]:
    """What many products answer, and what none does."""
    slug, value = it["answer"]
    return [
        [{"slug": slug}],
        [{"slug": slug, "values": [value]}],
        [{"slug": slug, "value": {"slug": {"eq": value}}}],
        [{"slug": slug, "value": {"slug": {"eq": "nobody"}}}],
    ]


def _of_variants(argument: str, it: dict[str, Any]) -> dict[str, list[Any]]:
    slug, value = it["answer"]
    return {
        "search": it["searches"]["product_variants"],
        "sku": [{"eq": it["skus"][0]}, {"oneOf": it["skus"]}] if argument == "where" else [it["skus"]],
        "ids": [it["variants"]],
        "metadata": [[{"key": "demo"}], [{"key": "nobody"}]],
        "isPreorder": [True, False],
        "updatedAt": [{"gte": it["day"]}, {"gte": it["now"]}],
        "attributes": [[{"slug": slug}], [{"slug": slug, "value": {"slug": {"eq": value}}}]],
    }


def _of_others(list_: str, it: dict[str, Any]) -> dict[str, list[Any]]:
    own = {"categories": "category", "collections": "collection", "product_types": "product_type"}[list_]
    return {
        "search": ["tapis", "nobody-has-this", "P"],
        "metadata": [[{"key": "demo"}], [{"key": "nobody"}]],
        "ids": [[it[own]]],
        "slugs": [it["slugs"]],
        "updatedAt": [{"gte": it["day"]}],
        "published": ["PUBLISHED", "HIDDEN"],
        "configurable": ["CONFIGURABLE", "SIMPLE"],
        "productType": ["SHIPPABLE", "DIGITAL"],
        "kind": ["NORMAL", "GIFT_CARD"],
    }
