"""A bank's page as a working example of an `Acquirer`: fields signed with HMAC-SHA256, amounts in the
currency's minor units of ISO 4217 (XOF has none). Its other side is `stand_ins/bank`.

Signed fields: each as `name=value`, sorted by name, one a line, and the HMAC of that in hexadecimal. Requests
and notifications: `Bank-Signature: t=<unix time>,v1=<HMAC of "t.body">`.
"""

import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.kit.settings import Settings
from marketplace.payments.answers import LostAnswerError
from marketplace.payments.gateways.notices import BadNoticeError
from marketplace.payments.gateways.redirect.acquirer import (
    Ability,
    BankNotice,
    PaidBack,
    Payment,
    Redirect,
    Standing,
    State,
)
from marketplace.payments.gateways.redirect.asking import NOT_KNOWN, UnknownThereError, asked

TOLERANCE_SECONDS = 300
SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
Json = dict[str, Any]


class ReferenceBank:
    id = "marketplace.bank.reference"
    name = "Bank card"
    currencies = frozenset(MINOR_DIGITS)
    countries: frozenset[str] | None = None
    can = frozenset(Ability)

    def __init__(self, url: str, merchant: str, secret: bytes) -> None:
        self._url, self._merchant, self._secret = url.rstrip("/"), merchant, secret

    async def page(self, payment: Payment, back: str, notify: str, language: str) -> Redirect:
        fields = {
            "merchant": self._merchant,
            "order": payment.reference,
            "amount": str(payment.whole.minor),
            "currency": payment.whole.currency,
            "charge": "now" if payment.charges else "later",
            "back": back,
            "notify": notify,
            "language": language or "fr",
        }
        return Redirect(f"{self._url}/pay", "POST", fields | {"signature": self._signed_fields(fields)})

    def read(self, headers: Mapping[str, str], body: bytes) -> BankNotice:
        signature = SIGNATURE.fullmatch(headers.get("bank-signature", ""))
        if signature is None or not hmac.compare_digest(signature[2], self._signed(signature[1], body)):
            raise BadNoticeError("This is not signed by the bank.")
        if abs(int(signature[1]) - time.time()) > TOLERANCE_SECONDS:
            raise BadNoticeError("This was signed long ago, or is ahead of our clock.")
        try:
            said = json.loads(body)
            amount = _money(said["amount"], said["currency"])
            if said["merchant"] != self._merchant:
                raise BadNoticeError("This is for another merchant.")
            return BankNotice(_text(said["id"]), _text(said["order"]), amount)
        except (KeyError, TypeError, ValueError) as error:
            raise BadNoticeError("This is no notification.") from error

    async def look(self, payment: Payment) -> Standing:
        try:
            return _standing(await self._ask("status", payment, {}))
        except UnknownThereError:
            return Standing(payment.reference, payment.whole, State.OPEN)

    async def capture(self, payment: Payment, amount: Money, key: str) -> Standing:
        return _standing(await self._ask("capture", payment, {"amount": amount.minor, "operation": key}))

    async def refund(self, payment: Payment, amount: Money, key: str, _reason: str, /) -> PaidBack:
        told = {"amount": amount.minor, "operation": key}
        standing = _standing(await self._ask("refund", payment, told))
        made = next((one for one in standing.refunds if one.key == key), None)
        if made is None:
            raise LostAnswerError(NOT_KNOWN)
        return made

    async def cancel(self, payment: Payment, key: str) -> Standing:
        """Of a payment that the bank has not seen yet, too: it can't be paid from then on."""
        whole = {"amount": payment.whole.minor, "currency": payment.whole.currency, "operation": key}
        return _standing(await self._ask("cancel", payment, whole))

    async def _ask(self, what: str, payment: Payment, told: Mapping[str, object]) -> Json:
        body = json.dumps({"merchant": self._merchant, "order": payment.reference, **told}).encode()
        at = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "bank-signature": f"t={at},v1={self._signed(at, body)}",
        }
        return await asked(f"{self._url}/api/{what}", body, headers)

    def _signed_fields(self, fields: Mapping[str, str]) -> str:
        text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
        return hmac.digest(self._secret, text.encode(), "sha256").hex()

    def _signed(self, at: str, body: bytes) -> str:
        return hmac.digest(self._secret, f"{at}.".encode() + body, "sha256").hex()


def reference_bank(settings: Settings) -> ReferenceBank | None:
    """The bank, where all that it needs is set."""
    secret = settings.bank_gateway_secret
    if not settings.bank_gateway_url or not settings.bank_gateway_merchant or secret is None:
        return None
    key = secret.get_secret_value().encode()
    return ReferenceBank(settings.bank_gateway_url, settings.bank_gateway_merchant, key) if key else None


def _standing(said: Json) -> Standing:
    """Raises LostAnswerError for what means nothing: who knows what was done."""
    try:
        currency = _text(said["currency"])
        return Standing(
            reference=_text(said["order"]),
            whole=_money(said["amount"], currency),
            state=State(said["state"]),
            taken_minor=_money(said["taken"], currency).minor,
            was_promised=said["held"] is True,
            refunds=[
                PaidBack(_text(one["id"]), _money(one["amount"], currency), key=_text(one["operation"]))
                for one in said["refunds"]
            ],
            method_details=_card(said.get("card")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LostAnswerError(NOT_KNOWN) from error


def _card(said: Json | None) -> dict[str, object] | None:
    if said is None:
        return None
    brand = _text(said["brand"])[:40]
    return {"type": "CARD", "name": brand, "brand": brand, "last_digits": _text(said["last4"])[-4:]}


def _money(minor: object, currency: object) -> Money:
    if not isinstance(minor, int) or isinstance(minor, bool) or minor < 0 or currency not in MINOR_DIGITS:
        raise ValueError("no amount")
    return Money(minor, str(currency))


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError("no text")
    return said
