"""The bank's books: orders, what is held, taken and paid back, and what is to be told of it."""

import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from marketplace.payments.stand_ins.stripe.faults import Faults

Json = dict[str, Any]
MERCHANT, SECRET = "atlas-market", "a secret of a bank that is none"
TOLERANCE_SECONDS = 300
NOT_ALLOWED, NOT_FOUND, NOT_NOW = 403, 404, 422


class Refused(Exception):  # noqa: N818 - it is the bank's word
    """What the bank does not do."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(slots=True)
class Notification:
    """On its way to the merchant."""

    body: bytes
    secret: str

    def signed(self) -> tuple[bytes, dict[str, str]]:
        at = str(int(time.time()))
        signature = sign(self.secret, f"{at}.".encode() + self.body)
        return self.body, {"bank-signature": f"t={at},v1={signature}"}


@dataclass(slots=True)
class Books:
    """Of one merchant. `lock` is held by whoever reads or writes."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    orders: dict[str, Json] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    told: list[Notification] = field(default_factory=list)
    late: list[Notification] = field(default_factory=list)

    def reset(self) -> None:
        for kept in (self.orders, self.told, self.late):
            kept.clear()
        self.faults.clear()

    def open(self, fields: dict[str, str]) -> Json:
        """The order of a signed form, once however often it is sent. Raises Refused."""
        text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "signature")
        if not hmac.compare_digest(fields.get("signature", ""), sign(SECRET, text.encode())):
            raise Refused(NOT_ALLOWED, "These fields are not signed by the merchant.")
        order = self.orders.setdefault(fields["order"], new_order(fields))
        if (order["amount"], order["currency"]) != (int(fields["amount"]), fields["currency"]):
            raise Refused(NOT_NOW, "This order is of another amount.")
        order.update(back=fields["back"], notify=fields["notify"])
        return order

    def answer(self, number: str, choice: str) -> Json:
        """The buyer has pressed a button."""
        order = self.found(number)
        if order["state"] != "OPEN" or choice not in {"approve", "refuse"}:
            return order
        if choice == "refuse":
            order["state"] = "REFUSED"
        elif order["charge"] == "now":
            order.update(state="PAID", taken=order["amount"])
        else:
            order.update(state="PROMISED", held=True)
        if choice == "approve":
            order["card"] = {"brand": "visa", "last4": "4242"}
        self.tell(order)
        return order

    def capture(self, said: Json) -> Json:
        order = self.found(said["order"])
        if said["operation"] in order["operations"]:
            return order
        if order["state"] != "PROMISED" or not 0 < said["amount"] <= order["amount"]:
            raise Refused(NOT_NOW, "So much is not held.")
        order.update(state="PAID", taken=said["amount"])
        return self._done(order, said)

    def refund(self, said: Json) -> Json:
        order = self.found(said["order"])
        if said["operation"] in order["operations"]:
            return order
        back = sum(one["amount"] for one in order["refunds"])
        if not 0 < said["amount"] <= order["taken"] - back:
            raise Refused(NOT_NOW, "So much was not taken.")
        made = {"id": f"rf_{uuid4().hex}", "amount": said["amount"], "operation": said["operation"]}
        order["refunds"].append(made)
        return self._done(order, said)

    def cancel(self, said: Json) -> Json:
        if said["order"] not in self.orders:
            fields = {name: str(said[name]) for name in ("order", "amount", "currency")}
            self.orders[said["order"]] = new_order(fields)
        order = self.found(said["order"])
        if said["operation"] in order["operations"] or order["state"] == "CANCELED":
            return order
        if order["state"] not in {"OPEN", "PROMISED"}:
            raise Refused(NOT_NOW, "This is settled.")
        order["state"] = "CANCELED"
        return self._done(order, said)

    def found(self, number: str) -> Json:
        if number not in self.orders:
            raise Refused(NOT_FOUND, "There is no such order.")
        return self.orders[number]

    def tell(self, order: Json) -> None:
        """Have a notification sent; faults may send it twice, late, never, or badly signed."""
        if not order.get("notify"):
            return
        struck = {fault.kind for fault in self.faults.of_webhook("notification")}
        names = ("order", "amount", "currency", "state")
        said = {"id": uuid4().hex, "merchant": MERCHANT} | {name: order[name] for name in names}
        secret = "another" if "bad_secret" in struck else SECRET
        sent = [Notification(json.dumps(said).encode(), secret)] * (2 if "duplicate" in struck else 1)
        if "lose" not in struck:
            (self.late if "delay" in struck else self.told).extend(sent)

    def _done(self, order: Json, said: Json) -> Json:
        order["operations"].append(said["operation"])
        self.tell(order)
        return order


def new_order(fields: dict[str, str]) -> Json:
    return {
        "order": fields["order"],
        "amount": int(fields["amount"]),
        "currency": fields["currency"],
        "charge": fields.get("charge", "now"),
        "state": "OPEN",
        "held": False,
        "taken": 0,
        "refunds": [],
        "operations": [],
        "page": uuid4().hex,
    }


def sign(secret: str, text: bytes) -> str:
    return hmac.digest(secret.encode(), text, "sha256").hex()


def checked(body: bytes, signature: str) -> Json:
    """What the merchant asks. Raises Refused."""
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    at = parts.get("t", "")
    if not hmac.compare_digest(parts.get("v1", ""), sign(SECRET, f"{at}.".encode() + body)):
        raise Refused(NOT_ALLOWED, "This is not signed by the merchant.")
    if abs(int(at) - time.time()) > TOLERANCE_SECONDS:
        raise Refused(NOT_ALLOWED, "This was signed long ago.")
    said: Json = json.loads(body)
    return said
