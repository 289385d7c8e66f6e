"""Who carries a payment out: a gateway of this house, or an app that goes by the gateway's name."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit.settings import Settings
from marketplace.payments.asked import Provider
from marketplace.payments.by_app import AppProvider, app_named
from marketplace.payments.by_gateway import HouseProvider
from marketplace.payments.errors import NobodyToAskError, NoPaymentAppError, UnknownGatewayError
from marketplace.payments.gateways.known import outside_gateways
from marketplace.payments.models import TransactionItem


async def provider_named(session: AsyncSession, settings: Settings, gateway_id: str) -> Provider:
    """Where an app has the name of a gateway of this house, it is the gateway. Raises UnknownGatewayError."""
    house = house_provider(settings, gateway_id)
    if house is not None:
        return house
    app = await app_named(session, gateway_id)
    if app is None:
        raise UnknownGatewayError(f"There is no payment gateway {gateway_id}.", field="paymentGateway")
    return AppProvider(app, settings)


async def provider_going_on(
    session: AsyncSession, settings: Settings, transaction: TransactionItem
) -> Provider:
    """Who goes on with a payment that was begun. Raises NoPaymentAppError."""
    if transaction.app_id is None:
        house = house_provider(settings, transaction.gateway)
        if house is not None:
            return house
        code = "MISSING_PAYMENT_APP" if transaction.gateway else "MISSING_PAYMENT_APP_RELATION"
        raise NoPaymentAppError("No app goes on with this payment.", field="id", code=code)
    app = await session.get(App, transaction.app_id)
    if app is None or not app.is_active or app.removed_at is not None:
        raise NoPaymentAppError("The app of this payment is gone.", field="id")
    return AppProvider(app, settings)


async def provider_of_actions(
    session: AsyncSession, settings: Settings, transaction: TransactionItem
) -> Provider:
    """Who charges, pays back and calls off. Raises NobodyToAskError."""
    if transaction.app_id is not None:
        app = await session.get(App, transaction.app_id)
        if app is not None:
            return AppProvider(app, settings)
    house = None if transaction.app_id is not None else house_provider(settings, transaction.gateway)
    if house is None:
        raise NobodyToAskError("No app is configured to carry out what is asked of this payment.")
    return house


def house_provider(settings: Settings, gateway_id: str) -> HouseProvider | None:
    """A gateway of this house whose payments somebody outside carries out, if it is set up."""
    gateway = outside_gateways(settings).get(gateway_id)
    return None if gateway is None else HouseProvider(gateway, settings.app_patience_seconds)
