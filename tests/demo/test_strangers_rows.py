"""No root field shows a stranger's row to a seller, nor to staff without permissions: every one is tried.

The queries are made from the schema: each field of Query, with every row below it that can be asked for
without further arguments. Whose a row is, is said here once more, in SQL of its own; a row of a type that is
neither public nor has such a rule fails, so that who adds one must say whose its rows are.
"""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from sqlalchemy import Select, false, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product, ProductMedia, ProductVariant, SheetImport
from marketplace.inventory.models import Stock, Warehouse
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.markets.models import Channel
from marketplace.orders.models import Fulfillment, FulfillmentLine, Order, OrderLine, VendorOrder
from marketplace.payouts.models import Payout
from marketplace.payouts.papers.models import IssuedPaper
from marketplace.people.models import Address, AuditEntry, User
from marketplace.vendors.document_models import VendorDocument
from marketplace.vendors.member_models import VendorDelegation, VendorInvitation
from marketplace.vendors.models import MemberRole, VendorMember
from marketplace.vendors.queries import within_sellers
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api, Limits, Requester
from marketplace_graphql.schema import api_schema
from tests.demo.conftest import frozen_at

Found = set[tuple[str, str]]
Refused = frozenset[tuple[str, ...]]
"""Fields that the asker has been refused, each by the aliases that lead to it."""
DEPTH = 2
ROUNDS_LIMIT = 20
NO_LIMITS = Limits(characters=10**7, tokens=10**7, depth=50, fields=10**6, rows=10**9)


@dataclass(frozen=True)
class Asker:
    """Who asks; a member of staff has no seller."""

    requester: Requester
    user_id: int
    vendor_id: int


PUBLIC = {
    *("Attribute", "AttributeValue", "Category", "Channel", "Collection", "CollectionChannelListing"),
    *("Menu", "MenuItem", "Page", "PageType", "ProductType", "ShippingMethod", "ShippingMethodType"),
    *("ShippingZone", "ShippingMethodChannelListing", "ShippingMethodPostalCodeRule", "TaxClass", "Shop"),
    *("TaxConfiguration", "Vendor", "Programme", "ProductChannelListing", "ProductVariantChannelListing"),
    *("CategoryTranslation", "CollectionTranslation", "PageTranslation", "ProductTranslation"),
    *("ProductVariantTranslation", "AttributeTranslation", "AttributeValueTranslation", "VendorTranslation"),
    *("MenuItemTranslation", "ShippingMethodTranslation", "ShopTranslation"),
}
"""Rows that are everybody's: the shop window, and how the shop is set up."""


BY_THEIR_SECRET = {"order": "Order", "orderByToken": "Order"}
"""An order's id can't be guessed, and whoever knows it may read what is not personal in it, as in Saleor: a
guest comes back with nothing else. To sellers even that is closed.
"""


def live_or_own(asker: Asker) -> Select[Any]:
    live = select(ProductChannelListing.product_id).where(ProductChannelListing.is_published)
    return select(Product.id).where(or_(Product.id.in_(live), Product.vendor_id == asker.vendor_id))


def own_sales(asker: Asker) -> Select[Any]:
    return select(VendorOrder.id).where(VendorOrder.vendor_id == asker.vendor_id)


def own_orders(asker: Asker) -> Select[Any]:
    return select(Order.id).where(Order.user_id == asker.user_id)


def own_rooms(asker: Asker) -> Select[Any]:
    return select(Warehouse.id).where(Warehouse.vendor_id == asker.vendor_id)


def part(model: Any) -> Callable[[Asker], Select[Any]]:
    """Lines and parcels: of own sales, and of what one has bought."""
    return lambda asker: select(model.id).where(
        or_(model.vendor_order_id.in_(own_sales(asker)), model.order_id.in_(own_orders(asker)))
    )


def seen_addresses(asker: Asker) -> Any:
    """One's own, those of own store rooms, and where own sales go to."""
    sold = select(VendorOrder.order_id).where(VendorOrder.vendor_id == asker.vendor_id)
    return union(
        select(Address.id).where(Address.user_id == asker.user_id),
        select(Warehouse.address_id).where(Warehouse.vendor_id == asker.vendor_id),
        select(Order.shipping_address_id).where(Order.id.in_(sold)),
    )


def nothing(model: Any) -> Callable[[Asker], Select[Any]]:
    return lambda _asker: select(model.id).where(false())


def own_papers(model: Any) -> Callable[[Asker], Select[Any]]:
    return lambda asker: select(model.id).where(model.vendor_id == asker.vendor_id)


def own_log(asker: Asker) -> Select[Any]:
    return select(AuditEntry.id).where(
        AuditEntry.subject_type == "Vendor", AuditEntry.subject_id == str(asker.vendor_id)
    )


WHOSE: dict[str, Callable[[Asker], Any]] = {
    "Address": seen_addresses,
    "AuditEntry": own_log,
    "Fulfillment": part(Fulfillment),
    "FulfillmentLine": lambda asker: select(FulfillmentLine.id).where(
        FulfillmentLine.fulfillment_id.in_(part(Fulfillment)(asker))
    ),
    "IssuedPaper": lambda asker: select(IssuedPaper.id).where(IssuedPaper.vendor_id == asker.vendor_id),
    "Order": own_orders,
    "OrderLine": part(OrderLine),
    "Payout": lambda asker: select(Payout.id).where(Payout.vendor_id == asker.vendor_id),
    "Product": live_or_own,
    "ProductMedia": lambda asker: select(ProductMedia.id).where(
        ProductMedia.product_id.in_(live_or_own(asker))
    ),
    "ProductImage": lambda asker: select(ProductMedia.id).where(
        ProductMedia.product_id.in_(live_or_own(asker))
    ),
    "ProductVariant": lambda asker: select(ProductVariant.id).where(
        ProductVariant.product_id.in_(live_or_own(asker))
    ),
    "SheetImport": lambda asker: select(SheetImport.id).where(SheetImport.vendor_id == asker.vendor_id),
    "Stock": lambda asker: select(Stock.id).where(Stock.warehouse_id.in_(own_rooms(asker))),
    "User": lambda asker: select(User.id).where(User.id == asker.user_id),
    "VendorOrder": lambda asker: select(VendorOrder.id).where(
        or_(VendorOrder.vendor_id == asker.vendor_id, VendorOrder.order_id.in_(own_orders(asker)))
    ),
    "VendorDelegation": own_papers(VendorDelegation),
    "VendorDocument": own_papers(VendorDocument),
    "VendorInvitation": own_papers(VendorInvitation),
    "Warehouse": own_rooms,
}
"""By type: the keys of the rows that someone without any permission may see. Types that stand in neither
place are shown to nobody of whom these tests speak.
"""


def selection(type_: Any, depth: int, refused: Refused = frozenset(), path: tuple[str, ...] = ()) -> str:
    """All rows below a type down to a depth, each by its id, without what was refused before.

    Aliases keep the parts of a union apart.
    """
    if is_abstract_type(type_):
        parts = api_schema().graphql.get_possible_types(type_)
        inner = [f"... on {part.name} {{ {selection(part, depth, refused, path)} }}" for part in parts]
        return " ".join(["__typename", *inner])
    chosen = ["__typename", "id"] if "id" in type_.fields and (*path, "id") not in refused else ["__typename"]
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        alias = f"{type_.name}_{name}"
        below = depth - (not _is_wrapping(named))
        if is_leaf_type(named) or not _can_be_asked(field) or below < 0 or (*path, alias) in refused:
            continue
        inside = selection(named, below, refused, (*path, alias))
        chosen.append(f"{alias}: {name}{_written(_arguments(field))} {{ {inside} }}")
    return " ".join(chosen)


def _is_wrapping(type_: Any) -> bool:
    """Connections and edges are no step down."""
    return type_.name.endswith(("Connection", "CountableEdge", "Edge"))


def _can_be_asked(field: GraphQLField) -> bool:
    return not any(
        isinstance(argument.type, GraphQLNonNull)
        and argument.default_value is Undefined
        and name != "channel"
        for name, argument in field.args.items()
    )


def _arguments(field: GraphQLField) -> dict[str, str]:
    given = {}
    if "first" in field.args:
        given["first"] = "5"
    if "channel" in field.args:
        given["channel"] = "$channel"
    return given


def _written(arguments: dict[str, str]) -> str:
    listed = ", ".join(f"{name}: {value}" for name, value in arguments.items())
    return f"({listed})" if listed else ""


def rows_in(answer: Any) -> Iterator[tuple[str, str]]:
    """Every (type, id) of an answer."""
    if isinstance(answer, list):
        for item in answer:
            yield from rows_in(item)
    elif isinstance(answer, dict):
        if answer.get("id") is not None and answer["__typename"] in api_schema().rows:
            yield answer["__typename"], answer["id"]
        for item in answer.values():
            yield from rows_in(item)


def root_fields() -> list[str]:
    root = api_schema().graphql.query_type
    assert root is not None
    return sorted(
        name
        for name, field in root.fields.items()
        if not is_leaf_type(get_named_type(field.type)) and name[0] != "_"
    )


def ways(name: str) -> Iterator[dict[str, str]]:
    """The ways to ask a root field: as it is, and by each of its arguments that takes an id."""
    field = root_field(name)
    given = _arguments(field)
    if "first" in given:
        given["first"] = "100"
    if _can_be_asked(field):
        yield given
    for argument, about in field.args.items():
        for written in _with_an_id(argument, about.type):
            yield given | written


def root_field(name: str) -> GraphQLField:
    root = api_schema().graphql.query_type
    assert root is not None
    return root.fields[name]


async def asked(
    api: Api, asker: Asker, name: str, arguments: dict[str, str], depth: int = DEPTH, **variables: str | None
) -> Found:
    """What a root field shows.

    What is refused takes its parents along, where it can't be null: so it is asked again without that.
    """
    type_ = get_named_type(root_field(name).type)
    refused: Refused = frozenset()
    for _ in range(ROUNDS_LIMIT):
        document = _document(name, arguments, selection(type_, depth, refused))
        answer = await api.execute(document, variables, asker.requester)
        errors = answer.get("errors", [])
        codes = {error["extensions"]["exception"]["code"] for error in errors}
        assert codes <= {"PermissionDenied", "GraphQLError"}, errors
        news = {
            tuple(step for step in error.get("path", ())[1:] if isinstance(step, str)) for error in errors
        }
        if not news - refused - {()}:
            return set(rows_in(answer.get("data")))
        refused |= news
    pytest.fail(f"{name} never came to an end")


def _with_an_id(name: str, type_: Any) -> Iterator[dict[str, str]]:
    named = get_named_type(type_)
    if named.name == "ID":
        yield {name: "[$id]" if "[" in str(type_) else "$id"}
    if isinstance(named, GraphQLInputObjectType) and name in ("filter", "where"):
        for part, inner in named.fields.items():
            if get_named_type(inner.type).name == "ID":
                yield {name: f"{{{part}: {'[$id]' if is_list_type(inner.type) else '$id'}}}"}


def _document(name: str, arguments: dict[str, str], below: str) -> str:
    used = " ".join(arguments.values()) + below
    variables = [
        f"${each}: {type_}" for each, type_ in (("id", "ID!"), ("channel", "String!")) if f"${each}" in used
    ]
    head = f"({', '.join(variables)})" if variables else ""
    return f"query {head} {{ it: {name}{_written(arguments)} {{ {below} }} }}"


@pytest.fixture
async def api(loaded: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    frozen_at(monkeypatch)
    database = Database(loaded, application_name="tests")
    await database.open()
    made = make_api(loaded, database, storage=storage_from(loaded))
    yield Api(made.schema, database, settings=made.settings, limits=NO_LIMITS, context=made.context)
    await database.close()


async def seller(session: AsyncSession) -> Asker:
    """The owner of the seller that has sold most."""
    vendor_id, user_id = (
        await session.execute(
            select(VendorMember.vendor_id, VendorMember.user_id)
            .join(VendorOrder, VendorOrder.vendor_id == VendorMember.vendor_id)
            .where(VendorMember.role == MemberRole.OWNER)
            .group_by(VendorMember.vendor_id, VendorMember.user_id)
            .order_by(func.count().desc(), VendorMember.vendor_id)
            .limit(1)
        )
    ).one()
    roles = within_sellers([(vendor_id, MemberRole.OWNER)])
    return Asker(Requester(user_id, vendor_ids=(vendor_id,), within=roles), user_id, vendor_id)


async def idle_staff(session: AsyncSession) -> Asker:
    """A member of staff whom no group lets do anything."""
    user_id = await session.scalar(select(User.id).where(User.is_staff).order_by(User.id).limit(1))
    assert user_id is not None
    return Asker(Requester(user_id, is_staff=True), user_id, 0)


ASKERS = {"a seller": seller, "staff without a permission": idle_staff}


async def strangers_ids(session: AsyncSession, asker: Asker) -> list[str]:
    """The global id of a row of each type that the asker may not see."""
    schema = api_schema()
    ids = []
    for name, rows in schema.rows.items():
        if name in PUBLIC or "id" not in schema.declared[name]:
            continue
        key = rows.model.__mapper__.primary_key[0]
        stranger = select(key).order_by(key.desc()).limit(1)
        if name in WHOSE:
            stranger = stranger.where(key.not_in(WHOSE[name](asker)))
        found = await session.scalar(stranger)
        if found is not None:
            ids.append(base64.b64encode(f"{name}:{found}".encode()).decode())
    return ids


async def strangers(session: AsyncSession, asker: Asker, found: Found) -> Found:
    """Those of some rows that the asker may not see."""
    bad = set()
    for name in {name for name, _ in found if name not in PUBLIC}:
        keys = {base64.b64decode(id_).decode().split(":")[1] for type_, id_ in found if type_ == name}
        allowed: set[str] = set()
        if name in WHOSE:
            allowed = {str(key) for key in await session.scalars(WHOSE[name](asker))}
        bad |= {(name, key) for key in keys - allowed}
    return bad


@pytest.mark.parametrize("who", ASKERS)
@pytest.mark.parametrize("name", root_fields())
async def test_no_root_field_shows_a_strangers_row(demo: AsyncSession, api: Api, name: str, who: str) -> None:
    asker = await ASKERS[who](demo)
    channel = await demo.scalar(select(Channel.slug).order_by(Channel.id).limit(1))
    ids = await strangers_ids(demo, asker)
    found: Found = set()
    is_list = _is_wrapping(get_named_type(root_field(name).type))
    for arguments in ways(name):
        if "$id" not in str(arguments):
            found |= await asked(api, asker, name, arguments, channel=channel)
        for global_id in ids if "$id" in str(arguments) else ():
            found |= await asked(api, asker, name, arguments, int(is_list), id=global_id, channel=channel)
    if not asker.vendor_id:
        found = {(type_, id_) for type_, id_ in found if BY_THEIR_SECRET.get(name) != type_}
    assert await strangers(demo, asker, found) == set()
