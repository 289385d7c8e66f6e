"""What the tests of Stripe's stand-in ask it for again and again."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import stripe

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


async def an_intent(
    client: stripe.StripeClient, key: str | None = None, **params: object
) -> stripe.PaymentIntent:
    """A payment intent of 120 dirhams. `key`: the request's idempotency key."""
    given = {"amount": 12_000, "currency": "mad", "automatic_payment_methods": NO_REDIRECTS} | params
    return await client.v1.payment_intents.create_async(given, {"idempotency_key": key} if key else None)


async def a_payment(
    client: stripe.StripeClient, card: str = "pm_card_visa", **params: object
) -> stripe.PaymentIntent:
    """One that is confirmed with a test card."""
    return await an_intent(client, confirm=True, payment_method=card, **params)


@contextmanager
def refused(
    kind: type[stripe.StripeError], code: str | None = None, param: str | None = None
) -> Iterator[pytest.ExceptionInfo[stripe.StripeError]]:
    with pytest.raises(kind) as told:
        yield told
    assert told.value.error is not None
    assert told.value.error.code == code
    if param is not None:
        assert told.value.error.param == param
