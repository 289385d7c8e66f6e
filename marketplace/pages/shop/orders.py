"""The order that was placed. Its id is known to nobody but its buyer, and is the key to the page."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import uuid_pk
from marketplace.pages.visits import Visiting

router = APIRouter()


@router.get("/orders/{order_id}")
async def order(visit: Visiting, order_id: str) -> Response:
    try:
        uuid_pk(order_id, "Order")
    except InvalidError:
        raise HTTPException(404) from None
    data = await visit.read("order", id=order_id)
    if data["order"] is None:
        raise HTTPException(404)
    return visit.page("shop/order.html", data, is_new=visit.query.get("new") == "1")
