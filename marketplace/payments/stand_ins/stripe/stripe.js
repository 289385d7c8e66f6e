/* A stand-in of Stripe.js, for tests and for installations without keys. TEST MODE: no money moves.

   It has the calls that a Payment Element needs, with Stripe's names, and speaks to the stand-in that served it:
   https://docs.stripe.com/js. The form is our own, in the page's language and direction. */
(() => {
  "use strict";

  const ORIGIN = new URL(document.currentScript.src).origin;
  const WORDS = {
    en: {
      lang: "en", test: "TEST MODE: no money moves",
      number: "Card number", expiry: "Expiry (month / year)", cvc: "Security code",
      hint: "4242\u00a04242\u00a04242\u00a04242 pays, 4000\u00a00000\u00a00000\u00a00002 is declined, 4000\u00a00025\u00a00000\u00a03155 asks for approval.",
      bank: "Your bank asks", close: "Close",
      incomplete_number: "Your card number is incomplete.",
      incomplete_expiry: "Your card's expiration date is incomplete.",
      incomplete_cvc: "Your card's security code is incomplete.",
    },
    fr: {
      lang: "fr", test: "MODE TEST : aucun argent ne circule",
      number: "Numéro de carte", expiry: "Expiration (mois / année)", cvc: "Code de sécurité",
      hint: "4242\u00a04242\u00a04242\u00a04242 paie, 4000\u00a00000\u00a00000\u00a00002 est refusée, 4000\u00a00025\u00a00000\u00a03155 demande votre accord.",
      bank: "Votre banque demande", close: "Fermer",
      incomplete_number: "Le numéro de votre carte est incomplet.",
      incomplete_expiry: "La date d'expiration de votre carte est incomplète.",
      incomplete_cvc: "Le code de sécurité de votre carte est incomplet.",
      card_declined: "Votre carte a été refusée.",
      incorrect_number: "Le numéro de votre carte est incorrect.",
      expired_card: "Votre carte a expiré.",
      incorrect_cvc: "Le code de sécurité de votre carte est incorrect.",
      payment_intent_authentication_failure: "Votre banque n'a pas confirmé le paiement. Choisissez un autre moyen.",
    },
    ar: {
      lang: "ar", test: "وضع الاختبار: لا تُنقل أي أموال",
      number: "رقم البطاقة", expiry: "تاريخ الانتهاء (شهر / سنة)", cvc: "رمز الأمان",
      hint: "⁦4242\u00a04242\u00a04242\u00a04242⁩ تدفع، ⁦4000\u00a00000\u00a00000\u00a00002⁩ تُرفض، ⁦4000\u00a00025\u00a00000\u00a03155⁩ تطلب موافقتك.",
      bank: "مصرفك يسأل", close: "إغلاق",
      incomplete_number: "رقم بطاقتك غير مكتمل.",
      incomplete_expiry: "تاريخ انتهاء بطاقتك غير مكتمل.",
      incomplete_cvc: "رمز أمان بطاقتك غير مكتمل.",
      card_declined: "رُفضت بطاقتك.",
      incorrect_number: "رقم بطاقتك غير صحيح.",
      expired_card: "انتهت صلاحية بطاقتك.",
      incorrect_cvc: "رمز أمان بطاقتك غير صحيح.",
      payment_intent_authentication_failure: "لم يؤكد مصرفك الدفع. اختر وسيلة أخرى.",
    },
  };
  const STYLE = new CSSStyleSheet();
  STYLE.replaceSync(`
    :host { display: block; font: inherit; color: inherit }
    fieldset { border: 2px solid #8a6100; border-radius: .5rem; margin: 0; padding: .75rem; min-inline-size: 0;
      background: #fff; color: #1c1c1a }
    legend { background: #fff3c4; border: 2px solid #8a6100; border-radius: .3rem; padding: .1rem .5rem;
      font-weight: 700 }
    .row { display: flex; flex-wrap: wrap; align-items: end; gap: .75rem }
    .row > div { flex: 1 1 9rem }
    label { display: block; margin-block: .5rem .2rem }
    input { box-sizing: border-box; inline-size: 100%; min-block-size: 2.75rem; padding: .4rem .6rem; font: inherit;
      color: inherit; background: #fff; border: 1px solid #55554f; border-radius: .3rem; text-align: start }
    input:focus-visible { outline: 3px solid #1d4ed8; outline-offset: 1px }
    input[aria-invalid=true] { border: 2px solid #b00020 }
    small { display: block; margin-block-start: .5rem; font-size: .85em; color: #55554f }
    [role=alert] { color: #b00020; margin-block-start: .5rem }
    [role=alert]:empty { display: none }
    dialog { border: 0; border-radius: .5rem; padding: 0; inline-size: min(28rem, 94vw) }
    dialog iframe { border: 0; display: block; inline-size: 100%; block-size: min(26rem, 75vh) }
    dialog button { font: inherit; min-block-size: 2.75rem; inline-size: 100% }
  `);

  function made(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function wrongUse(message) {
    const error = new Error(message);
    error.name = "IntegrationError";
    return error;
  }

  function wordsFor(locale) {
    const wanted = !locale || locale === "auto" ? document.documentElement.lang || navigator.language : locale;
    return { ...WORDS.en, ...WORDS[wanted.slice(0, 2)] };
  }

  function flattened(value, name, into) {
    if (value === undefined || value === null) return into;
    if (typeof value === "object") {
      for (const [key, member] of Object.entries(value)) flattened(member, name ? `${name}[${key}]` : key, into);
    } else into.append(name, value);
    return into;
  }

  class PaymentElement {
    constructor(words) {
      this.words = words;
      this.listeners = {};
      this.host = made("div");
      this.fields = {};
      const root = this.host.attachShadow({ mode: "open", delegatesFocus: true });
      root.adoptedStyleSheets = [STYLE];
      this.alert = made("div", { role: "alert", id: "wrong" });
      root.append(
        made("fieldset", {}, made("legend", {}, words.test),
          this.#field("number", "cc-number", 23, "4242 4242 4242 4242"),
          made("div", { class: "row" },
            this.#field("expiry", "cc-exp", 7, "12 / 34"), this.#field("cvc", "cc-csc", 4, "123")),
          made("small", {}, words.hint), this.alert));
    }

    #field(name, autocomplete, maxlength, placeholder) {
      const input = made("input", { id: name, name, autocomplete, maxlength, placeholder, dir: "ltr",
        inputmode: "numeric", "aria-describedby": "wrong", "aria-required": "true" });
      input.addEventListener("input", () => this.#changed());
      this.fields[name] = input;
      return made("div", {}, made("label", { for: name }, this.words[name]), input);
    }

    get digits() {
      return Object.fromEntries(Object.entries(this.fields).map(([n, f]) => [n, f.value.replace(/\D/g, "")]));
    }

    #changed() {
      const { number, expiry, cvc } = this.digits;
      this.#emit("change", { elementType: "payment", complete: !this.missing(), empty: !(number + expiry + cvc),
        collapsed: false, value: { type: "card" } });
    }

    #emit(name, event) {
      for (const listener of this.listeners[name] || []) listener(event);
    }

    on(name, listener) {
      (this.listeners[name] ||= []).push(listener);
      return this;
    }

    off(name, listener) {
      this.listeners[name] = (this.listeners[name] || []).filter((known) => known !== listener);
      return this;
    }

    once(name, listener) {
      const first = (event) => { this.off(name, first); listener(event); };
      return this.on(name, first);
    }

    mount(place) {
      const found = typeof place === "string" ? document.querySelector(place) : place;
      if (!found) throw wrongUse(`The selector you specified (${place}) applies to no DOM element.`);
      found.replaceChildren(this.host);
      queueMicrotask(() => this.#emit("ready", { elementType: "payment" }));
    }

    unmount() { this.host.remove(); }
    destroy() { this.unmount(); }
    update() {}
    focus() { this.fields.number.focus(); }
    blur() { this.host.shadowRoot.activeElement?.blur(); }
    clear() { for (const field of Object.values(this.fields)) field.value = ""; }
    collapse() {}

    /** The first field that is not complete, and what to say of it. */
    missing() {
      const { number, expiry, cvc } = this.digits;
      if (number.length < 12) return "number";
      if (expiry.length < 3) return "expiry";
      return cvc.length < 3 ? "cvc" : null;
    }

    show(message, name) {
      this.alert.textContent = message || "";
      for (const [known, field] of Object.entries(this.fields)) {
        field.toggleAttribute("aria-invalid", false);
        if (known === name) field.setAttribute("aria-invalid", "true");
      }
      if (name) this.fields[name].focus();
    }

    judged() {
      const name = this.missing();
      this.show(name ? this.words[`incomplete_${name}`] : "", name);
      if (!name) return null;
      return { type: "validation_error", code: `incomplete_${name}`, message: this.words[`incomplete_${name}`] };
    }

    get card() {
      const { number, expiry, cvc } = this.digits;
      const month = expiry.length === 3 ? expiry.slice(0, 1) : expiry.slice(0, 2);
      return { number, cvc, exp_month: Number(month), exp_year: 2000 + Number(expiry.slice(-2)) };
    }
  }

  class Elements {
    constructor(options) {
      if (!options.clientSecret && !options.mode) {
        throw wrongUse("elements() needs a clientSecret, or mode, amount and currency.");
      }
      if (options.mode === "payment" && !(Number.isInteger(options.amount) && options.currency)) {
        throw wrongUse("elements() in mode payment needs an amount in the smallest unit, and a currency.");
      }
      this.options = { ...options };
      this.words = wordsFor(options.locale);
      this.submitted = false;
    }

    create(type) {
      if (type !== "payment") throw wrongUse(`The stand-in has the payment element, and none of type ${type}.`);
      if (this.element) throw wrongUse("Can only create one Element of type payment.");
      this.element = new PaymentElement(this.words);
      return this.element;
    }

    getElement(type) { return type === "payment" ? this.element || null : null; }
    update(options) { Object.assign(this.options, options); this.submitted = false; }
    async fetchUpdates() { return {}; }

    async submit() {
      if (!this.element?.host.isConnected) throw wrongUse("elements.submit() needs a mounted payment element.");
      const error = this.element.judged();
      this.submitted = !error;
      return error ? { error } : { selectedPaymentMethod: "card" };
    }
  }

  function Stripe(key, options = {}) {
    if (!/^pk_(test|live)_/.test(key || "")) throw wrongUse("Stripe() needs a publishable key: pk_test_...");
    const words = wordsFor(options.locale);

    async function ask(method, path, params) {
      const form = flattened({ ...params, key }, "", new URLSearchParams());
      const url = ORIGIN + path + (method === "GET" ? `?${form}` : "");
      try {
        const response = await fetch(url, method === "GET" ? {} : { method, body: form });
        return await response.json();
      } catch {
        return { error: { type: "api_connection_error", message: "We could not reach the payment service." } };
      }
    }

    function told(error, elements) {
      const known = (elements?.words || words)[error.code];
      const localised = known ? { ...error, message: known } : error;
      elements?.element?.show(localised.message, localised.param === "number" ? "number" : undefined);
      return { error: localised };
    }

    const idOf = (clientSecret) => {
      const found = /^(pi_\w+?)_secret_\w+$/.exec(clientSecret || "");
      if (!found) throw wrongUse("The client secret does not match the pattern pi_..._secret_...");
      return found[1];
    };

    async function createPaymentMethod({ elements, params, type, card, billing_details: details }) {
      if (elements && elements.options.mode && !elements.submitted) {
        throw wrongUse("Call elements.submit() before stripe.createPaymentMethod().");
      }
      const wrong = elements?.element.judged();
      if (wrong) return { error: wrong };
      const answer = await ask("POST", "/v1/payment_methods", {
        type: type || "card",
        card: elements ? elements.element.card : card,
        billing_details: { ...elements?.options.defaultValues?.billingDetails, ...details, ...params?.billing_details },
      });
      return answer.error ? told(answer.error, elements) : { paymentMethod: answer };
    }

    async function retrievePaymentIntent(clientSecret) {
      const path = `/v1/payment_intents/${idOf(clientSecret)}`;
      const answer = await ask("GET", path, { client_secret: clientSecret });
      return answer.error ? { error: answer.error } : { paymentIntent: answer };
    }

    /** The bank's page in a dialog, until the buyer has answered or closed it. */
    function bankAsks(url) {
      const host = made("div");
      const root = host.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [STYLE];
      const close = made("button", { type: "button" }, words.close);
      const dialog = made("dialog", { "aria-label": words.bank },
        made("iframe", { src: `${url}&lang=${words.lang}`, title: words.bank }), close);
      root.append(dialog);
      document.body.append(host);
      dialog.showModal();
      return new Promise((resolve) => {
        const done = () => {
          removeEventListener("message", heard);
          host.remove();
          resolve();
        };
        const heard = (event) => {
          if (event.origin === ORIGIN && event.data?.standIn === "3d_secure") done();
        };
        addEventListener("message", heard);
        close.addEventListener("click", done);
        dialog.addEventListener("cancel", done);
      });
    }

    async function handleNextAction({ clientSecret }) {
      const before = await retrievePaymentIntent(clientSecret);
      const action = before.paymentIntent?.next_action;
      if (!action) return before;
      if (action.type === "redirect_to_url") {
        location.assign(action.redirect_to_url.url);
        return new Promise(() => {}); // The page is being left.
      }
      await bankAsks(action.use_stripe_sdk.stripe_js);
      const after = await retrievePaymentIntent(clientSecret);
      if (after.error) return after;
      const failed = after.paymentIntent.last_payment_error;
      if (failed) return told(failed);
      if (after.paymentIntent.status === "requires_action") {
        return told({ type: "invalid_request_error", code: "payment_intent_authentication_failure",
          message: "The bank was not answered." });
      }
      return after;
    }

    async function confirmed(clientSecret, elements, params) {
      const path = `/v1/payment_intents/${idOf(clientSecret)}/confirm`;
      const answer = await ask("POST", path, { ...params, client_secret: clientSecret, use_stripe_sdk: true });
      if (answer.error) return told(answer.error, elements);
      if (answer.status !== "requires_action") return { paymentIntent: answer };
      const acted = await handleNextAction({ clientSecret });
      return acted.error ? told(acted.error, elements) : acted;
    }

    async function confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
      const secret = clientSecret || elements?.options.clientSecret;
      if (redirect === "always" && !confirmParams.return_url) {
        throw wrongUse("confirmPayment() needs confirmParams.return_url unless redirect is if_required.");
      }
      if (elements?.options.mode && !elements.submitted) {
        throw wrongUse("Call elements.submit() before stripe.confirmPayment().");
      }
      const params = { ...confirmParams };
      if (elements?.options.mode) await agree(secret, elements.options);
      if (elements) {
        const read = await createPaymentMethod({ elements, params: confirmParams.payment_method_data });
        if (read.error) return read;
        delete params.payment_method_data;
        params.payment_method = read.paymentMethod.id;
      }
      const result = await confirmed(secret, elements, params);
      if (result.error || redirect === "if_required") return result;
      const back = new URL(confirmParams.return_url, location.href);
      back.searchParams.set("payment_intent", result.paymentIntent.id);
      back.searchParams.set("payment_intent_client_secret", secret);
      back.searchParams.set("redirect_status", "succeeded");
      location.assign(back);
      return new Promise(() => {}); // The page is being left.
    }

    async function agree(clientSecret, { amount, currency }) {
      const { paymentIntent, error } = await retrievePaymentIntent(clientSecret);
      if (error) return;
      if (paymentIntent.amount !== amount || paymentIntent.currency !== currency.toLowerCase()) {
        throw wrongUse(`The PaymentIntent is of ${paymentIntent.amount} ${paymentIntent.currency}, the elements are`
          + ` of ${amount} ${currency}: update them before you confirm.`);
      }
    }

    return {
      elements: (given = {}) => new Elements({ locale: options.locale, ...given }),
      createPaymentMethod,
      retrievePaymentIntent,
      handleNextAction,
      handleCardAction: (clientSecret) => handleNextAction({ clientSecret }),
      confirmPayment,
      confirmCardPayment: (clientSecret, { payment_method: method, return_url } = {}) =>
        confirmed(clientSecret, null, { payment_method: method, return_url }),
      registerAppInfo() {},
      _standIn: true,
    };
  }
  Stripe.version = "stand-in";
  window.Stripe = Stripe;
})();
