"""What is asked of Stripe about sellers' own accounts there, and about paying into them."""

from collections.abc import Sequence

from stripe import Account, AccountLink, Transfer, TransferReversal
from stripe.params import AccountCreateParams, TransferCreateParams, TransferReversalCreateParams

from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe.api import PAGE, RefusedError, StripeApi, asked
from marketplace.payments.gateways.stripe.gateway import stripe_gateway

GONE = frozenset({"account_invalid", "resource_missing"})
"""What Stripe says of an account that is not, or no longer, connected with ours."""


class StripeConnect:
    """Every method raises AnswerError, as those of StripeApi do."""

    def __init__(self, api: StripeApi) -> None:
        self.api = api

    async def open_account(self, country: str, seller: str, key: str) -> Account:
        """An account for a seller, of which Stripe asks the rest: the same one for the same key."""
        params: AccountCreateParams = {
            "type": "express",
            "country": country,
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"seller": seller, "request": key},
        }
        return await asked(self.api.client.v1.accounts.create_async(params, {"idempotency_key": key}))

    async def account(self, account_id: str) -> Account | None:
        """None: it is gone, or was taken away from us."""
        try:
            return await asked(self.api.client.v1.accounts.retrieve_async(account_id))
        except RefusedError as error:
            if error.code in GONE:
                return None
            raise

    async def onboarding_link(self, account_id: str, return_url: str, refresh_url: str) -> AccountLink:
        """Where a seller tells Stripe what it asks. It works once, for minutes."""
        question = self.api.client.v1.account_links.create_async(
            {
                "account": account_id,
                "type": "account_onboarding",
                "return_url": return_url,
                "refresh_url": refresh_url,
            }
        )
        return await asked(question)

    async def pay(self, params: TransferCreateParams, key: str) -> Transfer:
        """A transfer out of our balance: one for a key, as long as Stripe remembers it, which is a day."""
        return await asked(self.api.client.v1.transfers.create_async(params, {"idempotency_key": key}))

    async def transfer(self, transfer_id: str) -> Transfer:
        return await asked(self.api.client.v1.transfers.retrieve_async(transfer_id))

    async def transfers_for(self, transfer_group: str) -> Sequence[Transfer]:
        """Those that were made under a name."""
        question = self.api.client.v1.transfers.list_async({"transfer_group": transfer_group, "limit": PAGE})
        return (await asked(question)).data

    async def reversals_of(self, transfer_id: str) -> Sequence[TransferReversal]:
        """The latest of a transfer, newest first."""
        question = self.api.client.v1.transfers.reversals.list_async(transfer_id, {"limit": PAGE})
        return (await asked(question)).data

    async def reverse(
        self, transfer_id: str, params: TransferReversalCreateParams, key: str
    ) -> TransferReversal:
        question = self.api.client.v1.transfers.reversals.create_async(
            transfer_id, params, {"idempotency_key": key}
        )
        return await asked(question)


def connect_of(settings: Settings) -> StripeConnect | None:
    """None where Stripe is not set up."""
    gateway = stripe_gateway(settings)
    return None if gateway is None else StripeConnect(gateway.api)
