"""Every letter that is sent, as jobs. Rooms ask for them by name, in their own transactions.

Those about exports, and the making of what they are about, stand in `exports.py`; those about what is paid at
the door in `cash.py`, by card in `payments.py`, about money for sellers in `payouts.py` and
`stripe_accounts.py`.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import Retry, Work, job
from marketplace.kit.money import Money
from marketplace.orders.invoice_files import url_of
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.letters import JOB as ABOUT_ORDER
from marketplace.orders.letters import OrderLetter
from marketplace.orders.models import Order
from marketplace.pages import letters
from marketplace.pages.languages import Language
from marketplace.pages.templates import Templates
from marketplace.people import mail_tokens
from marketplace.people.letters import JOB, AccountLetter
from marketplace.people.mail_tokens import Purpose
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.people.recipients import addresses_to_write_to
from marketplace.people.redirects import link
from marketplace.people.service import user_by_email
from marketplace.post import (  # noqa: F401 - declare their jobs
    cash,
    exports,
    payments,
    payouts,
    sellers,
    stripe_accounts,
)
from marketplace.post.reading import part_for_member, read
from marketplace.post.sending import forget_old, language_of, send_once, templates_for
from marketplace.pricing import gift_card_use
from marketplace.pricing.gift_cards import GiftCard
from marketplace_graphql.kernel import Requester

PATIENT = Retry(times=10, first_wait_seconds=10)
"""About three hours in all: a mail server that is being restarted comes back."""

_PURPOSES = {
    AccountLetter.CONFIRM_ACCOUNT: Purpose.CONFIRM_ACCOUNT,
    AccountLetter.RESET_PASSWORD: Purpose.SET_PASSWORD,
    AccountLetter.SET_PASSWORD: Purpose.SET_PASSWORD,
    AccountLetter.DELETE_ACCOUNT: Purpose.DELETE_ACCOUNT,
}


@job(JOB, retry=PATIENT)
async def account_letter(
    work: Work,
    letter_id: UUID,
    letter: AccountLetter,
    user_id: int | None,
    redirect_url: str | None = None,
    email: str | None = None,
) -> None:
    """Send a letter about an account; none for nobody, or for an account that is closed meanwhile."""
    user = await work.session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        return
    language = language_of(user.language_code)
    values = {"url": _link(work, letter, user, redirect_url, email), "email": email}
    written = letters.about_account(templates_for(work.settings.public_url), letter, language, values)
    await send_once(work, f"{letter}:{letter_id}", email or user.email, language, written)


def _link(
    work: Work, letter: AccountLetter, user: User, redirect_url: str | None, new_email: str | None
) -> str | None:
    """Where the letter's button leads; its token is made now, of the account as it is now."""
    if redirect_url is None:
        return None
    if letter is AccountLetter.CHANGE_EMAIL:
        token = mail_tokens.make_email_change(work.settings, user, new_email or "")
        return link(redirect_url, token=token)
    token = mail_tokens.make(work.settings, _PURPOSES[letter], user)
    if letter is AccountLetter.DELETE_ACCOUNT:
        return link(redirect_url, token=token)
    return link(redirect_url, email=user.email, token=token)


@job("post.order_confirmation", retry=PATIENT)
async def order_confirmation(work: Work, order_id: UUID) -> None:
    """Tell the buyer what was ordered, parcel by parcel."""
    await _write_of_order(work, order_id, "order_confirmation", letters.order_confirmation)


@job("post.order_confirmed", retry=PATIENT)
async def order_confirmed(work: Work, order_id: UUID) -> None:
    """Tell the buyer that staff have confirmed the order."""
    await _write_of_order(work, order_id, "order_confirmed", letters.order_confirmed)


async def _write_of_order(
    work: Work,
    order_id: UUID,
    name: str,
    write: Callable[[Templates, Language, Mapping[str, Any]], letters.Letter],
) -> None:
    order = await work.session.get(Order, order_id)
    if order is None or not order.user_email:
        return
    language = language_of(order.language_code)
    data = await read(
        work,
        "order_confirmation",
        Requester(user_id=order.user_id),
        id=to_global_id("Order", order.id),
        language=language.api_code,
    )
    templates = templates_for(work.settings.public_url)
    letter = write(templates, language, data["order"])
    await send_once(work, f"{name}:{order.id}", order.user_email, language, letter)


@job(ABOUT_ORDER, retry=PATIENT)
async def about_order(
    work: Work, letter_id: UUID, letter: OrderLetter, order_id: UUID, about: int | None = None, said: str = ""
) -> None:
    """Tell the buyer what has become of an order; nothing of a parcel or an invoice that is gone by now."""
    order = await work.session.get(Order, order_id)
    if order is None or not order.user_email:
        return
    requester = Requester(user_id=order.user_id)
    data = await read(work, "about_order", requester, id=to_global_id("Order", order.id))
    values: dict[str, object] = {"said": said}
    if letter is OrderLetter.ORDER_REFUNDED:
        refund = Money(int(said), order.currency)
        values["amount"] = {"amount": refund.amount, "currency": refund.currency}
    if letter in _ABOUT and about is not None:
        name, type_name, listed = _ABOUT[letter]
        global_id = to_global_id(type_name, about)
        found = [each for each in data["order"][listed] if each["id"] == global_id]
        if not found:
            return
        values[name] = found[0]
    if letter is OrderLetter.INVOICE and about is not None:
        invoice = await work.session.get_one(Invoice, about)
        url = url_of(invoice, work.settings, OF_A_LETTER)
        values["invoice"] = {"number": invoice.number, "url": url}
    language = language_of(order.language_code)
    templates = templates_for(work.settings.public_url)
    written = letters.about_order(templates, letter, language, data["order"], values)
    await send_once(work, f"{letter}:{letter_id}", order.user_email, language, written)


OF_A_LETTER = timedelta(days=30)
"""How long a link in a letter leads to a private file."""
_ABOUT = {
    OrderLetter.PARCEL_SENT: ("parcel", "Fulfillment", "fulfillments"),
    OrderLetter.INVOICE: ("invoice", "Invoice", "invoices"),
}
"""What a letter's template calls its thing, the thing's type, and the order's list of such things."""


@job("post.new_order", retry=PATIENT)
async def new_order(work: Work, vendor_order_id: UUID, user_id: int) -> None:
    """Tell one of a seller's members what to pack."""
    told = await part_for_member(work, vendor_order_id, user_id)
    if told is None:
        return
    user, part = told
    language = language_of(user.language_code)
    letter = letters.new_order(templates_for(work.settings.public_url), language, part)
    await send_once(work, f"new_order:{vendor_order_id}:{user.id}", user.email, language, letter)


@job("post.staff_order", retry=PATIENT)
async def staff_order(work: Work, order_id: UUID, recipient_id: int) -> None:
    """Tell somebody of an order who is written to about each; nobody who isn't any more."""
    order = await work.session.get(Order, order_id)
    written_to = {key: rest for key, *rest in await addresses_to_write_to(work.session)}
    if order is None or recipient_id not in written_to:
        return
    address, language_code = written_to[recipient_id]
    requester = Requester(permissions=frozenset({Permission.MANAGE_ORDERS}), is_staff=True)
    data = await read(work, "staff_order", requester, id=to_global_id("Order", order.id))
    language = language_of(language_code)
    letter = letters.staff_order(templates_for(work.settings.public_url), language, data["order"])
    await send_once(work, f"staff_order:{order.id}:{recipient_id}", address, language, letter)


@job(gift_card_use.LETTER, retry=PATIENT)
async def gift_card(work: Work, gift_card_id: int, email: str, event_id: int | None = None) -> None:
    """Send a gift card's code, which no row of the queue knows, in the language of the address's account.

    The event of its history tells a letter that is sent once more from the one before.
    """
    card = await work.session.get(GiftCard, gift_card_id)
    if card is None:
        return
    user = await user_by_email(work.session, email)
    language = language_of(user.language_code if user else "")
    balance = Money(card.current_balance_minor, card.currency)
    values = {
        "code": card.code,
        "balance": {"amount": balance.amount, "currency": balance.currency},
        "expires_on": card.expires_on.isoformat() if card.expires_on else None,
    }
    key = f"gift_card:{card.id}" if event_id is None else f"gift_card:{card.id}:{event_id}"
    letter = letters.gift_card(templates_for(work.settings.public_url), language, values)
    await send_once(work, key, email, language, letter)


@job("post.tidy")
async def tidy(work: Work) -> None:
    """Forget letters that went out long ago."""
    await forget_old(work)
