"""An order stands where its parts stand."""

import pytest

from marketplace.orders.models import OrderStatus as Whole
from marketplace.orders.models import VendorOrderStatus as Part
from marketplace.orders.status import status_of_order, status_of_part


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([Part.UNFULFILLED], Whole.UNFULFILLED),
        ([Part.UNFULFILLED, Part.CANCELED], Whole.UNFULFILLED),
        ([Part.CANCELED, Part.CANCELED], Whole.CANCELED),
        ([Part.UNFULFILLED, Part.FULFILLED], Whole.PARTIALLY_FULFILLED),
        ([Part.PARTIALLY_FULFILLED], Whole.PARTIALLY_FULFILLED),
        ([Part.FULFILLED, Part.DELIVERED], Whole.FULFILLED),
        ([Part.DELIVERED, Part.CANCELED], Whole.FULFILLED),
        ([Part.DELIVERED, Part.REFUSED], Whole.PARTIALLY_RETURNED),
        ([Part.UNFULFILLED, Part.REFUSED], Whole.PARTIALLY_RETURNED),
        ([Part.REFUSED, Part.RETURNED, Part.CANCELED], Whole.RETURNED),
    ],
)
def test_status_of_order(parts: list[Part], whole: Whole) -> None:
    assert status_of_order(parts) is whole


@pytest.mark.parametrize(
    ("fulfilled", "status"), [(0, Part.UNFULFILLED), (2, Part.PARTIALLY_FULFILLED), (3, Part.FULFILLED)]
)
def test_status_of_part(fulfilled: int, status: Part) -> None:
    assert status_of_part(3, fulfilled) is status
