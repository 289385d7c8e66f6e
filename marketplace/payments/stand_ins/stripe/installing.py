"""How an installation without keys of Stripe's comes to a stand-in. Light: it is read at each start."""

import socket
from urllib.parse import urlsplit

from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.stripe.keys import PUBLISHABLE_KEY, SECRET_KEY
from marketplace.payments.stand_ins.stripe.outbox import CONNECT_SECRET, WEBHOOK_SECRET

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what a person may have set


def is_wanted(settings: Settings) -> bool:
    """Whether no key of Stripe's is set, where money is only played with."""
    return settings.environment != "production" and settings.stripe_secret_key is None


def free_port(settings: Settings) -> int:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as trial:
        trial.bind((settings.host, 0))
        port: int = trial.getsockname()[1]
        return port


def address_here(settings: Settings, port: int) -> str:
    """Where the machine itself reaches a port of ours."""
    host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def address_for_browsers(settings: Settings, port: int) -> str:
    """Where a buyer's browser reaches it: on the shop's own host."""
    return f"http://{urlsplit(settings.public_url).hostname or 'localhost'}:{port}"


def environment(settings: Settings, port: int) -> dict[str, str]:
    """The settings of Stripe that lead to the stand-in, as processes are given them."""
    return {
        "MARKETPLACE_STRIPE_API_BASE": address_here(settings, port),
        "MARKETPLACE_STRIPE_SECRET_KEY": SECRET_KEY,
        "MARKETPLACE_STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
        "MARKETPLACE_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "MARKETPLACE_STRIPE_CONNECT_WEBHOOK_SECRET": CONNECT_SECRET,
        "MARKETPLACE_STRIPE_JS_URL": f"{address_for_browsers(settings, port)}/js/v3/",
    }


def webhook_url(settings: Settings) -> str:
    """Where the shop listens."""
    return f"{address_here(settings, settings.port)}/webhooks/stripe"
