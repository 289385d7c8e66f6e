"""An order stands where its parts stand."""

import pytest

from marketplace.orders.models import OrderStatus as Whole
from marketplace.orders.models import VendorOrderStatus as Part
from marketplace.orders.status import Pieces, status_of_order, status_of_part, status_of_pieces


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
    ("pieces", "whole"),
    [
        (Pieces(3, in_parcels=3, waiting=3), Whole.PARTIALLY_FULFILLED),
        (Pieces(3, in_parcels=3, away=2, back=1, returned=1), Whole.PARTIALLY_RETURNED),
        (Pieces(3, in_parcels=3, away=2, back=1, replaced=1), Whole.FULFILLED),
        (Pieces(3, in_parcels=3, back=3, replaced=3), None),
        (Pieces(3, in_parcels=1, withdrawn=1), Whole.PARTIALLY_FULFILLED),
    ],
    ids=["waits", "partly back", "replaced", "all replaced", "refunded before it left"],
)
def test_status_by_pieces_as_saleor_counts_them(pieces: Pieces, whole: Whole | None) -> None:
    assert status_of_pieces([(Part.UNFULFILLED, pieces)]) is whole


@pytest.mark.parametrize(
    ("pieces", "before", "status"),
    [
        (Pieces(3), Part.UNFULFILLED, Part.UNFULFILLED),
        (Pieces(3, in_parcels=3, waiting=3), Part.UNFULFILLED, Part.UNFULFILLED),
        (Pieces(3, in_parcels=2, away=2), Part.UNFULFILLED, Part.PARTIALLY_FULFILLED),
        (Pieces(3, in_parcels=3, away=3), Part.PARTIALLY_FULFILLED, Part.FULFILLED),
        (Pieces(3), Part.FULFILLED, Part.UNFULFILLED),
        (Pieces(3, in_parcels=3, away=2, withdrawn=1), Part.UNFULFILLED, Part.FULFILLED),
        (Pieces(3, in_parcels=3, withdrawn=3), Part.UNFULFILLED, Part.CANCELED),
        (Pieces(3, in_parcels=1, withdrawn=1), Part.CANCELED, Part.CANCELED),
        (Pieces(3, in_parcels=3, away=2, back=1), Part.DELIVERED, Part.DELIVERED),
        (Pieces(3, in_parcels=3, back=3), Part.DELIVERED, Part.RETURNED),
        (Pieces(3, in_parcels=3, back=3), Part.FULFILLED, Part.REFUSED),
    ],
)
def test_status_of_part(pieces: Pieces, before: Part, status: Part) -> None:
    assert status_of_part(pieces, before) is status
