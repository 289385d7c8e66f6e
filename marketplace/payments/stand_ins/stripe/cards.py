"""Stripe's test cards: what each is, and what its bank says. https://docs.stripe.com/testing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Card:
    number: str
    brand: str = "visa"
    country: str = "US"
    code: str | None = None
    """The error's code where the card is declined; `decline_code` is the bank's word for it."""
    decline_code: str | None = None
    authentication: Literal["none", "supported", "required", "always"] = "supported"
    """`required`: the bank wants 3-D Secure unless the card was set up before; `always`: even then."""
    refund: Literal["succeeds", "fails later", "pending"] = "succeeds"
    disputed: str | None = None
    at_once: bool = False
    """Its money doesn't wait two days."""

    @property
    def last4(self) -> str:
        return self.number[-4:]


def _declined(number: str, decline_code: str, code: str = "card_declined") -> Card:
    return Card(number, code=code, decline_code=decline_code)


CARDS: dict[str, Card] = {
    "pm_card_visa": Card("4242424242424242"),
    "pm_card_visa_debit": Card("4000056655665556"),
    "pm_card_mastercard": Card("5555555555554444", brand="mastercard"),
    "pm_card_amex": Card("378282246310005", brand="amex", authentication="none"),
    "pm_card_fr": Card("4000002500000003", country="FR"),
    "pm_card_bypassPending": Card("4000000000000077", at_once=True),
    "pm_card_chargeDeclined": _declined("4000000000000002", "generic_decline"),
    "pm_card_visa_chargeDeclined": _declined("4000000000000002", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": _declined("4000000000009995", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _declined("4000000000009995", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": _declined("4000000000009987", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": _declined("4000000000009979", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": _declined("4000000000000069", "expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": _declined("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": _declined(
        "4000000000000119", "processing_error", "processing_error"
    ),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": _declined(
        "4000000000006975", "card_velocity_exceeded"
    ),
    "pm_card_chargeDeclinedFraudulent": _declined("4100000000000019", "fraudulent"),
    "pm_card_radarBlock": _declined("4100000000000019", "fraudulent"),
    "pm_card_authenticationRequired": Card("4000002760003184", authentication="always"),
    "pm_card_authenticationRequiredOnSetup": Card("4000002500003155", authentication="required"),
    "pm_card_threeDSecure2Required": Card("4000000000003220", authentication="always"),
    "pm_card_threeDSecureRequired": Card("4000000000003063", authentication="always"),
    "pm_card_threeDSecureRequiredChargeDeclined": Card(
        "4000008400001629", authentication="always", code="card_declined", decline_code="generic_decline"
    ),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "4000008260003178",
        authentication="always",
        code="card_declined",
        decline_code="insufficient_funds",
    ),
    "pm_card_threeDSecureOptional": Card("4000000000003055"),
    "pm_card_threeDSecureNotSupported": Card("378282246310005", brand="amex", authentication="none"),
    "pm_card_pendingRefund": Card("4000000000007726", refund="pending"),
    "pm_card_refundFail": Card("4000000000005126", refund="fails later"),
    "pm_card_createDispute": Card("4000000000000259", disputed="fraudulent"),
    "pm_card_createDisputeProductNotReceived": Card("4000000000002685", disputed="product_not_received"),
    "pm_card_createDisputeInquiry": Card("4000000000001976", disputed="inquiry"),
}
BY_NUMBER = {card.number: card for card in reversed(CARDS.values())}
TOKENS = {"tok_visa": "pm_card_visa", "tok_chargeDeclined": "pm_card_chargeDeclined"}

MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
OWN_CODES = frozenset({"expired_card", "incorrect_cvc", "processing_error", "incorrect_number"})
"""Decline codes that Stripe also gives as the error's code."""


def message_of(decline_code: str) -> str:
    return MESSAGES.get(decline_code, "Your card was declined.")


def code_of(decline_code: str) -> str:
    if decline_code == "authentication_required":
        return "authentication_required"
    return decline_code if decline_code in OWN_CODES else "card_declined"


def passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
