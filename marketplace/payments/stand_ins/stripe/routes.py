"""What the stand-in answers to: each address with the type of its parameters and the right it asks for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from marketplace.payments.stand_ins.stripe import (
    accounts,
    balance,
    charges,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    transfers,
)
from marketplace.payments.stand_ins.stripe.errors import Json, Refused
from marketplace.payments.stand_ins.stripe.requests import Request

OF_BROWSERS = frozenset(
    {"client_secret", "key", "expected_payment_method_type", "payment_user_agent", "_stripe_account"}
)
"""What Stripe's script sends besides what servers do."""


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: Callable[[Request], Json]
    params: str
    """The type of its parameters in `stripe.params`."""

    @property
    def answers(self) -> str:
        """The kind of object that it answers with, or lists."""
        if self.path.endswith(("/reversals", "/reversals/{}")):
            return "transfer_reversal"
        if self.path.endswith("/payment_methods"):
            return "payment_method"
        return self.resource.removesuffix("s")

    @property
    def answers_list(self) -> bool:
        return self.method == "GET" and not self.path.endswith("{}") and self.path != "/v1/balance"

    @property
    def in_browser(self) -> bool:
        return self.handler in IN_BROWSERS

    @property
    def resource(self) -> str:
        """What a restricted key is given rights to."""
        return self.path.split("/")[2]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.path.replace("{}", "([A-Za-z0-9_]+)"))


IN_BROWSERS = frozenset({payment_intents.retrieve, payment_intents.confirm, payment_methods.create})
"""What a publishable key may ask."""

ROUTES = [
    Route("POST", "/v1/payment_intents", payment_intents.create, "PaymentIntentCreateParams"),
    Route("GET", "/v1/payment_intents", payment_intents.list_all, "PaymentIntentListParams"),
    Route("GET", "/v1/payment_intents/{}", payment_intents.retrieve, "PaymentIntentRetrieveParams"),
    Route("POST", "/v1/payment_intents/{}", payment_intents.update, "PaymentIntentUpdateParams"),
    Route("POST", "/v1/payment_intents/{}/confirm", payment_intents.confirm, "PaymentIntentConfirmParams"),
    Route("POST", "/v1/payment_intents/{}/capture", payment_intents.capture, "PaymentIntentCaptureParams"),
    Route("POST", "/v1/payment_intents/{}/cancel", payment_intents.cancel, "PaymentIntentCancelParams"),
    Route("POST", "/v1/payment_methods", payment_methods.create, "PaymentMethodCreateParams"),
    Route("GET", "/v1/payment_methods", payment_methods.list_all, "PaymentMethodListParams"),
    Route("GET", "/v1/payment_methods/{}", payment_methods.retrieve, "PaymentMethodRetrieveParams"),
    Route("POST", "/v1/payment_methods/{}", payment_methods.update, "PaymentMethodUpdateParams"),
    Route("POST", "/v1/payment_methods/{}/attach", payment_methods.attach, "PaymentMethodAttachParams"),
    Route("POST", "/v1/payment_methods/{}/detach", payment_methods.detach, "PaymentMethodDetachParams"),
    Route("GET", "/v1/charges", charges.list_all, "ChargeListParams"),
    Route("GET", "/v1/charges/{}", charges.retrieve, "ChargeRetrieveParams"),
    Route("POST", "/v1/charges/{}", charges.update, "ChargeUpdateParams"),
    Route("POST", "/v1/refunds", refunds.create, "RefundCreateParams"),
    Route("GET", "/v1/refunds", refunds.list_all, "RefundListParams"),
    Route("GET", "/v1/refunds/{}", refunds.retrieve, "RefundRetrieveParams"),
    Route("POST", "/v1/refunds/{}", refunds.update, "RefundUpdateParams"),
    Route("POST", "/v1/refunds/{}/cancel", refunds.cancel, "RefundCancelParams"),
    Route("GET", "/v1/balance", balance.retrieve, "BalanceRetrieveParams"),
    Route("GET", "/v1/balance_transactions", balance.transactions, "BalanceTransactionListParams"),
    Route("GET", "/v1/balance_transactions/{}", balance.transaction, "BalanceTransactionRetrieveParams"),
    Route("POST", "/v1/customers", customers.create, "CustomerCreateParams"),
    Route("GET", "/v1/customers", customers.list_all, "CustomerListParams"),
    Route("GET", "/v1/customers/{}", customers.retrieve, "CustomerRetrieveParams"),
    Route("POST", "/v1/customers/{}", customers.update, "CustomerUpdateParams"),
    Route("DELETE", "/v1/customers/{}", customers.delete, "CustomerDeleteParams"),
    Route(
        "GET",
        "/v1/customers/{}/payment_methods",
        payment_methods.list_of_customer,
        "CustomerPaymentMethodListParams",
    ),
    Route("GET", "/v1/disputes", disputes.list_all, "DisputeListParams"),
    Route("GET", "/v1/disputes/{}", disputes.retrieve, "DisputeRetrieveParams"),
    Route("POST", "/v1/disputes/{}", disputes.update, "DisputeUpdateParams"),
    Route("POST", "/v1/disputes/{}/close", disputes.close, "DisputeCloseParams"),
    Route("GET", "/v1/events", events.list_all, "EventListParams"),
    Route("GET", "/v1/events/{}", events.retrieve, "EventRetrieveParams"),
    Route("POST", "/v1/accounts", accounts.create, "AccountCreateParams"),
    Route("GET", "/v1/accounts", accounts.list_all, "AccountListParams"),
    Route("GET", "/v1/accounts/{}", accounts.retrieve, "AccountRetrieveParams"),
    Route("POST", "/v1/accounts/{}", accounts.update, "AccountUpdateParams"),
    Route("DELETE", "/v1/accounts/{}", accounts.delete, "AccountDeleteParams"),
    Route("POST", "/v1/accounts/{}/login_links", accounts.login_link, "AccountCreateLoginLinkParams"),
    Route("POST", "/v1/account_links", accounts.link, "AccountLinkCreateParams"),
    Route("POST", "/v1/transfers", transfers.create, "TransferCreateParams"),
    Route("GET", "/v1/transfers", transfers.list_all, "TransferListParams"),
    Route("GET", "/v1/transfers/{}", transfers.retrieve, "TransferRetrieveParams"),
    Route("POST", "/v1/transfers/{}", transfers.update, "TransferUpdateParams"),
    Route("POST", "/v1/transfers/{}/reversals", transfers.reverse, "TransferReversalCreateParams"),
    Route("GET", "/v1/transfers/{}/reversals", transfers.reversals, "TransferReversalListParams"),
    Route(
        "GET", "/v1/transfers/{}/reversals/{}", transfers.retrieve_reversal, "TransferReversalRetrieveParams"
    ),
    Route("POST", "/v1/payouts", payouts.create, "PayoutCreateParams"),
    Route("GET", "/v1/payouts", payouts.list_all, "PayoutListParams"),
    Route("GET", "/v1/payouts/{}", payouts.retrieve, "PayoutRetrieveParams"),
    Route("POST", "/v1/payouts/{}/cancel", payouts.cancel, "PayoutCancelParams"),
]


def route_to(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """The route, and the ids in the address. Raises Refused as Stripe does where there is none."""
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found is not None and route.method == method:
            return route, found.groups()
    raise Refused(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at"
        " https://support.stripe.com/.",
        status=404,
    )
