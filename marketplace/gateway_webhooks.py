"""Where gateways tell us of payments: POST /webhooks/stripe."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe.inbox import BadWebhookError, count_refusal, keep, opened

TOO_LONG = 413


def mount(app: FastAPI) -> None:
    app.add_api_route("/webhooks/stripe", stripe_webhook, methods=["POST"], include_in_schema=False)


async def stripe_webhook(request: Request) -> Response:
    """Keep what Stripe tells, and answer at once: a job works on it. Of what Stripe did not sign, nothing is
    kept but how often that happens.
    """
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    if settings.stripe_webhook_secret is None:
        return PlainTextResponse("There is no Stripe here.\n", status_code=404)
    body = await _body(request, settings.max_request_bytes)
    if body is None:
        return PlainTextResponse("This is too long.\n", status_code=TOO_LONG)
    try:
        event = opened(settings, body, request.headers.get("stripe-signature"))
    except BadWebhookError as error:
        async with database.transaction() as session:
            await count_refusal(session)
        return PlainTextResponse(f"{error}\n", status_code=400)
    async with database.transaction() as session:
        await keep(session, event)
    return Response(status_code=200)


async def _body(request: Request, at_most: int) -> bytes | None:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > at_most:
            return None
    return body
