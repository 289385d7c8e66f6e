"""The bank over HTTP: the buyer's page, the merchant's questions, and faults on demand."""

import json
from urllib.parse import parse_qsl

from marketplace.payments.stand_ins.bank.books import NOT_FOUND, Books, Json, Refused, checked
from marketplace.payments.stand_ins.bank.pages import page
from marketplace.payments.stand_ins.failing import (
    BROKEN,
    DONE_BEFORE_FAILING,
    SILENT,
    Message,
    Receive,
    Send,
    break_off,
    until_the_client_goes,
)

HTML, JSON = "text/html; charset=utf-8", "application/json"
OK, SEE_OTHER, WRONG, SERVER_ERROR = 200, 303, 400, 500
Shown = tuple[int, bytes, dict[str, str]]


class App:
    """The application. All work on the books is done under their lock and without waiting."""

    def __init__(self, books: Books) -> None:
        self.books = books

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        path = f"{scope['method']} {scope['path']}"
        with self.books.lock:
            fault = self.books.faults.of_request(path)
            kind = "" if fault is None else fault.kind
            shown = (SERVER_ERROR, b"{}", {"content-type": JSON})
            if fault is None or kind in DONE_BEFORE_FAILING:
                done = self._work(path, headers, body)
                shown = done if kind in {"", "slow"} else shown
        if kind in SILENT:
            await until_the_client_goes(receive)
        elif kind in BROKEN:
            break_off(send)
            await until_the_client_goes(receive)
        else:
            await _respond(send, shown)

    def _work(self, path: str, headers: dict[str, str], body: bytes) -> Shown:
        try:
            return self._page(path, body) if path.startswith("POST /pa") else self._asked(path, headers, body)
        except Refused as refused:
            return refused.status, json.dumps({"error": str(refused)}).encode(), {"content-type": JSON}
        except (KeyError, TypeError, ValueError) as wrong:
            return WRONG, json.dumps({"error": repr(wrong)}).encode(), {"content-type": JSON}

    def _page(self, path: str, body: bytes) -> Shown:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if path == "POST /pay":
            order = self.books.open(fields)
            if order["state"] != "OPEN":
                return SEE_OTHER, b"", {"location": order["back"]}
            return OK, page(order, fields.get("language", "")), {"content-type": HTML}
        name = path.rsplit("/", 1)[1]
        number = next((one["order"] for one in self.books.orders.values() if one["page"] == name), "")
        order = self.books.answer(number, fields.get("answer", ""))
        return SEE_OTHER, b"", {"location": order["back"]}

    def _asked(self, path: str, headers: dict[str, str], body: bytes) -> Shown:
        said = checked(body, headers.get("bank-signature", ""))
        match path:
            case "POST /api/status":
                order = self.books.found(said["order"])
            case "POST /api/capture":
                order = self.books.capture(said)
            case "POST /api/refund":
                order = self.books.refund(said)
            case "POST /api/cancel":
                order = self.books.cancel(said)
            case _:
                raise Refused(NOT_FOUND, "There is nothing here.")
        return OK, json.dumps(_seen(order)).encode(), {"content-type": JSON}


def _seen(order: Json) -> Json:
    hidden = {"page", "back", "notify", "operations"}
    return {name: value for name, value in order.items() if name not in hidden}


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _respond(send: Send, shown: Shown) -> None:
    status, body, headers = shown
    named = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    named.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": body})
