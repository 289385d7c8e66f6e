"""Imports every table, so that relationships between rooms resolve. Imported by app, workers, migrations and tests."""

import marketplace.catalog.attributes
import marketplace.catalog.listings
import marketplace.catalog.models
import marketplace.checkout.models
import marketplace.inventory.models
import marketplace.markets.models
import marketplace.orders.models
import marketplace.payments.models
import marketplace.payouts.ledger
import marketplace.payouts.models
import marketplace.people.models
import marketplace.vendors.models
from marketplace.kit.models import Base

metadata = Base.metadata
