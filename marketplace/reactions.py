"""What rooms do when another room tells of a change: imported here, so that every subscriber is heard.

Imported by whatever changes anything: the application, the workers, commands that write, and tests. A room's
subscribers stand in its `reactions.py`.
"""

from marketplace.catalog import reactions as catalog
from marketplace.checkout import reactions as checkout
from marketplace.inventory import reactions as inventory
from marketplace.orders import closing_sellers as orders_of_closing_sellers
from marketplace.orders import reactions as orders
from marketplace.payments import reactions as payments
from marketplace.payouts import closing_sellers as money_of_closing_sellers
from marketplace.payouts import reactions as payouts
from marketplace.pricing import reactions as pricing
from marketplace.vendors import reactions as vendors
from marketplace.webhooks import reactions as webhooks

__all__ = [
    "catalog",
    "checkout",
    "inventory",
    "money_of_closing_sellers",
    "orders",
    "orders_of_closing_sellers",
    "payments",
    "payouts",
    "pricing",
    "vendors",
    "webhooks",
]
