"""The stand-in of Stripe's script, in a browser, on a shop's page."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import stripe
from playwright.async_api import Page, expect

from marketplace.payments.stand_ins.stripe.serving import StripeStandIn

PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 1rem; max-width: 34rem }}</style>
<script src="{script}"></script>
<div id="card"></div><button id="pay">Pay</button><p id="result" role="status"></p>
<script>
const stripe = Stripe("{key}");
const elements = stripe.elements({{ mode: "payment", amount: {amount}, currency: "mad" }});
elements.create("payment").mount("#card");
document.getElementById("pay").onclick = async () => {{
  const result = document.getElementById("result");
  const wrong = await elements.submit();
  if (wrong.error) {{ result.textContent = wrong.error.code; return; }}
  try {{
    const paid = await stripe.confirmPayment({{ elements, clientSecret: "{secret}", redirect: "{redirect}",
      confirmParams: {{ return_url: location.origin + "/thanks?order=7" }} }});
    result.textContent = paid.error ? paid.error.code + ": " + paid.error.message : paid.paymentIntent.status;
  }} catch (error) {{ result.textContent = error.name; }}
}};
</script></html>"""


class Shop:
    """A page of a shop that takes one payment of 120 dirhams."""

    def __init__(self, page: Page, stand_in: StripeStandIn, client: stripe.StripeClient) -> None:
        self.page, self.stand_in, self.client = page, stand_in, client
        self.address, self.html = "", ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = self.html.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async def open(
        self, lang: str = "en", redirect: str = "if_required", amount: int = 12_000
    ) -> stripe.PaymentIntent:
        intent = await self.client.v1.payment_intents.create_async({"amount": 12_000, "currency": "mad"})
        html = PAGE.format(
            lang=lang, dir="rtl" if lang == "ar" else "ltr", amount=amount, redirect=redirect,
            script=self.stand_in.settings["stripe_js_url"],
            key=self.stand_in.settings["stripe_publishable_key"], secret=intent.client_secret,
        )  # fmt: skip
        self.html = html
        await self.page.goto(self.address)
        return intent

    async def pay(self, number: str) -> None:
        await self.page.locator("#number").fill(number)
        await self.page.locator("#expiry").fill("12 / 34")
        await self.page.locator("#cvc").fill("123")
        await self.page.get_by_role("button", name="Pay").click()

    async def says(self, words: str) -> None:
        await expect(self.page.get_by_role("status")).to_have_text(words)


@pytest.fixture
async def shop(
    page: Page, stripe_stand_in: StripeStandIn, stripe_client: stripe.StripeClient
) -> AsyncIterator[Shop]:
    shop = Shop(page, stripe_stand_in, stripe_client)
    page.set_default_timeout(10_000)
    async with await asyncio.start_server(shop.answer, "127.0.0.1", 0) as server:
        shop.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/pay"
        yield shop


async def test_a_card_pays(shop: Shop) -> None:
    intent = await shop.open()
    await expect(shop.page.get_by_text("TEST MODE: no money moves")).to_be_visible()
    await shop.pay("4242 4242 4242 4242")
    await shop.says("succeeded")
    assert shop.stand_in.object(intent.id)["status"] == "succeeded"


async def test_the_buyer_comes_back_to_the_shop_with_what_stripe_adds_to_the_address(shop: Shop) -> None:
    intent = await shop.open(redirect="always")
    await shop.pay("4242 4242 4242 4242")
    await shop.page.wait_for_url("**/thanks**")
    assert f"thanks?order=7&payment_intent={intent.id}" in shop.page.url
    assert "redirect_status=succeeded" in shop.page.url


async def test_a_declined_card_may_be_tried_again(shop: Shop) -> None:
    intent = await shop.open()
    await shop.pay("4000 0000 0000 0002")
    await shop.says("card_declined: Your card was declined.")
    await shop.pay("4242 4242 4242 4242")
    await shop.says("succeeded")
    assert shop.stand_in.object(intent.id)["amount_received"] == 12_000


REFUSED = "payment_intent_authentication_failure: The payment method has failed authentication."


@pytest.mark.parametrize(("answer", "said"), [("Approve", "succeeded"), ("Refuse", REFUSED)])
async def test_the_bank_asks_in_a_dialog(shop: Shop, answer: str, said: str) -> None:
    await shop.open()
    await shop.pay("4000 0025 0000 3155")
    bank = shop.page.frame_locator("dialog iframe")
    await expect(bank.get_by_text("120.00 MAD")).to_be_visible()
    await bank.get_by_role("button", name=answer).click()
    await expect(shop.page.get_by_role("status")).to_contain_text(said)
    await expect(shop.page.get_by_role("dialog")).to_have_count(0)


async def test_a_dialog_that_is_closed_leaves_the_payment_open(shop: Shop) -> None:
    intent = await shop.open()
    await shop.pay("4000 0025 0000 3155")
    await shop.page.get_by_role("button", name="Close").click()
    await expect(shop.page.get_by_role("status")).to_contain_text("payment_intent_authentication_failure")
    assert shop.stand_in.object(intent.id)["status"] == "requires_action"


async def test_an_incomplete_field_is_named_and_focused(shop: Shop) -> None:
    await shop.open(lang="fr")
    await shop.pay("4242")
    await shop.says("incomplete_number")
    await expect(shop.page.get_by_role("alert")).to_have_text("Le numéro de votre carte est incomplet.")
    await expect(shop.page.get_by_label("Numéro de carte")).to_be_focused()


async def test_an_amount_that_is_not_the_intents_is_a_mistake_of_the_shops(shop: Shop) -> None:
    intent = await shop.open(amount=11_000)
    await shop.pay("4242 4242 4242 4242")
    await shop.says("IntegrationError")
    assert shop.stand_in.object(intent.id)["status"] == "requires_payment_method"


async def test_the_form_reads_from_right_to_left(shop: Shop) -> None:
    await shop.open(lang="ar")
    number, hint = shop.page.get_by_label("رقم البطاقة"), shop.page.locator("legend")
    assert await number.evaluate("field => getComputedStyle(field).direction") == "ltr"
    assert await hint.evaluate("legend => getComputedStyle(legend).direction") == "rtl"
