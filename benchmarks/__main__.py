"""`make bench`: the work that users wait for, each also as a ratio to its limits in the same run."""

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import typer
import uvloop

from benchmarks.cataloguing import BATCH, GROUND, cataloguers
from benchmarks.limits import bare_limit, statements_of, static_limit
from benchmarks.load import Connection, Measured, measure, measure_requests, post
from benchmarks.shopping import shoppers
from benchmarks.shops import Shop, shop
from marketplace.kit.settings import Settings
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import ANONYMOUS, Request, Requester

OPERATIONS = Path(__file__).parent / "operations"
PORT, STATIC_PORT = 8471, 8472
SHOPPERS = 8
CATALOGUERS = 1
LONGEST_BATCH_SECONDS = 10.0
"""A batch of a hundred products takes a second or more: fewer seconds would count none."""
PIECES_NEEDED = 5_000
PASSWORD = "demo-marketplace"  # noqa: S105 - the demo's, printed in the README
SIGN_IN = """mutation ($email: String!, $password: String!) {
  tokenCreate(email: $email, password: $password) { token } }"""
VARIED = 200
"""How many different requests a workload takes in turn."""


@dataclass(frozen=True)
class Workload:
    """A document with the variables it is asked with in turn."""

    name: str
    operation: str
    variables: list[dict[str, object]]
    holds: Callable[[bytes], bool]
    requester: Requester = ANONYMOUS
    token: str | None = None

    @property
    def document(self) -> str:
        return (OPERATIONS / f"{self.operation}.graphql").read_text()


@dataclass(frozen=True)
class Mark:
    """The least that a workload must do per second, at 16 connections, by the shop's size."""

    small: float
    large: float


MARKS = {
    "W1 category page": Mark(400, 200),
    "W2 product page": Mark(600, 300),
    "W3 search": Mark(200, 100),
    "W4 orders placed": Mark(40, 20),
    "W5 staff's orders": Mark(150, 75),
    "W6 products made": Mark(17, 17),
}


def main(
    listings: Annotated[
        list[int] | None, typer.Option(help="Sizes of shop; by default 10,000 and 100,000.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long each measurement takes.")] = 5.0,
    processes: Annotated[int, typer.Option(help="Web processes.")] = 2,
) -> None:
    """Measure W1 to W6; exits with 1 where one falls short of its mark."""
    print(f"{platform.machine()}, Python {platform.python_version()}, {processes} web processes")
    short: list[str] = []
    for size in listings or [10_000, 100_000]:
        with shop(size, processes=processes, port=PORT) as served:
            short += uvloop.run(_measure_shop(served, seconds))
    if short:
        print(f"\nBelow their marks: {'; '.join(short)}")
        raise typer.Exit(1)


async def _measure_shop(served: Shop, seconds: float) -> list[str]:
    settings = Settings(database_url=served.database_url, data_dir=served.data_dir, public_url=served.url)
    print(f"\n{served.listings:,} listings")
    heads = ("per second", 12), ("p50 ms", 9), ("p99 ms", 9), ("of static", 11), ("of bare SQL", 13)
    print(f"{'':<18}{'conn.':>6}" + "".join(f"{head:>{width}}" for head, width in heads))
    short: list[str] = []
    for workload in _workloads(served):
        requests = [post(served.api, workload.document, each, workload.token) for each in workload.variables]
        asked = [Request(workload.document, each) for each in workload.variables]
        statements = await statements_of(served, settings, asked, workload.requester)
        connection = await Connection.to(served.api)
        body = await connection.send(requests[0])
        connection.close()
        for connections in (1, 16):
            done = await measure_requests(
                served.api, requests, connections=connections, seconds=seconds, holds=workload.holds
            )
            static = await static_limit(body, STATIC_PORT, connections=connections, seconds=min(seconds, 2))
            bare = await bare_limit(settings, statements, connections=connections, seconds=min(seconds, 3))
            _print(workload.name, connections, done, static, bare)
        short += _below(workload.name, done, served.listings)
    placed = await _place_orders(served, seconds)
    _print("W4 orders placed", SHOPPERS, placed, None, None)
    short += _below("W4 orders placed", placed, served.listings)
    made = await _make_products(served, seconds)
    _print("W6 products made", CATALOGUERS, made, None, None)
    return short + _below("W6 products made", made, served.listings)


async def _make_products(served: Shop, seconds: float) -> Measured:
    """Products, not batches, per second; the times are those of a batch."""
    token = _staff_token(served)
    work, staff = cataloguers(served.api, token, _ask(served, GROUND, {}, token), CATALOGUERS)
    try:
        batches = await measure(work, seconds=max(seconds, LONGEST_BATCH_SECONDS), warm_up=0.2)
    finally:
        for each in staff:
            await each.clear()
    return replace(batches, requests=batches.requests * BATCH)


async def _place_orders(served: Shop, seconds: float) -> Measured:
    return await measure(shoppers(served.api, SHOPPERS, _pieces(served)), seconds=seconds, warm_up=0.5)


def _pieces(served: Shop) -> dict[str, int]:
    """Variants with what can be had of each, enough for every order of a run."""
    query = """query ($after: String) { products(first: 100, after: $after, channel: "maroc",
      filter: {stockAvailability: IN_STOCK}) { pageInfo { endCursor hasNextPage }
      edges { node { variants { id quantityAvailable } } } } }"""
    pieces: dict[str, int] = {}
    after: str | None = None
    while sum(pieces.values()) < PIECES_NEEDED:
        page = _ask(served, query, {"after": after})["products"]
        for edge in page["edges"]:
            for variant in edge["node"]["variants"]:
                if variant["quantityAvailable"]:
                    pieces[variant["id"]] = variant["quantityAvailable"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    return pieces


def _workloads(served: Shop) -> list[Workload]:
    categories = _ask(
        served,
        '{ categories(first: 100) { edges { node { id name products(channel: "maroc", first: 1)'
        " { totalCount } } } } }",
        {},
    )["categories"]["edges"]
    shelves = [edge["node"] for edge in categories if edge["node"]["products"]["totalCount"] >= 24]
    listed = _ask(
        served,
        """query { products(first: 100, channel: "maroc", sortBy: {field: CREATED_AT, direction: DESC}) {
          edges { node { name slug } } } }""",
        {},
    )["products"]["edges"]
    slugs = [edge["node"]["slug"] for edge in listed]
    beginnings = {" ".join(edge["node"]["name"].split()[:2]) for edge in listed}
    words = sorted(beginnings | {shelf["name"] for shelf in shelves})
    channel = {"channel": "maroc"}
    token = _staff_token(served)
    staff = Requester(1, frozenset(Permission), (), is_staff=True)
    return [
        Workload(
            "W1 category page",
            "category_page",
            [channel | {"category": shelf["id"]} for shelf in shelves],
            lambda answer: answer.count(b'"node"') == 24,
        ),
        Workload(
            "W2 product page",
            "product_page",
            [channel | {"slug": slug} for slug in slugs[:VARIED]],
            lambda answer: b'"variants"' in answer and b'"errors"' not in answer,
        ),
        Workload(
            "W3 search",
            "search",
            [channel | {"words": word} for word in words[:VARIED]],
            lambda answer: b'"node"' in answer,
        ),
        Workload(
            "W5 staff's orders",
            "staff_orders",
            [{}],
            lambda answer: answer.count(b'"node"') == 50,
            staff,
            token,
        ),
    ]


def _staff_token(served: Shop) -> str:
    given: dict[str, object] = {"email": "admin@demo.sil", "password": PASSWORD}
    return str(_ask(served, SIGN_IN, given)["tokenCreate"]["token"])


def _ask(
    served: Shop, document: str, variables: dict[str, object], token: str | None = None
) -> dict[str, Any]:
    body = json.dumps({"query": document, "variables": variables}).encode()
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    request = HttpRequest(served.api, body, headers)  # noqa: S310 - our own server
    with urlopen(request, timeout=60) as answer:  # noqa: S310
        told = json.load(answer)
    if told.get("errors"):
        raise AssertionError(told["errors"])
    return dict(told["data"])


def _print(
    name: str, connections: int, done: Measured, static: Measured | None, bare: Measured | None
) -> None:
    of_static = f"{done.per_second / static.per_second:.0%}" if static else "-"
    of_bare = f"{done.per_second / bare.per_second:.0%}" if bare else "-"
    print(
        f"{name:<18}{connections:>6}{done.per_second:>12,.0f}{done.p50_ms:>9.1f}{done.p99_ms:>9.1f}"
        f"{of_static:>11}{of_bare:>13}",
        flush=True,
    )


def _below(name: str, done: Measured, listings: int) -> list[str]:
    mark = MARKS[name].small if listings <= 10_000 else MARKS[name].large
    return [f"{name} at {listings:,}: {done.per_second:.0f} < {mark:.0f}"] if done.per_second < mark else []


if __name__ == "__main__":
    typer.run(main)
