"""A storefront that speaks Saleor's GraphQL over HTTP and knows nothing else of the shop."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from graphql import parse, print_ast, separate_operations

from marketplace.kit.ids import to_global_id

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
