"""Stripe's stand-in as an installation is told of it, and disputes that it has told us of."""

from datetime import timedelta

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.payments.gateways.stripe.models import DisputeStatus, StripeDispute
from marketplace.payments.models import TransactionItem
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payouts.connect.models import Capability, ConnectedAccount
from marketplace.vendors.models import Vendor

SECRETS = ("stripe_secret_key", "stripe_webhook_secret", "stripe_connect_webhook_secret")


def on_stand_in(settings: Settings, stand_in: StripeStandIn) -> Settings:
    """The settings of an installation that takes cards, by a stand-in of Stripe."""
    own = stand_in.settings
    secrets = {name: SecretStr(own[name]) for name in SECRETS}
    return settings.model_copy(update={**own, **secrets})


async def make_connected_account(
    session: AsyncSession, stand_in: StripeStandIn, vendor: Vendor, **given: object
) -> ConnectedAccount:
    """A seller's account that is set up, at the stand-in and here."""
    state = {"capabilities": {"transfers": "active"}, "details_submitted": True, "payouts_enabled": True}
    with stand_in.world.lock:
        at_stripe = stand_in.world.add("account", **state)
        at_stripe["requirements"] |= {"currently_due": [], "past_due": [], "disabled_reason": None}
    account = ConnectedAccount(
        **{
            "vendor_id": vendor.id,
            "account_id": at_stripe["id"],
            "country_code": "FR",
            "details_submitted": True,
            "payouts_enabled": True,
            "transfers": Capability.ACTIVE,
            "payable_from": clock.now(),
            "checked_at": clock.now(),
        }
        | given
    )
    session.add(account)
    await session.flush()
    return account


async def make_dispute(
    session: AsyncSession, order: Order, *, due_in: timedelta, **given: object
) -> StripeDispute:
    """A dispute of what an order was paid with, that is to be answered."""
    payment = await session.scalars(select(TransactionItem.id).where(TransactionItem.order_id == order.id))
    dispute = StripeDispute(
        **{
            "reference": f"du_{order.number}",
            "transaction_id": payment.one(),
            "status": DisputeStatus.NEEDS_RESPONSE,
            "reason": "fraudulent",
            "currency": order.currency,
            "amount_minor": 150_00,
            "created_at": clock.now(),
            "evidence_due_at": clock.now() + due_in,
        }
        | given
    )
    session.add(dispute)
    await session.flush()
    return dispute
