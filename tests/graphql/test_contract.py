"""The page that says what of Saleor's contract is there is held against the schema."""

from pathlib import Path

import pytest
from graphql import build_schema

from marketplace_graphql.absent import ABSENT_ON_PURPOSE
from marketplace_graphql.contract import ON_PURPOSE, Standing, compared, complaints, elements, printed, read
from marketplace_graphql.schema import api_schema

CONTRACT = """
interface Node { id: ID! }
type Product implements Node { id: ID! name: String! tags(first: Int, after: String): [String!]! }
type App { id: ID! }
type Query { product(id: ID!): Product app: App node: Node }
enum Unit { G KG }
"""
OURS = """
interface Node { id: ID! }
type Product implements Node { id: ID! name: String! vendor(shown: Boolean): Vendor }
type Vendor { name: String! }
type Query { product(id: ID!): Product node: Node }
enum Unit { G }
"""


def standing(ours: str = OURS, contract: str = CONTRACT) -> Standing:
    return compared(elements(build_schema(ours)), elements(build_schema(contract)))


def complaints_of(ours: str) -> list[str]:
    """What a page that was printed for OURS says wrongly of another schema."""
    return list(complaints(elements(build_schema(ours)), read(printed(standing()))))


def test_what_is_missing_and_what_is_ours_are_told_apart() -> None:
    found = standing()
    assert found.lacking == {"Product.tags", "Query.app", "Unit.KG"}
    assert found.absent == {"App"}
    assert found.added == {"Vendor", "Product.vendor"}
    assert (found.there, found.whole) == (12, 19)


def test_a_page_says_what_was_found() -> None:
    assert read(printed(standing())) == standing()
    assert complaints_of(OURS) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("G }", "G KG }"), "Unit.KG is there."),
        (("type Vendor", "type App { id: ID! } type Vendor"), "App is there."),
        (("vendor(shown: Boolean): Vendor", ""), "Product.vendor is not there."),
        (("name: String! vendor", "vendor"), "11 elements are there that are not called ours, not 12."),
        (
            ("node: Node", "node: Node shop: String"),
            "13 elements are there that are not called ours, not 12.",
        ),
    ],
)
def test_a_page_that_is_stale_is_found_out(change: tuple[str, str], complaint: str) -> None:
    assert complaint in complaints_of(OURS.replace(*change))


def test_what_is_absent_on_purpose_is_told_with_its_reason() -> None:
    contract = CONTRACT.replace("app: App", "app: App plugin: App")
    page = printed(standing(contract=contract))
    assert "- `Query.plugin`\n  Plugins are Python" in page
    assert read(page) == standing(contract=contract)
    assert ON_PURPOSE not in printed(standing())


def test_what_is_called_absent_on_purpose_is_not_there() -> None:
    there = {name for of_type in elements(api_schema().graphql).values() for name in of_type}
    assert [name for one in ABSENT_ON_PURPOSE for name in one.names if name in there] == []


def test_our_page_is_not_stale() -> None:
    page = read(Path("docs/saleor.md").read_text(encoding="utf-8"))
    assert list(complaints(elements(api_schema().graphql), page)) == []
