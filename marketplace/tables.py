"""Imports every table, so that relationships between rooms resolve, for all who need them."""

import importlib
import importlib.util
import pkgutil

import marketplace.apps.models
import marketplace.catalog.attributes
import marketplace.catalog.listings
import marketplace.catalog.models
import marketplace.catalog.origins
import marketplace.checkout.models
import marketplace.checkout.shipping_answers
import marketplace.content.menus
import marketplace.content.pages
import marketplace.exports.models
import marketplace.inventory.models
import marketplace.inventory.serving
import marketplace.inventory.summaries
import marketplace.markets.models
import marketplace.markets.shop_settings
import marketplace.orders.discounts
import marketplace.orders.invoice_models
import marketplace.orders.models
import marketplace.orders.refunds
import marketplace.orders.shipping_answers
import marketplace.payments.at_the_door.models
import marketplace.payments.gateways.redirect.models
import marketplace.payments.gateways.stripe.models
import marketplace.payments.models
import marketplace.payouts.bank_answers
import marketplace.payouts.cash_models
import marketplace.payouts.connect.models
import marketplace.payouts.debt_models
import marketplace.payouts.exchange_models
import marketplace.payouts.ledger
import marketplace.payouts.models
import marketplace.payouts.papers.models
import marketplace.payouts.snapshots
import marketplace.people.models
import marketplace.pricing.gift_cards
import marketplace.pricing.promotion_events
import marketplace.pricing.promotions
import marketplace.pricing.tax_days
import marketplace.pricing.vouchers
import marketplace.vendors.bank_models
import marketplace.vendors.document_models
import marketplace.vendors.member_models
import marketplace.vendors.models
import marketplace.vendors.standing_models
import marketplace.webhooks.models
from marketplace.kit.models import Base

metadata = Base.metadata


def statements() -> list[str]:
    """What tables can't say: the triggers and functions of each room's ddl.py, by the rooms' names."""
    found: list[str] = []
    for room in pkgutil.iter_modules(marketplace.__path__):
        if room.ispkg and importlib.util.find_spec(f"marketplace.{room.name}.ddl"):
            found += importlib.import_module(f"marketplace.{room.name}.ddl").STATEMENTS
    return found
