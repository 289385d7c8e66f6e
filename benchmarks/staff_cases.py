"""Every way in which staff narrow and order their lists, as variables of a dashboard's documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from benchmarks import staff_catalogue
from marketplace_graphql.schema import api_schema

OPERATIONS = Path(__file__).parent / "operations"
LISTS = (*staff_catalogue.LISTS, "orders", "draft_orders", "customers")
COUNTED = (*staff_catalogue.COUNTED, "orders", "draft_orders", "customers")
"""Lists of which it is measured, too, how long it takes to tell how many rows there are."""
ROOT = {
    "draft_orders": "draftOrders",
    "product_variants": "productVariants",
    "product_types": "productTypes",
}
CHANNEL = "maroc"
ALIASES = {
    "LAST_MODIFIED",
    "DATE",
    "PUBLICATION_DATE",
    "MINIMAL_PRICE",
    "CREATION_DATE",
    "FULFILLMENT_STATUS",
}
"""Orders that are the same as another."""
UNASKED = {"AND", "OR", "NOT", "channel"}
OF_SOME_LISTS = {"RANK", "COLLECTION"}
"""They go with a search, or with a collection's products."""
IN_A_CHANNEL = {"PRICE", "PUBLISHED", "PUBLISHED_AT"}
MIXED = {
    "products": ("NAME", "PRICE"),
    "product_variants": ("LAST_MODIFIED_AT",),
    "customers": ("EMAIL", "LAST_NAME"),
    "orders": ("NUMBER", "CUSTOMER"),
    "draft_orders": ("NUMBER", "CUSTOMER"),
}
"""Orders with which each condition is measured, unless every one is asked for."""


@dataclass(frozen=True)
class Case:
    """One list as staff ask for it."""

    list: str
    name: str
    variables: dict[str, Any] = field(default_factory=dict)
    kind: str = "list"
    """Or "count": how many there are, and no page."""
    after: str | None = None
    """The page begins behind this row."""

    @property
    def document(self) -> str:
        return (OPERATIONS / f"staff_{self.kind}_{self.list}.graphql").read_text()

    @property
    def place(self) -> dict[str, Any]:
        """Variables that ask for the row behind which the page begins, and no other."""
        kept = {
            name: value for name, value in self.variables.items() if name in ("sort", "channel", "priced")
        }
        return kept | {"where": {"ids": [self.after]}}


def cases(samples: dict[str, Any], *, every_order: bool) -> Iterator[Case]:
    """Each order both ways; each condition as the list comes, and in some orders or in every one."""
    for list_ in LISTS:
        orders = [(name, way) for name in _orders(list_) for way in ("ASC", "DESC")]
        mixed = MIXED.get(list_, ())
        middle = samples["middles"].get(list_)
        for name, way in orders:
            case = _case(list_, "", {}, (name, way))
            yield case
            if middle is not None:
                yield replace(case, name=f"{case.name} middle", after=middle)
        if list_ in COUNTED:
            yield Case(list_, "all count", kind="count")
        for asked, variables in _conditions(list_, samples):
            case = _case(list_, asked, variables, None)
            yield case
            if list_ in COUNTED:
                yield Case(list_, f"{asked} count", variables, kind="count")
            for name, way in orders:
                if every_order or name in mixed:
                    case = _case(list_, asked, variables, (name, way))
                    yield case
            if middle is not None:
                yield replace(case, name=f"{case.name} middle", after=middle)


def _case(list_: str, asked: str, variables: dict[str, Any], order: tuple[str, str] | None) -> Case:
    given = dict(variables)
    if order is not None:
        given["sort"] = {"field": order[0], "direction": order[1]}
        if order[0] in IN_A_CHANNEL:
            given["channel"] = CHANNEL
    if list_ == "products":
        given["priced"] = "channel" in given
    return Case(list_, " ".join([asked or "all", *(order or ())]), given)


def _orders(list_: str) -> list[str]:
    sorting = _argument(list_, "sortBy")
    assert isinstance(sorting, GraphQLInputObjectType)
    enum = get_named_type(sorting.fields["field"].type)
    assert isinstance(enum, GraphQLEnumType)
    return [name for name in enum.values if name not in ALIASES | OF_SOME_LISTS]


def _conditions(list_: str, samples: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each field of `filter` and `where` is asked, and searches."""
    for argument in ("filter", "where"):
        given = _argument(list_, argument)
        if given is None:
            continue
        assert isinstance(given, GraphQLInputObjectType)
        known = _values(list_, argument, samples)
        for name in given.fields:
            if name in UNASKED or (name == "attributes" and list_ not in staff_catalogue.LISTS):
                continue
            for number, value in enumerate(known[name], 1):
                variables: dict[str, Any] = {argument: {name: value}}
                if list_ == "products":
                    variables["channel"] = CHANNEL
                yield f"{argument} {name} {number}", variables
    for number, term in enumerate(samples["searches"].get(list_, ()), 1):
        yield f"search {number}", {"search": term}
    if list_ == "products":
        for asked, variables in staff_catalogue.mixed(samples):
            yield asked, variables | {"channel": CHANNEL}
    yield from _several(list_, samples)


def _several(list_: str, it: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Several conditions at once."""
    if list_ == "orders":
        yield "in a channel", {"channel": CHANNEL}
        paid = {"chargeStatus": {"eq": "NONE"}}
        yield "where unpaid AND without invoices", {"where": {"AND": [paid, {"hasInvoices": False}]}}
        yield "where unpaid OR of two lines", {"where": {"OR": [paid, {"linesCount": {"eq": 2}}]}}
        yield (
            "filter ready of a buyer",
            {"filter": {"status": ["READY_TO_FULFILL"], "customer": it["last_name"]}},
        )
    if list_ == "customers":
        name, many = {"lastName": {"eq": it["last_name"]}}, {"numberOfOrders": {"range": {"gte": 1}}}
        yield "where named so AND with orders", {"where": {"AND": [name, many]}}
        yield "where named so OR with orders", {"where": {"OR": [name, many]}}


def _argument(list_: str, name: str) -> object:
    query = api_schema().graphql.query_type
    assert query is not None
    found = query.fields[ROOT.get(list_, list_)].args.get(name)
    return None if found is None else get_named_type(found.type)


def _values(list_: str, argument: str, it: dict[str, Any]) -> dict[str, list[Any]]:
    if list_ in staff_catalogue.LISTS:
        return staff_catalogue.values(list_, argument, it)
    return _of_customers(argument, it) if list_ == "customers" else _of_orders(argument, it)


def _of_customers(argument: str, it: dict[str, Any]) -> dict[str, list[Any]]:
    day, since = {"gte": it["day"][:10]}, {"gte": it["day"]}
    many: list[Any] = [{"gte": 1}, {"gte": 30}, {"lte": 0}]
    by_where = argument == "where"
    return {
        "search": it["searches"]["customers"],
        "dateJoined": [since if by_where else day],
        "updatedAt": [since],
        "placedOrders": [day, {"gte": "2000-01-01"}, {"gte": "2100-01-01"}],
        "placedOrdersAt": [since],
        "numberOfOrders": [{"range": each} for each in many] if by_where else many,
        "metadata": [{"key": "nobody"} if by_where else [{"key": "nobody"}]],
        "ids": [it["customers"]],
        "email": _operators(it["email"]),
        "firstName": _operators(it["first_name"]),
        "lastName": _operators(it["last_name"]),
        "isActive": [True, False],
        "addresses": [
            {"country": {"eq": "MA"}},
            {"country": {"eq": "SN"}},
            {"country": {"eq": "NO"}},
            {"country": {"oneOf": ["FR", "SN"]}},
            {"country": {"notOneOf": ["MA"]}},
            {"phoneNumber": {"eq": it["phone"]}},
        ],
        "customerType": _operators(it["customer_type"]) if it["customer_type"] else [],
        "attributes": [],  # The demo's customers answer to none.
    }


def _operators(*values: Any) -> list[Any]:
    """A condition's `eq` with each value, and `oneOf` with all of them."""
    return [*[{"eq": value} for value in values], {"oneOf": list(values)}]


def _of_orders(argument: str, it: dict[str, Any]) -> dict[str, list[Any]]:
    by_where = argument == "where"
    day, since = {"gte": it["day"][:10]}, {"gte": it["day"]}
    states = ["FULFILLED", "UNFULFILLED", "CANCELED"]
    paid, both = ["FULL", "NONE", "PARTIAL"], [True, False]
    amounts = [{"gte": 50}, {"gte": 100_000}, {"gte": 100, "lte": 101}]
    addresses: list[Any] = [
        {"country": {"eq": "MA"}},
        {"country": {"eq": "NO"}},
        {"country": {"oneOf": ["FR", "SN"]}},
        {"country": {"notOneOf": ["MA"]}},
        {"phoneNumber": {"eq": it["phone"]}},
    ]
    money: list[Any] = [{"amount": {"range": amount}, "currency": "MAD"} for amount in amounts]
    money += [{"amount": each} for each in ({"range": amounts[1]}, {"eq": 250}, {"oneOf": [250, 300]})]
    one = {"key": "nobody"}
    return {
        "ids": [it["orders"]],
        "numbers": [[it["number"], "7"]],
        "number": [*_operators(int(it["number"]), 7), {"range": {"gte": int(it["number"])}}],
        "search": it["searches"]["orders"],
        "customer": [it["email"], it["last_name"]],
        "status": (
            _operators(*states)
            if by_where
            else [[each] for each in [*states, "READY_TO_FULFILL", "READY_TO_CAPTURE"]]
        ),
        "paymentStatus": [["FULLY_CHARGED"], ["NOT_CHARGED"], ["FULLY_REFUNDED"]],
        "created": [day],
        "createdAt": [since],
        "updatedAt": [since],
        "channels": [[it["channel"]]],
        "channelId": _operators(it["channel"]),
        "checkoutIds": [[it["checkout"]]],
        "checkoutTokens": [[it["token"]]],
        "checkoutId": _operators(it["checkout"]),
        "checkoutToken": _operators(it["token"]),
        "metadata": [one if by_where else [one]],
        "vendors": [[it["vendor"]]],
        "user": _operators(it["customers"][0]),
        "userEmail": _operators(it["email"]),
        "voucherCode": _operators("NOBODY"),
        "invoices": [[{"createdAt": since}]],
        "linesCount": [
            {"eq": 1},
            {"range": {"gte": 2}},
            {"range": {"lte": 1}},
            {"eq": 50},
            {"oneOf": [2, 3]},
        ],
        "totalGross": money,
        "totalNet": money,
        "productTypeId": _operators(it["product_type"]),
        "fulfillments": [
            *[[{"status": each}] for each in _operators("FULFILLED", "WAITING_FOR_APPROVAL")],
            [{"metadata": one}],
            [{"warehouse": {"id": {"eq": it["warehouse"]}}}],
        ],
        "lines": [[{"metadata": one}]],
        "transactions": [
            [{"pspReference": {"eq": "nobody"}}],
            [{"metadata": one}],
            *[[{"paymentMethodDetails": {"type": {"eq": each}}}] for each in ("OTHER", "CARD")],
        ],
        "events": [[{"date": since}], [{"type": {"eq": "PLACED"}}], [{"type": {"eq": "NOTE_ADDED"}}]],
        "billingAddress": addresses,
        "shippingAddress": addresses,
        **{f"{each}Status": _statuses(paid, by_where=by_where) for each in ("authorize", "charge")},
        **dict.fromkeys(
            (
                *("isClickAndCollect", "isPreorder", "giftCardUsed", "giftCardBought", "isGiftCardUsed"),
                *("isGiftCardBought", "hasInvoices", "hasFulfillments"),
            ),
            both,
        ),
    }


def _statuses(names: list[str], *, by_where: bool) -> list[Any]:
    return _operators(*names) if by_where else [*[[each] for each in names], names]
