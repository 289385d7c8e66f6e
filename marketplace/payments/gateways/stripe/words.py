"""What Stripe refuses, in words for whoever pays. Its codes: docs.stripe.com/declines/codes, /error-codes.

What a bank suspects (a stolen card, a fraud) is not said: its customer learns it from the bank.
"""

DECLINED = "The card was declined. Please try another card, or ask your bank."
TRY_AGAIN = "The payment could not be processed. Please try again in a moment."
NOT_SET_UP = "Paying by card is not set up correctly. Nothing was charged. Please choose another way to pay."
BUSY = "Too many payments at once: nothing was charged. Please try again in a moment."
NOT_NOW = "Stripe can't be reached at the moment: nothing was charged. Please try again in a minute."
NOT_KNOWN = "Stripe did not answer. What came of it is being found out."
REFUSED = "Stripe refused this: nothing was changed."

_BANK = "The bank has declined this payment. Please ask it why, or try another card."
_NUMBER = "The card's number is not right. Please check it."
_DATE = "The card's expiry date is not right. Please check it."
_CODE = "The card's security code is not right. Please check it."
_POSTCODE = "The postal code does not match the card's. Please check it."
_LIMIT = "The card's limit is reached. Please try another card, or ask your bank."
_UNSUPPORTED = "This card can't be used for this payment. Please try another card."
_NOT_CONFIRMED = "The bank could not confirm that it is you. Please try again, or try another card."

WORDS: dict[str, str] = {
    "amount_too_large": "This amount is more than can be paid by card at once.",
    "amount_too_small": "This amount is too small to be paid by card.",
    "approve_with_id": TRY_AGAIN,
    "authentication_not_handled": _NOT_CONFIRMED,
    "authentication_required": "The bank wants you to confirm this payment. Please try again.",
    "call_issuer": _BANK,
    "card_not_supported": _UNSUPPORTED,
    "card_velocity_exceeded": _LIMIT,
    "charge_already_captured": "This payment has been charged already.",
    "charge_already_refunded": "This payment has been paid back already.",
    "charge_disputed": "The buyer disputes this payment: it can't be paid back.",
    "charge_exceeds_source_limit": _LIMIT,
    "charge_expired_for_capture": "The promise has expired: it can't be charged any more.",
    "currency_not_supported": "This card can't be used in this currency. Please try another card.",
    "do_not_honor": _BANK,
    "do_not_try_again": _BANK,
    "duplicate_transaction": "The same amount was paid with this card just now. Please ask your bank.",
    "expired_card": "The card has expired. Please try another card.",
    "incorrect_address": "The address does not match the card's. Please check it.",
    "incorrect_cvc": _CODE,
    "incorrect_number": _NUMBER,
    "incorrect_pin": "The PIN is not right. Please try again.",
    "incorrect_zip": _POSTCODE,
    "insufficient_funds": "There is not enough money on the card's account. Please try another card.",
    "invalid_account": _UNSUPPORTED,
    "invalid_amount": "The card does not allow this amount. Please ask your bank.",
    "invalid_cvc": _CODE,
    "invalid_expiry_month": _DATE,
    "invalid_expiry_year": _DATE,
    "invalid_number": _NUMBER,
    "invalid_pin": "The PIN is not right. Please try again.",
    "issuer_not_available": "The bank can't be reached. Please try again in a moment.",
    "lock_timeout": BUSY,
    "mobile_device_authentication_required": _NOT_CONFIRMED,
    "new_account_information_available": _UNSUPPORTED,
    "no_action_taken": _BANK,
    "not_permitted": _BANK,
    "offline_pin_required": _UNSUPPORTED,
    "online_or_offline_pin_required": _UNSUPPORTED,
    "payment_intent_authentication_failure": _NOT_CONFIRMED,
    "payment_intent_payment_attempt_expired": "The time to pay was over. Please try again.",
    "payment_intent_payment_attempt_failed": TRY_AGAIN,
    "payment_intent_unexpected_state": "This payment has gone on meanwhile: look at it again.",
    "payment_method_provider_decline": "The payment was declined. Please try another way to pay.",
    "payment_method_provider_timeout": "The time to pay was over. Please try again.",
    "pin_try_exceeded": _UNSUPPORTED,
    "processing_error": TRY_AGAIN,
    "rate_limit": BUSY,
    "reenter_transaction": TRY_AGAIN,
    "restricted_card": _UNSUPPORTED,
    "revocation_of_all_authorizations": _BANK,
    "revocation_of_authorization": _BANK,
    "security_violation": _BANK,
    "service_not_allowed": _UNSUPPORTED,
    "stop_payment_order": _BANK,
    "testmode_decline": "This is a test card: nothing can be paid with it.",
    "transaction_not_allowed": _UNSUPPORTED,
    "try_again_later": TRY_AGAIN,
    "withdrawal_count_limit_exceeded": _LIMIT,
}

REFUND_FAILURES: dict[str, str] = {
    "charge_for_pending_refund_disputed": "The buyer disputes the payment: it was not paid back.",
    "declined": "The bank has declined the refund.",
    "expired_or_canceled_card": "The card has expired or was cancelled: the refund came back.",
    "insufficient_funds": "There is not enough money on our Stripe balance: the refund was not made.",
    "lost_or_stolen_card": "The card was reported lost: the refund came back.",
    "merchant_request": "The refund was called off.",
}


def words_of(code: str | None, decline_code: str | None = None) -> str | None:
    """What a code means for whoever pays; None for one that says nothing to them."""
    known = WORDS.get(decline_code or "") or WORDS.get(code or "")
    if known is None and (decline_code is not None or code == "card_declined"):
        return DECLINED
    return known
