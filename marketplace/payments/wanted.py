"""What is wanted of a refund, as it is kept while gateways are asked for the money."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marketplace.content.reasons import Why
from marketplace.orders.moving import LinePieces, ParcelPieces
from marketplace.payments.refund_shares import Wish
from marketplace.payments.refunding import Kind, Refunding


def as_json(refunding: Refunding) -> dict[str, Any]:
    wish = refunding.wish
    return {
        "kind": refunding.kind.value,
        "wish": None if wish is None else [wish.amount_minor, wish.includes_shipping],
        "lines": [_pieces(str(each.line_id), each) for each in refunding.of_lines],
        "parcels": [_pieces(each.parcel_line_id, each) for each in refunding.of_parcels],
        "why": _why(refunding.why),
    }


def from_json(wanted: Mapping[str, Any]) -> Refunding:
    wish, parcels = wanted["wish"], wanted["parcels"]
    return Refunding(
        Kind(wanted["kind"]),
        None if wish is None else Wish(*wish),
        [
            LinePieces(UUID(key), quantity, replace, Why(*why))
            for key, quantity, replace, why in wanted["lines"]
        ],
        [ParcelPieces(key, quantity, replace, Why(*why)) for key, quantity, replace, why in parcels],
        Why(*wanted["why"]),
    )


def _pieces(key: str | int, pieces: LinePieces | ParcelPieces) -> list[Any]:
    return [key, pieces.quantity, pieces.replace, _why(pieces.why)]


def _why(why: Why) -> list[Any]:
    return [why.text, why.page_id]
