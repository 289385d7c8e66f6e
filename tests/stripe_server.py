"""Stripe's stand-in for tests: one server for the session, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import stripe

    from marketplace.payments.stand_ins.stripe.serving import StripeStandIn


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeStandIn]:
    from marketplace.payments.stand_ins.stripe.serving import StripeStandIn

    with StripeStandIn() as server:
        yield server


@pytest.fixture
def stripe_stand_in(stripe_server: StripeStandIn) -> StripeStandIn:
    """The stand-in of Stripe with nothing in it: `settings.model_copy(update=stripe_stand_in.settings)`."""
    stripe_server.reset()
    return stripe_server


@pytest.fixture
def stripe_client(stripe_stand_in: StripeStandIn) -> stripe.StripeClient:
    """Stripe's own client, speaking to the stand-in, and trying nothing twice by itself."""
    return a_stripe_client(stripe_stand_in)


def a_stripe_client(stand_in: StripeStandIn, key: str | None = None) -> stripe.StripeClient:
    import stripe

    return stripe.StripeClient(
        key or stand_in.keys.secret,
        base_addresses={"api": stand_in.address},
        http_client=stripe.HTTPXClient(timeout=5, allow_sync_methods=True),
        max_network_retries=0,
    )
