"""Every way to pay that this shop knows, by the gateway id that clients name."""

from collections.abc import Mapping

from marketplace.kit.settings import Settings
from marketplace.payments.errors import UnknownGatewayError
from marketplace.payments.gateways import Gateway
from marketplace.payments.gateways.cash_on_delivery import CashOnDelivery
from marketplace.payments.gateways.dummy import dummy_gateway
from marketplace.payments.gateways.outside import OutsideGateway
from marketplace.payments.gateways.redirect.known import bank_gateway
from marketplace.payments.gateways.stripe.gateway import stripe_gateway

GATEWAYS: dict[str, Gateway] = {gateway.id: gateway for gateway in (CashOnDelivery(),)}
"""Promises."""
OUTSIDE = (stripe_gateway, bank_gateway, dummy_gateway)
"""What makes a gateway of its settings, or None where they don't name it."""


def outside_gateways(settings: Settings) -> Mapping[str, OutsideGateway]:
    """The gateways that are set up here whose payments somebody outside carries out."""
    made = (make(settings) for make in OUTSIDE)
    return {gateway.id: gateway for gateway in made if gateway is not None}


def gateway_of(gateway_id: str) -> Gateway:
    """Raises UnknownGatewayError."""
    if gateway_id not in GATEWAYS:
        raise UnknownGatewayError(f"There is no payment gateway {gateway_id}.", field="paymentGateway")
    return GATEWAYS[gateway_id]
