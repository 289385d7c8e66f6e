"""What Stripe's stand-in demands of every request: keys, parameters, versions, and idempotency."""

import asyncio

import httpx
import pytest
import stripe

from marketplace.payments.stand_ins.stripe.checking import checked
from marketplace.payments.stand_ins.stripe.errors import Refused
from marketplace.payments.stand_ins.stripe.forms import decoded
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from tests.payments.stand_ins.paying import NO_REDIRECTS, a_payment, an_intent, refused
from tests.stripe_server import a_stripe_client

Client = stripe.StripeClient
Invalid = stripe.InvalidRequestError


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("amount=100&confirm=true", {"amount": "100", "confirm": "true"}),
        ("expand[0]=a&expand[1]=b", {"expand": ["a", "b"]}),
        ("expand[]=a&expand[]=b", {"expand": ["a", "b"]}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("items[0][price]=p&items[0][quantity]=2", {"items": [{"price": "p", "quantity": "2"}]}),
        ("metadata[note]=caf%C3%A9+%26+th%C3%A9", {"metadata": {"note": "café & thé"}}),
        ("metadata=", {"metadata": ""}),
        ("", {}),
    ],
)
def test_forms_are_read_as_stripes_clients_write_them(text: str, read: object) -> None:
    assert decoded(text) == read


@pytest.mark.parametrize("text", ["a[b=1", "[a]=1", "a=1&a[b]=2", "a]=1"])
def test_a_form_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        decoded(text)


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("currency=eur", "parameter_missing", "amount"),
        ("amount=100&currency=eur&colour=red", "parameter_unknown", "colour"),
        ("amount=100&currency=eur&api_key=sk", "parameter_unknown", "api_key"),
        ("amount=1.5&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=1e3&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=&currency=eur", "parameter_invalid_integer", "amount"),
        ("amount=100&currency[a]=eur", None, "currency"),
        ("amount=100&currency=eur&confirm=yes", None, "confirm"),
        ("amount=100&currency=eur&confirm=True", None, "confirm"),
        ("amount=100&currency=eur&capture_method=later", None, "capture_method"),
        ("amount=100&currency=eur&metadata=a", None, "metadata"),
        ("amount=100&currency=eur&expand=latest_charge", None, "expand"),
        ("amount=100&currency=eur&shipping[address][city]=Fes", "parameter_missing", "shipping[name]"),
        ("amount=100&currency=eur&shipping[name]=A&shipping[address][town]=Fes",
         "parameter_unknown", "shipping[address][town]"),
        ("amount=100&currency=eur&allowed_payment_method_types[0]=cowries",
         None, "allowed_payment_method_types[0]"),
    ],
)  # fmt: skip
def test_parameters_are_judged_by_the_types_of_stripes_client(form: str, code: str, param: str) -> None:
    with pytest.raises(Refused) as told:
        checked("PaymentIntentCreateParams", decoded(form))
    error = told.value.body["error"]
    assert (error["type"], error.get("code"), error["param"]) == ("invalid_request_error", code, param)


def test_parameters_are_read_as_what_they_are() -> None:
    form = decoded(
        "amount=100&currency=eur&confirm=true&off_session=one_off&metadata[0]=first&expand[]=customer"
    )
    assert checked("PaymentIntentCreateParams", form) == {
        "amount": 100, "currency": "eur", "confirm": True, "off_session": "one_off",
        "metadata": {"0": "first"}, "expand": ["customer"],
    }  # fmt: skip


@pytest.mark.parametrize("key", ["sk_test_another", "sk_live_1", "pk_test_another", "rk_test_unknown"])
async def test_a_wrong_key_opens_nothing(stripe_stand_in: StripeStandIn, key: str) -> None:
    with refused(stripe.AuthenticationError):
        await an_intent(a_stripe_client(stripe_stand_in, key))


async def test_a_request_without_a_key_is_refused(stripe_stand_in: StripeStandIn) -> None:
    async with httpx.AsyncClient(base_url=stripe_stand_in.address) as visitor:
        answer = await visitor.get("/v1/balance")
    assert answer.status_code == 401


async def test_a_restricted_key_does_what_it_is_for(stripe_stand_in: StripeStandIn) -> None:
    key = stripe_stand_in.keys.restrict("rk_test_till", payment_intents="write", charges="read")
    till = a_stripe_client(stripe_stand_in, key)
    paid = await a_payment(till)
    assert (await till.v1.charges.retrieve_async(str(paid.latest_charge))).captured
    with refused(stripe.PermissionError) as told:
        await till.v1.charges.update_async(str(paid.latest_charge), {"description": "Mine"})
    assert "rak_charge_write" in str(told.value)
    with refused(stripe.PermissionError):
        await till.v1.refunds.create_async({"payment_intent": paid.id})


async def test_a_publishable_key_sees_its_own_intent_and_little_of_it(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    intent = await an_intent(stripe_client, metadata={"margin": "40"})
    form = {"key": stripe_stand_in.keys.publishable, "client_secret": intent.client_secret}
    async with httpx.AsyncClient(base_url=stripe_stand_in.address) as browser:
        seen = (await browser.get(f"/v1/payment_intents/{intent.id}", params=form)).json()
        assert (seen["amount"], seen.keys() & {"metadata", "latest_charge"}) == (12_000, set())
        wrong = form | {"client_secret": f"{intent.id}_secret_guess"}
        assert (await browser.get(f"/v1/payment_intents/{intent.id}", params=wrong)).status_code == 404
        for path in (
            f"/v1/payment_intents/{intent.id}/capture",
            f"/v1/payment_intents/{intent.id}",
            "/v1/refunds",
        ):
            assert (await browser.post(path, data=form)).status_code == 403


async def test_card_numbers_come_from_browsers_only(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    with refused(stripe.CardError):
        await stripe_client.v1.payment_methods.create_async({"type": "card", "card": card})
    form = {"type": "card", "key": stripe_stand_in.keys.publishable} | {
        f"card[{name}]": str(value) for name, value in card.items()
    }
    async with httpx.AsyncClient(base_url=stripe_stand_in.address) as browser:
        method = (await browser.post("/v1/payment_methods", data=form)).json()
        assert method["card"]["last4"] == "4242"
        for wrong, code in [
            ({"card[number]": "4242424242424241"}, "incorrect_number"),
            ({"card[number]": "4111111111111111"}, "card_declined"),
            ({"card[exp_month]": "13"}, "invalid_expiry_month"),
            ({"card[exp_year]": "2020"}, "invalid_expiry_year"),
        ]:
            answer = (await browser.post("/v1/payment_methods", data=form | wrong)).json()
            assert answer["error"]["code"] == code


async def test_another_version_of_the_api_must_be_one(stripe_stand_in: StripeStandIn) -> None:
    headers = {"Authorization": f"Bearer {stripe_stand_in.keys.secret}", "Stripe-Version": "newest"}
    async with httpx.AsyncClient(base_url=stripe_stand_in.address, headers=headers) as visitor:
        assert (await visitor.get("/v1/balance")).status_code == 400


async def test_an_address_that_stripe_has_not_is_refused(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    with refused(Invalid):
        await stripe_client.v1.products.list_async()


async def test_what_can_not_be_expanded_is_refused_before_anything_is_done(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    for path in ("amount", "latest_charge.metadata", "data.customer", "latest_charge.payment_intent.x.y.z"):
        with refused(Invalid, param="expand"):
            await a_payment(stripe_client, expand=[path])
    assert stripe_stand_in.all("charge") == []
    paid = await a_payment(stripe_client)
    listed = await stripe_client.v1.charges.list_async({"expand": ["data.payment_intent.payment_method"]})
    assert listed.data[0].payment_intent.id == paid.id
    assert listed.data[0].payment_intent.payment_method.card.brand == "visa"


async def test_the_same_key_gives_the_same_answer(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    first = await an_intent(stripe_client, key="order-1")
    again = await an_intent(stripe_client, key="order-1")
    assert (again.id, again.last_response.headers["idempotent-replayed"]) == (first.id, "true")
    assert "idempotent-replayed" not in first.last_response.headers
    assert len(stripe_stand_in.all("payment_intent")) == 1


async def test_the_same_key_for_something_else_is_refused(stripe_client: Client) -> None:
    await an_intent(stripe_client, key="order-1")
    with refused(stripe.IdempotencyError):
        await an_intent(stripe_client, key="order-1", amount=13_000)
    with refused(stripe.IdempotencyError):
        await stripe_client.v1.customers.create_async({}, {"idempotency_key": "order-1"})


async def test_a_decline_is_answered_again_and_what_never_began_is_not(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    for _ in range(2):
        with refused(stripe.CardError, "card_declined"):
            await an_intent(stripe_client, "order-1", confirm=True, payment_method="pm_card_chargeDeclined")
    assert len(stripe_stand_in.all("charge")) == 1
    with refused(Invalid, "parameter_unknown"):
        await an_intent(stripe_client, "order-2", colour="red")
    assert (await an_intent(stripe_client, "order-2")).amount == 12_000


async def test_two_at_once_with_one_key_are_one(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    stripe_stand_in.faults.add("slow", seconds=0.3)
    slow = asyncio.create_task(an_intent(stripe_client, key="order-1"))
    while not stripe_stand_in.faults.struck:
        await asyncio.sleep(0.005)
    with pytest.raises(stripe.APIError) as told:
        await an_intent(stripe_client, key="order-1")
    assert (told.value.http_status, told.value.error.code) == (409, "idempotency_key_in_use")
    assert (await an_intent(stripe_client, key="order-2")).id != (await slow).id
    assert (await an_intent(stripe_client, key="order-1")).id == (await slow).id


async def test_the_client_tries_again_by_itself_without_paying_twice(stripe_stand_in: StripeStandIn) -> None:
    client = stripe.StripeClient(
        stripe_stand_in.keys.secret,
        base_addresses={"api": stripe_stand_in.address},
        http_client=stripe.HTTPXClient(timeout=5),
        max_network_retries=2,
    )
    stripe_stand_in.faults.add("reset_after")
    stripe_stand_in.faults.add("conflict")
    given = {"amount": 12_000, "currency": "mad", "automatic_payment_methods": NO_REDIRECTS}
    paid = await client.v1.payment_intents.create_async(
        given | {"confirm": True, "payment_method": "pm_card_visa"}
    )
    assert paid.status == "succeeded"
    assert len(stripe_stand_in.all("charge")) == 1
