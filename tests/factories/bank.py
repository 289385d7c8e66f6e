"""A bank's stand-in as an installation is told of it."""

from pydantic import SecretStr

from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.bank.serving import BankStandIn


def on_bank(settings: Settings, bank: BankStandIn) -> Settings:
    """The settings of an installation that sends its buyers to a stand-in of a bank."""
    own = bank.settings
    secret = {"bank_gateway_secret": SecretStr(own["bank_gateway_secret"])}
    return settings.model_copy(update={**own, **secret})
