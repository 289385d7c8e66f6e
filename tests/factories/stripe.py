"""Stripe's stand-in as an installation is told of it."""

from pydantic import SecretStr

from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn

SECRETS = ("stripe_secret_key", "stripe_webhook_secret", "stripe_connect_webhook_secret")


def on_stand_in(settings: Settings, stand_in: StripeStandIn) -> Settings:
    """The settings of an installation that takes cards, by a stand-in of Stripe."""
    own = stand_in.settings
    secrets = {name: SecretStr(own[name]) for name in SECRETS}
    return settings.model_copy(update={**own, **secrets})
