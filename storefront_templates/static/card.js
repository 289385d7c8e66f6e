// The card's form. Stripe draws it; this begins the payment with us and has Stripe confirm it.
"use strict";

const form = document.getElementById("card-form");
const problem = document.getElementById("card-problem");
const button = form.querySelector("button");
const { key, amount, currency, language, name, email, notNow } = form.dataset;
const words = button.textContent;

function tell(message) {
  problem.querySelector("span").textContent = message;
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
}

function busy(is) {
  button.disabled = is;
  button.textContent = is ? button.dataset.busy : words;
}

/** Begins the payment: `client_secret` and `back`. Clicked twice, it is the same payment. */
async function begin(method) {
  const said = new URLSearchParams(new FormData(form));
  said.set("method", method);
  const answer = await fetch(form.action, { method: "POST", body: said });
  if (!answer.ok) throw new Error(`begin: ${answer.status}`);
  return answer.json();
}

function open(stripe) {
  const elements = stripe.elements({ mode: "payment", amount: Number(amount), currency, locale: language });
  elements.create("payment", { defaultValues: { billingDetails: { name, email } } }).mount("#card-element");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    busy(true);
    try {
      const { error: unfinished, selectedPaymentMethod } = await elements.submit();
      if (unfinished) return tell(unfinished.message);
      const { client_secret: clientSecret, back } = await begin(selectedPaymentMethod || "card");
      const { error } = await stripe.confirmPayment({
        elements,
        clientSecret,
        confirmParams: { return_url: new URL(back, location.href).href },
      });
      // Where all is well the browser has left this page.
      tell(error.message);
    } catch {
      tell(notNow);
    } finally {
      busy(false);
    }
  });
}

document.getElementById("card-needs-script").hidden = true;
if (window.Stripe) open(window.Stripe(key));
else tell(notNow);
