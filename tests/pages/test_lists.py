"""What a visitor asks of a list of products, as its address says it."""

import pytest
from starlette.datastructures import QueryParams

from marketplace.pages.shop.lists import PAGE_SIZE, Choice, page_of


def choice_of(query: str) -> Choice:
    return Choice.of(QueryParams(query), default_sort="popular")


def test_nothing_asked_is_no_filter() -> None:
    choice = choice_of("")
    assert choice.filter() == {}
    assert not choice.is_narrowed
    assert choice.order() == {"field": "RATING", "direction": "DESC"}


def test_prices_regions_and_stock_become_the_api_s_filter() -> None:
    choice = choice_of("from=100&to=1+250,50&region=MA-09&region=MA-05&stock=1&sort=price")
    assert choice.filter() == {
        "price": {"gte": 100.0, "lte": 1250.5},
        "regions": ["MA-09", "MA-05"],
        "stockAvailability": "IN_STOCK",
    }
    assert choice.order() == {"field": "PRICE", "direction": "ASC"}


@pytest.mark.parametrize("typed", ["cher", "-5", "inf", "nan", "", "1e999999"])
def test_a_price_that_is_none_is_ignored_but_stays_in_its_field(typed: str) -> None:
    choice = Choice.of(QueryParams({"from": typed}), default_sort="popular")
    assert choice.filter() == {}
    assert choice.price_from == typed


def test_colours_become_the_api_s_attributes() -> None:
    choice = choice_of("a.couleur=indigo&a.couleur=safran&b.couleur=non")
    assert choice.filter() == {"attributes": [{"slug": "couleur", "values": ["indigo", "safran"]}]}
    assert choice.without_answer("couleur", "indigo")["a.couleur"] == ["safran"]
    assert choice.is_narrowed


def test_an_unknown_order_is_the_usual_one() -> None:
    assert choice_of("sort=sideways").sort == "popular"


def test_taking_one_region_back_leaves_the_rest_as_it_was() -> None:
    choice = choice_of("region=MA-09&region=MA-05&from=100")
    assert choice.without_region("MA-09") == choice.query() | {"region": ["MA-05"]}


def test_pages_are_turned_by_cursor_in_both_directions() -> None:
    assert page_of(QueryParams("")) == {"first": PAGE_SIZE, "after": None}
    assert page_of(QueryParams("after=abc")) == {"first": PAGE_SIZE, "after": "abc"}
    assert page_of(QueryParams("before=abc")) == {"last": PAGE_SIZE, "before": "abc"}
