"""Where gateways tell us of payments: POST /webhooks/stripe, and /webhooks/bank/{gateway id}. Of sellers'
accounts Stripe tells at /webhooks/stripe/connect.
"""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.notices import BadNoticeError, Refusals, count_refusal
from marketplace.payments.gateways.redirect import inbox as banks
from marketplace.payments.gateways.redirect.known import redirect_gateway
from marketplace.payments.gateways.redirect.models import BankRefusal
from marketplace.payments.gateways.stripe.inbox import keep, opened
from marketplace.payments.gateways.stripe.models import StripeRefusal

TOO_LONG = 413


def mount(app: FastAPI) -> None:
    app.add_api_route("/webhooks/stripe", stripe_webhook, methods=["POST"], include_in_schema=False)
    app.add_api_route(
        "/webhooks/stripe/connect", stripe_connect_webhook, methods=["POST"], include_in_schema=False
    )
    app.add_api_route(
        "/webhooks/bank/{gateway_id}", bank_notification, methods=["POST"], include_in_schema=False
    )


async def stripe_webhook(request: Request) -> Response:
    return await _told_by_stripe(request, of_sellers=False)


async def stripe_connect_webhook(request: Request) -> Response:
    return await _told_by_stripe(request, of_sellers=True)


async def _told_by_stripe(request: Request, *, of_sellers: bool) -> Response:
    settings: Settings = request.app.state.settings
    secret = settings.stripe_connect_webhook_secret if of_sellers else settings.stripe_webhook_secret
    if secret is None:
        return PlainTextResponse("There is no Stripe here.\n", status_code=404)

    async def take_in(session: AsyncSession, body: bytes) -> None:
        signature = request.headers.get("stripe-signature")
        await keep(session, opened(settings, body, signature, of_sellers=of_sellers))

    return await _kept(request, StripeRefusal, take_in)


async def bank_notification(request: Request, gateway_id: str) -> Response:
    gateway = redirect_gateway(request.app.state.settings, gateway_id)
    if gateway is None:
        return PlainTextResponse("There is no such bank here.\n", status_code=404)

    async def take_in(session: AsyncSession, body: bytes) -> None:
        await banks.keep(session, gateway.id, gateway.acquirer.read(request.headers, body))

    return await _kept(request, BankRefusal, take_in)


async def _kept(
    request: Request, refusals: type[Refusals], take_in: Callable[[AsyncSession, bytes], Awaitable[None]]
) -> Response:
    """Keep what a gateway tells, and answer at once: a job works on it. Of what the gateway did not sign, or
    does not fit, nothing is kept but how often that happens.
    """
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    body = await _body(request, settings.max_request_bytes)
    if body is None:
        return PlainTextResponse("This is too long.\n", status_code=TOO_LONG)
    try:
        async with database.transaction() as session:
            await take_in(session, body)
    except BadNoticeError as error:
        async with database.transaction() as session:
            await count_refusal(session, refusals)
        return PlainTextResponse(f"{error}\n", status_code=400)
    return Response(status_code=200)


async def _body(request: Request, at_most: int) -> bytes | None:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > at_most:
            return None
    return body
