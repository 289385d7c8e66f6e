"""What can go wrong with a seller's account at Stripe. Codes are those of the API's VendorStripeErrorCode."""

from marketplace.kit.errors import DomainError
from marketplace.payments.answers import AnswerError, LostAnswerError, UnreachableError
from marketplace.payments.gateways.stripe.api import TOO_MANY, RefusedError
from marketplace.payouts.errors import PayoutRuleError


class CountryNotServedError(PayoutRuleError):
    code = "COUNTRY_NOT_SERVED"


class StripeMissingError(PayoutRuleError):
    """The installation has no keys of Stripe's."""

    code = "NOT_SET_UP"


class SellerStateError(PayoutRuleError):
    """The seller, or its account, is not where this can be done."""

    code = "WRONG_STATE"


class StripeRefusedError(PayoutRuleError):
    """Nothing has been done."""

    code = "GATEWAY_REFUSED"


class StripeUnavailableError(PayoutRuleError):
    """Nothing has been done, or nobody knows yet."""

    code = "GATEWAY_UNAVAILABLE"


NOT_OURS_TO_DO = (401, 403)
UNAVAILABLE = "Stripe can't be reached at the moment. Please try again in a minute."
UNKNOWN = "Stripe did not answer. What came of it is being found out; asking again does it no second time."
WORDS = {
    "account_country_invalid_address": "The address at Stripe does not fit the seller's country.",
    "account_invalid": "The seller's account at Stripe is not connected with ours any more.",
    "balance_insufficient": "There is not enough money for it on the balance at Stripe.",
    "country_unsupported": "Stripe can't pay sellers in this country.",
    "insufficient_capabilities_for_transfer": "Stripe lets nobody pay into the seller's account at present.",
    "resource_missing": "The seller's account at Stripe is not connected with ours any more.",
    "transfers_not_allowed": "Stripe does not allow our account to pay sellers.",
    "url_invalid": "Stripe does not take this address.",
}
"""Codes of docs.stripe.com/error-codes, for whoever pays or is paid."""


def words_for(error: AnswerError) -> str:
    """Why Stripe said no, for a person."""
    if not isinstance(error, RefusedError):
        return UNKNOWN
    if error.status == TOO_MANY:
        return "Stripe is asked too much at once. Please try again in a minute."
    if error.code not in WORDS and error.status in NOT_OURS_TO_DO:
        return "Stripe does not let us do this: are our keys right, and is Connect switched on?"
    return WORDS.get(error.code or "", "Stripe has refused it.")


def told(error: AnswerError) -> DomainError:
    """The same as an error of the API's."""
    if isinstance(error, UnreachableError):
        return StripeUnavailableError(UNAVAILABLE)
    if isinstance(error, LostAnswerError):
        return StripeUnavailableError(UNKNOWN)
    return StripeRefusedError(words_for(error))
