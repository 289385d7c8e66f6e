"""The gateway: what Stripe is asked for, and what its answers come to."""

import re
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession
from stripe import PaymentIntent, Refund
from stripe.params import PaymentIntentCreateParams

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.payments.answers import Answer, AnswerError
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.outside import Request
from marketplace.payments.gateways.stripe.api import RefusedError, StripeApi, errors_data
from marketplace.payments.gateways.stripe.state import (
    OPEN,
    REQUEST,
    TRANSACTION,
    answer_of,
    metadata_of,
    said_of_refund,
)
from marketplace.payments.gateways.stripe.units import to_units

GATEWAY_ID = "saleor.app.payment.stripe"
"""As Saleor's own Stripe app is called: storefronts name it so."""
WALLETS = {"apple_pay": "card", "google_pay": "card"}
"""What Stripe's form calls by a name of its own and is a card to its API."""
CAN_BE_PROMISED = frozenset(
    {
        "affirm", "afterpay_clearpay", "alma", "amazon_pay", "billie", "card", "cashapp", "kakao_pay",
        "klarna", "kr_card", "link", "mobilepay", "naver_pay", "payco", "paypal", "revolut_pay",
        "samsung_pay", "satispay",
    }
)  # fmt: skip
"""Ways to pay that Stripe can hold an amount with and charge it later. All others are charged at once."""
_METHOD = re.compile(r"[a-z][a-z0-9_]{1,39}")
_NO_REFERENCE = "This payment has not reached Stripe."
MALFORMED = "`data` must be {paymentIntent: {paymentMethod}}, with a way to pay as Stripe's form calls it."
_MOVED_ON = frozenset(
    {"payment_intent_unexpected_state", "charge_already_captured", "charge_already_refunded"}
)


class Stripe:
    """Cards, wallets and whatever else Stripe offers where the buyer is."""

    id = GATEWAY_ID
    name = "Stripe"

    def __init__(self, settings: Settings, publishable_key: str) -> None:
        self.api = StripeApi(settings)
        self._publishable_key = publishable_key

    async def check_open(self, session: AsyncSession, payable: Payable) -> None:
        """It is open for everything: what Stripe does not take in a currency or country, it says itself."""

    def config(self) -> Mapping[str, object]:
        return {"stripePublishableKey": self._publishable_key}

    def failure(self, message: str) -> dict[str, object]:
        return errors_data("StripeApiError", message)

    async def initialize(self, request: Request) -> Answer:
        """Make a payment intent, which the buyer's browser confirms with Stripe: no money moves before."""
        if request.reference is not None:
            return await self.process(request)
        method = _method_in(request.data)
        params: PaymentIntentCreateParams = {
            "amount": to_units(request.amount),
            "currency": request.amount.currency.lower(),
            # The ways to pay are those that are switched on at Stripe. One of them may be more than its form
            # said, so what is to be held is said of the way, and not of the intent, as Saleor's app does.
            "automatic_payment_methods": {"enabled": True},
            "metadata": _metadata(request),
        }
        if not request.charges and method in CAN_BE_PROMISED:
            params["payment_method_options"] = {method: {"capture_method": "manual"}}  # type: ignore[misc]
        intent = await self.api.create(params, f"{request.key}:{method}")
        return self._answer(intent, request)

    async def process(self, request: Request) -> Answer:
        return self._answer(await self.api.intent(_reference(request)), request)

    async def look(self, request: Request) -> Answer:
        reference = _reference(request)
        intent = await self.api.intent(reference)
        refunds = await self.api.refunds(reference) if intent.latest_charge else ()
        return answer_of(intent, request, is_live=self.api.is_live, refunds=refunds)

    async def charge(self, request: Request) -> Answer:
        """Capture it. Stripe captures once: what is left of the promise then is given back to the buyer."""
        return await self._settle(request, "succeeded", self._capture)

    async def cancel(self, request: Request) -> Answer:
        return await self._settle(request, "canceled", self._cancel)

    async def call_off(self, request: Request) -> Answer:
        intent = await self.api.intent(_reference(request))
        if intent.status in OPEN and not _waits_for_cash(intent):
            intent = await self.api.cancel(intent.id, request.key)
        return self._answer(intent, request)

    async def refund(self, request: Request) -> Answer:
        made = await self._made_before(request) if request.again else None
        if made is None:
            made = await self._refund(request)
        said = said_of_refund(made, is_live=self.api.is_live)
        on_its_way = said is None or made.status in {"pending", "requires_action"}
        return Answer(() if said is None or on_its_way else (said,), made.id)

    async def _made_before(self, request: Request) -> Refund | None:
        made = await self.api.refunds(_reference(request))
        return next((one for one in made if metadata_of(one).get(REQUEST) == request.key), None)

    async def _refund(self, request: Request) -> Refund:
        return await self.api.refund(
            {
                "payment_intent": _reference(request),
                "amount": to_units(request.amount),
                "metadata": {**_metadata(request), REQUEST: request.key},
            },
            request.key,
        )

    async def _capture(self, request: Request) -> PaymentIntent:
        return await self.api.capture(_reference(request), to_units(request.amount), request.key)

    async def _cancel(self, request: Request) -> PaymentIntent:
        return await self.api.cancel(_reference(request), request.key)

    async def _settle(
        self, request: Request, wanted: str, work: Callable[[Request], Awaitable[PaymentIntent]]
    ) -> Answer:
        """Bring a payment intent to a status. One that is there already is taken as it is: the answer was
        lost, or somebody did it at Stripe.
        """
        if request.again:
            intent = await self.api.intent(_reference(request))
            if intent.status == wanted:
                return self._answer(intent, request)
        try:
            intent = await work(request)
        except RefusedError as error:
            if error.code not in _MOVED_ON:
                raise
            intent = await self.api.intent(_reference(request))
            if intent.status != wanted:
                raise
        return self._answer(intent, request)

    def _answer(self, intent: PaymentIntent, request: Request) -> Answer:
        return answer_of(intent, request, is_live=self.api.is_live)


def stripe_gateway(settings: Settings) -> Stripe | None:
    """The gateway, where both keys are set."""
    if settings.stripe_secret_key is None or not settings.stripe_publishable_key:
        return None
    return Stripe(settings, settings.stripe_publishable_key)


def _waits_for_cash(intent: PaymentIntent) -> bool:
    """Whether the buyer was given a voucher or an account number, and some days to pay by it."""
    action = intent.next_action
    return action is not None and action.type not in {"redirect_to_url", "use_stripe_sdk"}


def _reference(request: Request) -> str:
    """Raises AnswerError."""
    if not request.reference:
        raise AnswerError(_NO_REFERENCE, errors_data("StripeApiError", _NO_REFERENCE))
    return request.reference


def _method_in(data: object) -> str:
    """The way to pay that the buyer has chosen in Stripe's form. Raises AnswerError."""
    said = data.get("paymentIntent") if isinstance(data, dict) and len(data) == 1 else None
    method = said.get("paymentMethod") if isinstance(said, dict) and len(said) == 1 else None
    if not isinstance(method, str):
        raise AnswerError(MALFORMED, errors_data("ParseError", MALFORMED))
    if _METHOD.fullmatch(method) is None:
        raise AnswerError(MALFORMED, errors_data("UnsupportedPaymentMethodError", MALFORMED))
    return WALLETS.get(method, method)


def _metadata(request: Request) -> dict[str, str]:
    """By which Stripe's dashboard, and our webhook, know whose it is: names, and nothing of the buyer's."""
    metadata = {TRANSACTION: to_global_id("TransactionItem", request.token)}
    if request.source_id is not None:
        metadata["saleor_source_type"] = request.source_type
        metadata["saleor_source_id"] = to_global_id(request.source_type, request.source_id)
    return metadata
