"""Every way to pay that this shop knows, by the gateway id that clients name."""

from marketplace.payments.errors import UnknownGatewayError
from marketplace.payments.gateways import Gateway
from marketplace.payments.gateways.cash_on_delivery import CashOnDelivery

GATEWAYS: dict[str, Gateway] = {gateway.id: gateway for gateway in (CashOnDelivery(),)}


def gateway_of(gateway_id: str) -> Gateway:
    """Raises UnknownGatewayError."""
    if gateway_id not in GATEWAYS:
        raise UnknownGatewayError(f"There is no payment gateway {gateway_id}.", field="paymentGateway")
    return GATEWAYS[gateway_id]
