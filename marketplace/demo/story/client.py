"""A Saleor client like any other: documents over HTTP, a token, multipart uploads."""

import json
import time
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpx

OPERATIONS = Path(__file__).parents[3] / "graphql" / "operations" / "story"

Data = dict[str, Any]


class StoryBroken(Exception):  # noqa: N818 - the story can't go on; not a programming error
    """The server refused something that the story needs."""


@cache
def document(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text()


class Client:
    """One person at one server. Amounts come as exact decimals."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=self.url, headers=headers, timeout=60, follow_redirects=True)

    def run(self, operation: str, **variables: object) -> Data:
        """Run one of the story's documents and give its data; any GraphQL error ends the story."""
        answer = self.http.post("/graphql/", json={"query": document(operation), "variables": variables})
        return _data(operation, answer)

    def mutate(self, operation: str, **variables: object) -> Data:
        """Run a mutation's document, insist that it had no errors, and give its payload."""
        payload = self.payload(operation, **variables)
        if payload["errors"]:
            raise StoryBroken(f"{operation}: {payload['errors']}")
        return payload

    def payload(self, operation: str, **variables: object) -> Data:
        """The payload of a mutation, errors and all."""
        return _only(self.run(operation, **variables))

    def upload(self, operation: str, file_name: str, content: bytes, **variables: object) -> Data:
        """A mutation with one file, by the multipart request specification."""
        operations = {"query": document(operation), "variables": {**variables, "file": None}}
        answer = self.http.post(
            "/graphql/",
            data={"operations": json.dumps(operations), "map": json.dumps({"0": ["variables.file"]})},
            files={"0": (file_name, content)},
        )
        return _only(_data(operation, answer))

    def sign_in(self, email: str, password: str) -> "Client":
        token = self.mutate("sign_in", email=email, password=password)["token"]
        return Client(self.url, token=token)

    def wait_for(self, what: str, look: Callable[[], Any], seconds: float = 90) -> Any:
        """Look again until there is something to see: a worker is at it."""
        deadline = time.monotonic() + seconds
        while True:
            if seen := look():
                return seen
            if time.monotonic() > deadline:
                raise StoryBroken(f"{what} did not happen within {seconds:.0f} s; is a worker running?")
            time.sleep(0.25)


def minor(amount: Decimal | int | str) -> int:
    """Dirhams as centimes."""
    return int(Decimal(str(amount)) * 100)


def dirhams(amount_minor: int) -> str:
    return f"{Decimal(amount_minor) / 100:,.2f} DH".replace(",", " ")


def _data(operation: str, answer: httpx.Response) -> Data:
    if answer.status_code != httpx.codes.OK:
        raise StoryBroken(f"{operation}: HTTP {answer.status_code}: {answer.text[:300]}")
    body: Data = json.loads(answer.text, parse_float=Decimal)
    if errors := body.get("errors"):
        raise StoryBroken(f"{operation}: {errors[0]['message']} at {errors[0].get('path')}")
    data: Data = body["data"]
    return data


def _only(data: Data) -> Data:
    (payload,) = data.values()
    if payload is None:
        raise StoryBroken("the mutation gave nothing back")
    return dict(payload)
