"""Where a demonstration reaches the stand-in of Stripe. Absent in production, and where Stripe is real."""

from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from pydantic import BaseModel

from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.stripe.keys import PUBLISHABLE_KEY


class StandIn(BaseModel):
    address: str


async def where_cards_are_taken(request: Request) -> StandIn:
    """GET /demo/cards."""
    script = urlsplit(request.app.state.settings.stripe_js_url)
    return StandIn(address=f"{script.scheme}://{script.netloc}")


def mount(app: FastAPI, settings: Settings) -> None:
    if settings.environment != "production" and settings.stripe_publishable_key == PUBLISHABLE_KEY:
        app.add_api_route("/demo/cards", where_cards_are_taken, methods=["GET"])
