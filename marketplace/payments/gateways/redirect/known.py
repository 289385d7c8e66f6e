"""Which bank this installation's buyers are sent to."""

from marketplace.kit.settings import Settings
from marketplace.payments.gateways.redirect.gateway import RedirectGateway
from marketplace.payments.gateways.redirect.reference import reference_bank

BANKS = (reference_bank,)
"""What makes an acquirer of its settings, or None where they don't name it. One is set up at a time."""


def bank_gateway(settings: Settings) -> RedirectGateway | None:
    """The bank that is set up here."""
    made = (make(settings) for make in BANKS)
    return next((RedirectGateway(bank, settings) for bank in made if bank is not None), None)


def redirect_gateway(settings: Settings, gateway_id: str) -> RedirectGateway | None:
    gateway = bank_gateway(settings)
    return gateway if gateway is not None and gateway.id == gateway_id else None
