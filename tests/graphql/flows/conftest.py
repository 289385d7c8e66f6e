"""A storefront that speaks Saleor's GraphQL over HTTP and knows nothing else of the shop."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import parse, print_ast, separate_operations
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from marketplace.people.service import create_user
from workers.runner import run_worker

BOSS, PASSWORD = "boss@example.test", "Argan-2026-Souss"
DOCUMENTS = Path(__file__).parent / "documents"

ADDRESS = {
    "firstName": "Salma",
    "lastName": "Bennani",
    "streetAddress1": "12, rue Ibn Batouta",
    "city": "Rabat",
    "postalCode": "10000",
    "country": "MA",
    "phone": "+212661234567",
}


@cache
def operations() -> dict[str, str]:
    """Every operation of the documents, by its name, with the fragments that it spreads: what a storefront's
    build makes of them.
    """
    written = "\n".join(path.read_text() for path in sorted(DOCUMENTS.glob("*.graphql")))
    return {name: print_ast(alone) for name, alone in separate_operations(parse(written)).items()}


@dataclass
class Storefront:
    """One visitor."""

    client: httpx.AsyncClient
    token: str = ""

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": document, "variables": variables}
        answer = await self.client.post("/graphql/", json=body, headers=headers)
        assert answer.status_code == 200
        said = answer.json()
        assert "errors" not in said, said["errors"]
        data: dict[str, Any] = said["data"]
        return data

    async def run(self, operation: str, **variables: Any) -> Any:
        """What the root field of one of the documents' operations answers: without errors of any kind."""
        (answer,) = (await self.ask(operations()[operation], **variables)).values()
        assert not (isinstance(answer, dict) and answer.get("errors")), answer["errors"]
        return answer

    async def refused(self, operation: str, **variables: Any) -> list[tuple[str | None, str]]:
        """What is wrong with a mutation of the documents: fields and codes, and nothing beside them."""
        (answer,) = (await self.ask(operations()[operation], **variables)).values()
        errors = answer.pop("errors")
        assert not any(answer.values()), answer
        assert all(error["message"] for error in errors)
        return [(error["field"], error["code"]) for error in errors]

    def changed(self, data: dict[str, Any], name: str) -> dict[str, Any]:
        """The payload of a mutation that has changed something."""
        payload: dict[str, Any] = data[name]
        assert payload["errors"] == [], payload["errors"]
        return payload

    async def sign_in(self, email: str, password: str) -> str:
        data = await self.ask(
            """mutation In($email: String!, $password: String!) {
              tokenCreate(email: $email, password: $password) { token errors { code } } }""",
            email=email,
            password=password,
        )
        self.token = self.changed(data, "tokenCreate")["token"]
        return self.token

    async def open_checkout(self, channel: str, pieces: dict[int, int], **given: Any) -> str:
        """A checkout with so many pieces of each variant; its id."""
        lines = [
            {"variantId": to_global_id("ProductVariant", variant), "quantity": quantity}
            for variant, quantity in pieces.items()
        ]
        data = await self.ask(
            """mutation Create($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
              checkout { id } errors { field code message } } }""",
            input={"channel": channel, "lines": lines, **given},
        )
        return str(self.changed(data, "checkoutCreate")["checkout"]["id"])

    async def deliver_to(self, checkout: str, address: dict[str, str], *, save_billing: bool = True) -> None:
        """Where it goes, and who is billed: the same."""
        data = await self.ask(
            """mutation To($id: ID!, $address: AddressInput!, $save: Boolean!) {
              checkoutShippingAddressUpdate(id: $id, shippingAddress: $address) { errors { field code } }
              checkoutBillingAddressUpdate(id: $id, billingAddress: $address, saveAddress: $save) {
                errors { field code } } }""",
            id=checkout,
            address=address,
            save=save_billing,
        )
        for name in data:
            self.changed(data, name)

    async def pay_at_the_door(self, checkout: str) -> dict[str, Any]:
        """The cheapest delivery, cash when it comes, and the order."""
        offered = await self.ask(
            """mutation Ways($id: ID!) { deliveryOptionsCalculate(id: $id) {
              deliveries { id shippingMethod { name price { amount } } } errors { code } } }""",
            id=checkout,
        )
        delivery = self.changed(offered, "deliveryOptionsCalculate")["deliveries"][0]
        chosen = await self.ask(
            """mutation Choose($id: ID!, $delivery: ID!) {
              checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $delivery) {
                checkout { delivery { id } problems { __typename } } errors { field code } } }""",
            id=checkout,
            delivery=delivery["id"],
        )
        checkout_now = self.changed(chosen, "checkoutDeliveryMethodUpdate")["checkout"]
        assert checkout_now == {"delivery": {"id": delivery["id"]}, "problems": []}
        gateways = await self.ask(
            """mutation Gateways($id: ID!) { paymentGatewayInitialize(id: $id) {
              gatewayConfigs { id errors { code } } errors { code } } }""",
            id=checkout,
        )
        (gateway,) = self.changed(gateways, "paymentGatewayInitialize")["gatewayConfigs"]
        promised = await self.ask(
            """mutation Pay($id: ID!, $gateway: String!) {
              transactionInitialize(id: $id, paymentGateway: {id: $gateway}) {
                transaction { id } transactionEvent { type } errors { field code } } }""",
            id=checkout,
            gateway=gateway["id"],
        )
        event = self.changed(promised, "transactionInitialize")["transactionEvent"]
        assert event == {"type": "AUTHORIZATION_SUCCESS"}
        done = await self.ask(
            """mutation Complete($id: ID!) {
              checkoutComplete(id: $id, redirectUrl: "http://testserver/thanks") {
                order { id token number total { gross { amount } } }
                confirmationNeeded errors { field code message } } }""",
            id=checkout,
        )
        order: dict[str, Any] = self.changed(done, "checkoutComplete")["order"]
        return order


class Team(Storefront):
    """A member of the staff."""

    async def make(self, operation: str, **variables: Any) -> Any:
        """What one of the documents' mutations has made: the first field of its payload,."""
        payload = await self.run(operation, **variables)
        return next(value for name, value in payload.items() if name != "errors")

    async def made(self, operation: str, **variables: Any) -> str:
        """The id of what a mutation has made."""
        return str((await self.make(operation, **variables))["id"])

    async def answer(self, operation: str, **variables: Any) -> Any:
        """What the root field of one of the documents' operations answers, errors of a mutation included."""
        (answer,) = (await self.ask(operations()[operation], **variables)).values()
        return answer

    async def upload(
        self, operation: str, path: str, content: bytes, file_name: str = "photo.png", **variables: Any
    ) -> Any:
        """Run a mutation with a file at a path of its variables (`input.image`), in a multipart request."""
        *outer, last = path.split(".")
        place = variables
        for name in outer:
            place = place[name]
        place[last] = None
        answer = await self.client.post(
            "/graphql/",
            data={
                "operations": json.dumps({"query": operations()[operation], "variables": variables}),
                "map": json.dumps({"0": [f"variables.{path}"]}),
            },
            files={"0": (file_name, content)},
            headers={"authorization": f"Bearer {self.token}"},
        )
        assert answer.status_code == 200
        said = answer.json()
        assert "errors" not in said, said["errors"]
        (payload,) = said["data"].values()
        assert payload["errors"] == []
        return payload

    async def may_not(self, operation: str, **variables: Any) -> None:
        """One of the documents' operations is refused to this requester, as Saleor refuses it."""
        headers = {"authorization": f"Bearer {self.token}"}
        body = {"query": operations()[operation], "variables": variables}
        said = (await self.client.post("/graphql/", json=body, headers=headers)).json()
        (error,) = said["errors"]
        assert error["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.fixture
def visitor(client: httpx.AsyncClient) -> Storefront:
    return Storefront(client)


@pytest.fixture
async def boss(session: AsyncSession, client: httpx.AsyncClient) -> Team:
    """The first of the staff, as `marketplace staff create --superuser` makes them; nothing else is there."""
    await create_user(session, BOSS, PASSWORD, is_staff=True, is_superuser=True)
    await session.commit()
    team = Team(client)
    await team.sign_in(BOSS, PASSWORD)
    return team


@pytest.fixture
async def net(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A shop that really commits, and has nothing in it."""
    app = create_app(database.settings.model_copy(update={"data_dir": tmp_path}), database)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client,
    ):
        yield client


Work = Callable[[], Awaitable[None]]


@pytest.fixture
def work(database: Database, tmp_path: Path) -> Work:
    """Have a worker do what waits; its letters lie in `letters` of the test's folder."""
    settings = database.settings.model_copy(update={"data_dir": tmp_path})

    async def done() -> None:
        for _ in range(2):  # What jobs ask for, too.
            await run_worker(settings, until_idle=True, handle_signals=False)

    return done


@pytest.fixture
async def boss_on_the_net(database: Database, net: httpx.AsyncClient) -> Team:
    """The same, of a shop that really commits: a worker sees what they do."""
    async with database.transaction() as session:
        await create_user(session, BOSS, PASSWORD, is_staff=True, is_superuser=True)
    team = Team(net)
    await team.sign_in(BOSS, PASSWORD)
    return team
