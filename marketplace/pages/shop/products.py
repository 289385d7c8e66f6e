"""One product."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from marketplace.pages.api import Data
from marketplace.pages.shop.problems import message_of
from marketplace.pages.visits import Visiting

router = APIRouter()


@router.get("/products/{slug}")
async def product(visit: Visiting, slug: str) -> Response:
    """The product's page. What could not be put in the cart comes back as it was chosen, with the reason."""
    data = await visit.read("product", slug=slug)
    found = data["product"]
    if found is None:
        raise HTTPException(404)
    problem = visit.query.get("problem")
    return visit.page(
        "shop/product.html",
        data,
        422 if problem else 200,
        chosen=_chosen(found, visit.query.get("variant")),
        quantity=visit.query.get("quantity", "1")[:4],
        problem=message_of(problem) if problem else None,
        others=[
            edge["node"] for edge in found["vendor"]["products"]["edges"] if edge["node"]["id"] != found["id"]
        ][:4],
    )


def _chosen(found: Data, asked: str | None) -> Data | None:
    """The variant that was asked for, else the first that can be bought, else the first."""
    variants: list[Data] = found["variants"] or []
    for variant in variants:
        if variant["id"] == asked:
            return variant
    return next((one for one in variants if (one["quantityAvailable"] or 0) > 0), next(iter(variants), None))
