"""What a payment intent, as it is now, says has happened: the same however often it is read.

So it does not matter in which order Stripe tells of things, or whether twice: what is told is the whole of it
each time, and what of it is known already changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stripe import Account, Charge, PaymentIntent, Refund, TransferReversal

from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money
from marketplace.payments.answers import Answer, Said
from marketplace.payments.gateways.outside import Request
from marketplace.payments.gateways.stripe.api import errors_data
from marketplace.payments.gateways.stripe.units import from_units, to_units
from marketplace.payments.gateways.stripe.words import DECLINED, REFUND_FAILURES, words_of
from marketplace.payments.method_details import BRAND_CHARACTERS, NAME_CHARACTERS
from marketplace.payments.models import TransactionAction
from marketplace.payments.models import TransactionEventType as Type

DASHBOARD = "https://dashboard.stripe.com"
TRANSACTION = "saleor_transaction_id"
"""Under which name a payment intent's metadata say whose it is: Saleor's Stripe app has the same."""
REQUEST = "request"
OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
"""Nothing is paid or promised yet, and the buyer may go on."""


def answer_of(
    intent: PaymentIntent, request: Request, *, is_live: bool, refunds: Sequence[Refund] = ()
) -> Answer:
    """All that has happened to a payment. What is not the payment that was asked for says nothing."""
    faults = faults_of(intent, request, is_live=is_live)
    if faults:
        return Answer(faults=faults)
    told = _told(intent, charges=request.charges, is_live=is_live)
    back = (said_of_refund(refund, is_live=is_live) for refund in _paid_back(intent, refunds))
    told += [said for said in back if said is not None]
    return Answer(
        told=tuple(told),
        psp_reference=intent.id,
        actions=_actions(intent),
        data=data_of(intent),
        method_details=_method_details(intent),
    )


def faults_of(intent: PaymentIntent, request: Request, *, is_live: bool) -> list[str]:
    """Why a payment intent is not the one that was asked for."""
    whole = request.asked or request.amount
    faults = []
    if metadata_of(intent).get(TRANSACTION) != to_global_id("TransactionItem", request.token):
        faults.append(f"{intent.id} at Stripe is for another payment.")
    if request.reference is not None and intent.id != request.reference:
        faults.append(f"{intent.id} at Stripe is not {request.reference}.")
    if intent.livemode is not is_live:
        faults.append(f"{intent.id} at Stripe is {'real' if intent.livemode else 'a test'}: our key is not.")
    if intent.currency.upper() != whole.currency:
        faults.append(f"{intent.id} at Stripe is in {intent.currency.upper()}, not in {whole.currency}.")
    elif intent.amount != to_units(whole):
        asked = Money(from_units(intent.amount, whole.currency), whole.currency)
        faults.append(f"{intent.id} at Stripe is of {asked}, not of {whole}.")
    return faults


def metadata_of(made: PaymentIntent | Refund | Account | TransferReversal) -> dict[str, str]:
    """What we said of it when it was made."""
    return {} if made.metadata is None else dict(made.metadata.to_dict())


def data_of(intent: PaymentIntent) -> dict[str, Any] | None:
    """What a storefront needs to go on: nothing, once there is nothing to be done by the buyer."""
    if intent.status not in OPEN:
        return None
    data: dict[str, Any] = {"stripeClientSecret": intent.client_secret}
    why = _why_it_failed(intent)
    if why is not None:
        data["errors"] = errors_data("StripeCardError", why)["paymentIntent"]["errors"]  # type: ignore[index]
    return {"paymentIntent": data}


def said_of_refund(refund: Refund, *, is_live: bool) -> Said | None:
    """What a refund has come to."""
    kinds = {
        "succeeded": (Type.REFUND_SUCCESS, "Paid back."),
        "pending": (Type.REFUND_REQUEST, "The refund is on its way."),
        "requires_action": (Type.REFUND_REQUEST, "The buyer has to do something to be paid back."),
        "failed": (Type.REFUND_FAILURE, _why_refund_failed(refund)),
        "canceled": (Type.REFUND_FAILURE, "The refund was called off."),
    }
    if refund.status not in kinds:
        return None
    kind, words = kinds[refund.status]
    minor = from_units(refund.amount, refund.currency.upper())
    return Said(kind, minor, refund.id, words, url_of("refunds", refund.id, is_live=is_live), clock.now())


def url_of(what: str, reference: str, *, is_live: bool) -> str:
    """Where staff look it up."""
    return f"{DASHBOARD}{'' if is_live else '/test'}/{what}/{reference}"


def _told(intent: PaymentIntent, *, charges: bool, is_live: bool) -> list[Said]:
    currency, url = intent.currency.upper(), url_of("payments", intent.id, is_live=is_live)
    whole, taken = from_units(intent.amount, currency), from_units(intent.amount_received, currency)
    step = "CHARGE" if charges else "AUTHORIZATION"

    def said(kind: Type, words: str, minor: int = whole) -> Said:
        return Said(kind, minor, intent.id, words, url, clock.now())

    promised = said(Type.AUTHORIZATION_SUCCESS, "Promised: it has to be charged within some days.")
    match intent.status:
        case "succeeded" if taken == whole:
            told = [said(Type.CHARGE_SUCCESS, "Paid.")]
        case "succeeded":  # A part was charged; Stripe gives the rest of a promise back at once.
            released = said(Type.CANCEL_SUCCESS, "What was not charged is promised no more.", whole - taken)
            told = [promised, released, said(Type.CHARGE_SUCCESS, "Paid in part.", taken)]
        case "requires_capture":
            told = [promised]
        case "processing":
            told = [said(Type[f"{step}_REQUEST"], "The payment is on its way: the bank takes its time.")]
        case "canceled" if _was_promised(intent):
            told = [promised, said(Type.CANCEL_SUCCESS, "Called off.")]
        case "canceled":
            told = [said(Type[f"{step}_FAILURE"], "Called off before it was paid.")]
        case _:
            why = _why_it_failed(intent)
            go_on = said(Type[f"{step}_ACTION_REQUIRED"], why or "The buyer has to confirm the payment.")
            told = [go_on] if why is None else [_attempt(intent, said(Type[f"{step}_FAILURE"], why)), go_on]
    return told


def _attempt(intent: PaymentIntent, failure: Said) -> Said:
    """An attempt to pay that has failed. Another may follow, so nothing is made of it."""
    charge = _charge_of(intent)
    return replace(failure, counts=False, psp_reference=intent.id if charge is None else charge.id)


def _why_it_failed(intent: PaymentIntent) -> str | None:
    """In words, where the last attempt to pay has failed and another may follow."""
    error = intent.last_payment_error
    if intent.status != "requires_payment_method" or error is None:
        return None
    return words_of(getattr(error, "code", None), getattr(error, "decline_code", None)) or DECLINED


def _why_refund_failed(refund: Refund) -> str:
    return REFUND_FAILURES.get(getattr(refund, "failure_reason", None) or "", "The refund failed.")


def _was_promised(intent: PaymentIntent) -> bool:
    """Whether a bank had said yes before it was called off."""
    charge = _charge_of(intent)
    return charge is not None and charge.status == "succeeded"


def _paid_back(intent: PaymentIntent, refunds: Sequence[Refund]) -> list[Refund]:
    """Oldest first, without what was only promised and given back: Stripe writes that as a refund, too, which
    has moved no money of ours.
    """
    if not intent.amount_received:
        return []  # Nothing was ever taken.
    gave_back = intent.amount_received < intent.amount
    return [
        refund
        for refund in reversed(refunds)
        if not (gave_back and refund.status == "succeeded" and refund.balance_transaction is None)
    ]


def _actions(intent: PaymentIntent) -> list[str]:
    """What staff can ask for now."""
    if intent.status == "requires_capture":
        return [TransactionAction.CHARGE, TransactionAction.CANCEL]
    charge = _charge_of(intent)
    if intent.status != "succeeded" or (charge is not None and charge.refunded):
        return []
    return [TransactionAction.REFUND]


def _method_details(intent: PaymentIntent) -> dict[str, Any] | None:
    """What is shown of what it was paid with: never more of a card's number than its last four digits."""
    charge = _charge_of(intent)
    details = None if charge is None else charge.payment_method_details
    if details is None:
        return None
    card = details.card if details.type == "card" else None
    if card is None:
        return {"type": "OTHER", "name": details.type[:NAME_CHARACTERS]}
    wallet = getattr(card, "wallet", None)
    return {
        "type": "CARD",
        "name": (card.brand or "card") if wallet is None else wallet.type,
        "brand": (card.brand or "")[:BRAND_CHARACTERS] or None,
        "last_digits": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
    }


def _charge_of(intent: PaymentIntent) -> Charge | None:
    """The latest attempt, where it was asked for along with the intent."""
    return intent.latest_charge if isinstance(intent.latest_charge, Charge) else None
