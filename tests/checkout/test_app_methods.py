"""What is read out of apps' answers, and what is left out."""

from typing import Any

import pytest

from marketplace.checkout.app_methods import AppMethod, method_key, methods_in, refusals_in
from marketplace.kit.ids import to_global_id

EXPRESS: dict[str, Any] = {"id": "express", "name": "Express", "amount": 30, "currency": "MAD"}


def test_a_method_is_read_with_all_that_is_said_of_it() -> None:
    more = {"description": "By van", "minimum_delivery_days": 1, "maximum_delivery_days": 2}
    (method,) = methods_in([{**EXPRESS, **more, "metadata": {"a": "1"}}], "carrier", "MAD")
    assert method == AppMethod("app:carrier:express", "Express", 30_00, "By van", 1, 2, {"a": "1"})
    assert AppMethod(**method.written()) == method


@pytest.mark.parametrize(
    ("said", "currency", "minor"),
    [(10.005, "MAD", 10_01), ("10.00", "MAD", 10_00), (0, "MAD", 0), (10.5, "XOF", 11), ("1e1", "XOF", 10)],
)
def test_amounts_are_of_whole_coins(said: Any, currency: str, minor: int) -> None:
    (method,) = methods_in([{**EXPRESS, "amount": said, "currency": currency}], "carrier", currency)
    assert method.price_minor == minor


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "EUR"},
        {"currency": None},
        {"amount": -0.01},
        {"amount": "much"},
        {"amount": True},
        {"amount": 1e300},
        {"amount": "NaN"},
        {"amount": [1]},
        {"id": ""},
        {"id": {"of": 1}},
        {"id": False},
        {"id": "x" * 300},
        {"name": " "},
        {"name": 5},
        {"name": "x" * 101},
        {"maximum_delivery_days": -1},
        {"minimum_delivery_days": "soon"},
        {"minimum_delivery_days": 1.5},
    ],
)
def test_a_method_with_something_wrong_is_left_out(wrong: dict[str, Any]) -> None:
    right = {**EXPRESS, "id": 7}
    assert [one.id for one in methods_in([EXPRESS | wrong, right], "carrier", "MAD")] == ["app:carrier:7"]


@pytest.mark.parametrize("wrong", ["express", 3, None, [], {}])
def test_what_is_no_method_is_left_out(wrong: Any) -> None:
    assert methods_in([wrong], "carrier", "MAD") == []


@pytest.mark.parametrize("metadata", [{"a": 1}, {" ": "a"}, "a", [1], {"a": "x" * 3000}])
def test_wrong_metadata_is_left_out_as_a_whole(metadata: Any) -> None:
    (method,) = methods_in([{**EXPRESS, "metadata": metadata}], "carrier", "MAD")
    assert method.metadata == {}


def test_a_method_that_is_said_twice_is_offered_once_and_a_hundred_at_most() -> None:
    again = {**EXPRESS, "name": "Again"}
    assert [one.name for one in methods_in([EXPRESS, again], "carrier", "MAD")] == ["Again"]
    many = [{**EXPRESS, "id": number} for number in range(500)]
    assert len(methods_in(many, "carrier", "MAD")) == 100


def test_refusals_are_read_by_the_methods_that_they_name() -> None:
    said = [
        {"id": to_global_id("ShippingMethod", 5), "reason": "Too far."},
        {"id": to_global_id("app", "carrier:express"), "reason": None},
        {"id": to_global_id("Product", 5), "reason": "No method."},
        {"id": to_global_id("ShippingMethod", "five")},
        {"id": "rubbish"},
        {"reason": "No id."},
        "nothing",
    ]
    assert refusals_in({"excluded_methods": said}) == {"5": "Too far.", "app:carrier:express": ""}


@pytest.mark.parametrize("said", [{}, {"excluded_methods": None}, {"excluded_methods": "all"}])
def test_an_answer_without_refusals_refuses_nothing(said: dict[str, Any]) -> None:
    assert refusals_in(said) == {}


@pytest.mark.parametrize(
    ("global_id", "key"),
    [
        (to_global_id("ShippingMethod", 5), 5),
        (to_global_id("ShippingMethodType", 5), 5),
        (to_global_id("app", "carrier:a:b"), "app:carrier:a:b"),
        (to_global_id("Delivery", 5), None),
        (to_global_id("ShippingMethod", "9" * 30), None),
        (None, None),
    ],
)
def test_a_global_id_names_a_method_of_the_shop_or_of_an_app(global_id: Any, key: Any) -> None:
    assert method_key(global_id) == key
