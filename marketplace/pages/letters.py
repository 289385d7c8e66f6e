"""Letters: what an e-mail says, in its reader's language. Sending them is a worker's business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.pages.languages import Language
from marketplace.pages.templates import Templates


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in both of its forms."""

    subject: str
    text: str
    html: str


def order_confirmation(templates: Templates, language: Language, order: Mapping[str, Any]) -> Letter:
    """What the buyer gets: each seller's parcel and what it costs at the door.

    `order` is what `graphql/operations/shop/order.graphql` gives of an order.
    """
    return written(templates, "order_confirmation", language, {"order": order})


def order_confirmed(templates: Templates, language: Language, order: Mapping[str, Any]) -> Letter:
    """What the buyer gets once staff have confirmed an order. `order`: as for its confirmation."""
    return written(templates, "order_confirmed", language, {"order": order})


def new_order(templates: Templates, language: Language, part: Mapping[str, Any]) -> Letter:
    """What a seller gets: what to pack, and for whom.

    `part` is a vendor order: number, lines, weight, totals, and the shipping address.
    """
    return written(templates, "new_order", language, {"part": part})


def staff_order(templates: Templates, language: Language, order: Mapping[str, Any]) -> Letter:
    """What staff get who are written to about new orders: who bought what, of whom.

    `order` is what `graphql/operations/post/staff_order.graphql` gives of an order.
    """
    return written(templates, "staff_order", language, {"order": order})


def about_order(
    templates: Templates, name: str, language: Language, order: Mapping[str, Any], values: Mapping[str, Any]
) -> Letter:
    """What a buyer gets when something becomes of their order: a parcel leaves, money comes back.

    `order` is what `graphql/operations/post/about_order.graphql` gives of it; `values`: the `parcel` or the
    `invoice` that it is about, the `amount` (`{amount, currency}`) that comes back, what is `said` of it.
    """
    return written(templates, name, language, {"order": order, **values})


def about_cash(templates: Templates, name: str, language: Language, values: Mapping[str, Any]) -> Letter:
    """What people get about an order that is paid at the door. `confirm_order`, to the buyer: its `number`,
    the `amount` due, the `url` to answer by, `until` when. `part_not_sent`, to a seller: its `part`, `why`.
    """
    return written(templates, name, language, values)


def about_payout(templates: Templates, name: str, language: Language, values: Mapping[str, Any]) -> Letter:
    """What people get about money on its way to sellers. `cash_waits`, to a seller: the payout's `number` and
    `amount`, the `code` to fetch it by, `until` when. `payout_came_back`: its `reason`, `method`, whether it
    is `unfetched`. `payout_draft_waits`, to staff: a run's `number`, `day`, `total`, how many `payouts`.
    `stripe_account_connected`: the `seller`, and `from_day`, before which nothing is paid there.
    """
    return written(templates, name, language, values)


def about_account(templates: Templates, name: str, language: Language, values: Mapping[str, Any]) -> Letter:
    """What somebody gets about their account. `values`: `url` of its button, `email` if it is about one.

    It calls nobody by the name that they gave: whoever opens an account in another's name could write there.
    """
    return written(templates, name, language, values)


def gift_card(templates: Templates, language: Language, values: Mapping[str, Any]) -> Letter:
    """What somebody gets who is given a gift card. `values`: its `code`, its `balance` (`{amount, currency}`)
    and `expires_on`, a day as ISO 8601 writes it, or None.
    """
    return written(templates, "gift_card", language, values)


def export(templates: Templates, language: Language, values: Mapping[str, Any]) -> Letter:
    """What staff get who asked for a file. `values`: the file's `name`, and its `url`, None if it failed."""
    name = "export_ready" if values["url"] else "export_failed"
    return written(templates, name, language, values)


def to_staff(templates: Templates, name: str, language: Language, values: Mapping[str, Any]) -> Letter:
    """What staff who handle payments get. `dispute_due` and `dispute_decided`: the order's `number`, the
    `reference`, `reason`, `amount`, and `url` of the dispute, `due_at`, `is_won`. `payment_differences`: the
    first of them, how many there are (`count`), and how many are not shown (`left`).
    """
    return written(templates, name, language, values)


def dispute_charged(templates: Templates, language: Language, values: Mapping[str, Any]) -> Letter:
    """What a seller gets who bears a part of a lost dispute. `values`: the vendor order's `number`, the
    `amount`, and the `reason` in staff's words.
    """
    return written(templates, "dispute_charged", language, values)


def written(templates: Templates, name: str, language: Language, values: Mapping[str, Any]) -> Letter:
    """A letter's plain text begins with its subject, on a line of its own."""
    subject, _, text = templates.render(f"emails/{name}.txt", language, values).partition("\n")
    html = templates.render(f"emails/{name}.html", language, {**values, "subject": subject})
    return Letter(subject.strip(), text.strip() + "\n", html)
