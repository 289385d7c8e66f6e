"""Stripe's API, as far as it is used here, and what its errors mean to whoever asked."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

import httpx
import stripe
import structlog
from stripe import BalanceTransaction, Dispute, Event, ListObject, PaymentIntent, Payout, Refund, StripeClient
from stripe.params import (
    BalanceTransactionListParams,
    BalanceTransactionListParamsCreated,
    EventListParams,
    PaymentIntentCreateParams,
    RefundCreateParams,
)

from marketplace.kit.settings import Settings
from marketplace.payments.answers import AnswerError, LostAnswerError, UnreachableError
from marketplace.payments.gateways.stripe.words import (
    BUSY,
    DECLINED,
    NOT_KNOWN,
    NOT_NOW,
    NOT_SET_UP,
    REFUSED,
    words_of,
)

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 30.0
"""Whoever asks waits less: this is for what nobody waits for."""
MOST_TYPES = 20
"""Of events can be named at once."""
PAGE = 100
"""The most that Stripe gives at once. So many refunds of one payment are looked at."""
STATE = ["latest_charge"]
"""What is asked for along with a payment intent: the card, and whether anything was promised."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
CONFLICT, TOO_MANY, SERVER_ERROR = 409, 429, 500

T = TypeVar("T")
log = structlog.get_logger(__name__)

stripe.enable_telemetry = False  # How long our requests take is told to nobody.
logging.getLogger("stripe").setLevel(logging.WARNING)  # Below, it writes down what it sends and is sent.


class StripeApi:
    """Every method raises AnswerError: UnreachableError where nothing was sent, LostAnswerError where nobody
    knows. Nothing but POSTs without a key is ever tried twice by the library.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.stripe_secret_key is None:
            raise ValueError("there is no secret key of Stripe")
        self._key = settings.stripe_secret_key.get_secret_value()
        self._base = settings.stripe_api_base

    @property
    def is_live(self) -> bool:
        """Whether it is real money."""
        return "_live_" in self._key

    async def create(self, params: PaymentIntentCreateParams, key: str) -> PaymentIntent:
        """A payment intent: the same one for the same key. It takes no money by itself."""
        options: stripe.RequestOptions = {"idempotency_key": key, "max_network_retries": 1}
        return await asked(self.client.v1.payment_intents.create_async(params, options))

    async def intent(self, reference: str) -> PaymentIntent:
        options: stripe.RequestOptions = {"max_network_retries": 1}
        question = self.client.v1.payment_intents.retrieve_async(reference, {"expand": STATE}, options)
        return await asked(question)

    async def capture(self, reference: str, units: int, key: str) -> PaymentIntent:
        question = self.client.v1.payment_intents.capture_async(
            reference, {"amount_to_capture": units, "expand": STATE}, {"idempotency_key": key}
        )
        return await asked(question)

    async def cancel(self, reference: str, key: str) -> PaymentIntent:
        question = self.client.v1.payment_intents.cancel_async(
            reference, {"expand": STATE}, {"idempotency_key": key}
        )
        return await asked(question)

    async def refund(self, params: RefundCreateParams, key: str) -> Refund:
        return await asked(self.client.v1.refunds.create_async(params, {"idempotency_key": key}))

    async def refunds(self, reference: str) -> Sequence[Refund]:
        """The latest of a payment intent, newest first."""
        question = self.client.v1.refunds.list_async({"payment_intent": reference, "limit": PAGE})
        return (await asked(question)).data

    async def event(self, event_id: str) -> Event:
        return await asked(self.client.v1.events.retrieve_async(event_id))

    async def events_since(self, since: datetime, types: Sequence[str]) -> AsyncIterator[Event]:
        """All of these types that has happened since, page by page."""
        params: EventListParams = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        if len(types) <= MOST_TYPES:
            params["types"] = list(types)
        page = await asked(self.client.v1.events.list_async(params))
        while True:
            for event in page.data:
                if event.type in types:
                    yield event
            if not page.has_more:
                return
            page = await asked(page.next_page_async())

    async def movements(
        self, since: datetime, until: datetime | None = None, after: str | None = None
    ) -> "ListObject[BalanceTransaction]":
        """A page of our balance's movements in a time, newest first, each with what it is of."""
        created: BalanceTransactionListParamsCreated = {"gte": int(since.timestamp())}
        if until is not None:
            created["lte"] = int(until.timestamp())
        params: BalanceTransactionListParams = {"created": created, "limit": PAGE, "expand": ["data.source"]}
        if after is not None:
            params["starting_after"] = after
        return await asked(self.client.v1.balance_transactions.list_async(params))

    async def dispute(self, dispute_id: str) -> Dispute:
        return await asked(self.client.v1.disputes.retrieve_async(dispute_id))

    async def payout(self, payout_id: str) -> Payout:
        return await asked(self.client.v1.payouts.retrieve_async(payout_id))

    @property
    def client(self) -> StripeClient:
        """For what else is to be asked of Stripe: its errors are to be read by `asked`."""
        return _client_of(asyncio.get_running_loop(), self._key, self._base)


@lru_cache(maxsize=8)
def _client_of(_loop: asyncio.AbstractEventLoop, key: str, base: str) -> StripeClient:
    """One for each event loop: connections that are kept belong to it."""
    http = stripe.HTTPXClient(timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS))
    return StripeClient(key, base_addresses={"api": base}, http_client=http, max_network_retries=0)


async def asked(question: Awaitable[T]) -> T:
    """Raises AnswerError."""
    try:
        return await question
    except stripe.StripeError as error:
        raise _meaning(error) from error


def _meaning(error: stripe.StripeError) -> AnswerError:
    """What an error means. Logs have its code and the request's id at Stripe, nothing else of it."""
    decline_code = getattr(error.error, "decline_code", None)
    told = {"code": error.code, "decline_code": decline_code, "request": error.request_id}
    if isinstance(error, stripe.CardError):
        log.info("card declined", **told)
        return _refused("StripeCardError", words_of(error.code, decline_code) or DECLINED, error)
    log.warning("stripe refused or failed", kind=type(error).__name__, status=error.http_status, **told)
    if isinstance(error, stripe.APIConnectionError) and isinstance(error.__cause__, NEVER_SENT):
        return UnreachableError(NOT_NOW, errors_data("StripeApiError", NOT_NOW))
    status = error.http_status or SERVER_ERROR
    is_unknown = isinstance(error, stripe.APIError | stripe.APIConnectionError)
    if status != TOO_MANY and (is_unknown or status == CONFLICT or status >= SERVER_ERROR):
        return LostAnswerError(NOT_KNOWN, errors_data("StripeApiError", NOT_KNOWN))
    if status == TOO_MANY:
        words = BUSY
    elif isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        words = NOT_SET_UP
    else:
        words = words_of(error.code) or REFUSED
    return _refused("StripeApiError", words, error)


class RefusedError(AnswerError):
    """Stripe has refused it: nothing has been done."""

    code: str | None = None
    status: int | None = None
    """Of HTTP."""


def _refused(public_code: str, words: str, error: stripe.StripeError) -> RefusedError:
    refused = RefusedError(words, errors_data(public_code, words))
    # The library leaves it out of some errors, where it is in the body all the same.
    refused.code = error.code or getattr(error.error, "code", None)
    refused.status = error.http_status
    return refused


def errors_data(code: str, message: str) -> dict[str, object]:
    """What Saleor's Stripe app gives to storefronts where something is wrong."""
    return {"paymentIntent": {"errors": [{"code": code, "message": message}]}}
