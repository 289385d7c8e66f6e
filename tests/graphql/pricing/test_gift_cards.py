"""Staff give gift cards away, change what is on them, and take them back; the ledger follows."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - the ledger hears of cards
from marketplace.checkout.models import CheckoutGiftCard
from marketplace.checkout.promo_codes import add_promo_code
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.orders.cancelling import cancel_order
from marketplace.payments.completion import complete
from marketplace.payouts.ledger import Account
from marketplace.pricing.gift_card_use import set_active
from marketplace.pricing.gift_cards import GiftCard, GiftCardEvent, GiftCardEventType, GiftCardTag
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel
from tests.factories.payouts import make_rule
from tests.factories.people import make_staff, make_user
from tests.factories.pricing import make_gift_card
from tests.graphql.conftest import Ask, staff
from tests.ledger import faults
from tests.payouts.conftest import total_of

KEEPER = staff("MANAGE_GIFT_CARD")
READER = Requester(permissions=frozenset({"MANAGE_GIFT_CARD", "MANAGE_USERS"}), is_staff=True)
CARD = """giftCard { isActive initialBalance { amount } currentBalance { amount } expiryDate
  tags { name } metadata { key value } assignedTo { email } }"""
DOCUMENTS = {
    name: f"mutation ($id: ID!{variables}) {{ {name}({given}) {{ {shown} errors {{ field code }} }} }}"
    for name, variables, given, shown in [
        ("giftCardUpdate", ", $input: GiftCardUpdateInput!", "id: $id, input: $input", CARD),
        ("giftCardBalanceAdjust", ", $amount: Decimal!", "id: $id, amount: $amount", CARD),
        ("giftCardAssignUser", ", $user: ID!", "id: $id, userId: $user", CARD),
        ("giftCardUnassignUser", "", "id: $id", CARD),
        ("giftCardDelete", "", "id: $id", "giftCard { id }"),
        (
            "giftCardAddNote",
            ", $message: String!",
            "id: $id, input: {message: $message}",
            "event { message }",
        ),
        (
            "giftCardResend",
            ", $email: String, $channel: String!",
            "input: {id: $id, email: $email, channel: $channel}",
            "giftCard { id }",
        ),
        ("giftCardBulkDelete", "", "ids: [$id]", "count"),
        ("giftCardBulkActivate", "", "ids: [$id]", "count"),
        ("giftCardBulkDeactivate", "", "ids: [$id]", "count"),
    ]
}
BULK_CREATE = """mutation ($input: GiftCardBulkCreateInput!) { giftCardBulkCreate(input: $input) {
  count giftCards { code tags { name } } errors { field code } } }"""
LIST = """query ($filter: GiftCardFilterInput, $sort: GiftCardSortingInput, $search: String) {
  giftCards(first: 10, filter: $filter, sortBy: $sort, search: $search) { edges { node { code } } } }"""


async def change(ask: Ask, name: str, card: GiftCard, **given: Any) -> dict[str, Any]:
    answer = await ask(DOCUMENTS[name], READER, id=to_global_id("GiftCard", card.id), **given)
    assert "errors" not in answer, answer["errors"]
    payload: dict[str, Any] = answer["data"][name]
    return payload


async def owed(session: AsyncSession) -> int:
    """What the ledger says that the marketplace owes to bearers of cards; the books agree with the cards."""
    assert await faults(session) == []
    return -await total_of(session, Account.GIFT_CARDS)


async def only_event(session: AsyncSession, kind: GiftCardEventType) -> dict[str, Any]:
    found = await session.scalars(select(GiftCardEvent.parameters).where(GiftCardEvent.type == kind))
    return found.one()


async def test_a_card_is_changed(session: AsyncSession, ask: Ask) -> None:
    card = await make_gift_card(session, 50_00, tags=["noël", "old"])
    changes = {
        "balanceAmount": 80,
        "expiryDate": "2100-01-01",
        "addTags": ["Aïd"],
        "removeTags": ["OLD"],
        "metadata": [{"key": "a", "value": "b"}],
    }
    changed = (await change(ask, "giftCardUpdate", card, input=changes))["giftCard"]
    assert (changed["initialBalance"], changed["currentBalance"]) == ({"amount": 80}, {"amount": 80})
    assert changed["expiryDate"] == "2100-01-01"
    assert [tag["name"] for tag in changed["tags"]] == ["aïd", "noël"]
    assert changed["metadata"] == [{"key": "a", "value": "b"}]
    assert await owed(session) == 80_00
    assert (await only_event(session, GiftCardEventType.BALANCE_RESET))["old_current_balance_minor"] == 50_00
    assert (await only_event(session, GiftCardEventType.TAGS_UPDATED))["old_tags"] == ["noël", "old"]
    names = await session.scalars(select(GiftCardTag.name).order_by(GiftCardTag.name))
    assert list(names) == ["aïd", "noël"]  # A tag that no card has is forgotten.


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"balanceAmount": 1.234}, "balanceAmount", "INVALID"),
        ({"balanceAmount": 10**11}, "balanceAmount", "INVALID"),
        ({"expiryDate": "2001-01-01"}, "expiryDate", "INVALID"),
        ({"addTags": ["A"], "removeTags": ["a"]}, "tags", "DUPLICATED_INPUT_ITEM"),
        ({"addTags": [" "]}, "addTags", "INVALID"),
        ({"metadata": [{"key": "", "value": "x"}]}, "input", "REQUIRED"),
    ],
)
async def test_what_can_not_be_of_a_card(
    session: AsyncSession, ask: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    card = await make_gift_card(session)
    refused = await change(ask, "giftCardUpdate", card, input=given)
    assert refused == {"giftCard": None, "errors": [{"field": field, "code": code}]}
    assert await owed(session) == 50_00


@pytest.mark.parametrize(("amount", "initial", "current"), [(25, 75, 75), (-20.5, 50, 29.5), (-70, 50, 0)])
async def test_a_balance_is_adjusted(
    session: AsyncSession, ask: Ask, amount: float, initial: float, current: float
) -> None:
    card = await make_gift_card(session, 50_00)
    changed = (await change(ask, "giftCardBalanceAdjust", card, amount=amount))["giftCard"]
    assert (changed["initialBalance"]["amount"], changed["currentBalance"]["amount"]) == (initial, current)
    assert await owed(session) == round(current * 100)
    told = await only_event(session, GiftCardEventType.BALANCE_ADJUSTED)
    assert (told["old_current_balance_minor"], told["old_initial_balance_minor"]) == (50_00, 50_00)


@pytest.mark.parametrize("amount", [0, 0.001, 10**12])
async def test_an_adjustment_that_makes_no_sense(session: AsyncSession, ask: Ask, amount: float) -> None:
    card = await make_gift_card(session)
    refused = await change(ask, "giftCardBalanceAdjust", card, amount=amount)
    assert refused["errors"] == [{"field": "amount", "code": "INVALID"}]


@pytest.mark.parametrize("name", ["giftCardDelete", "giftCardBulkDelete"])
async def test_what_was_on_a_deleted_card_is_owed_to_nobody(
    session: AsyncSession, ask: Ask, name: str
) -> None:
    card, other = await make_gift_card(session, 50_00), await make_gift_card(session, 7_00)
    gone = await change(ask, name, card)
    assert gone["errors"] == []
    assert list(await session.scalars(select(GiftCard.id))) == [other.id]
    assert await owed(session) == 7_00


async def test_a_card_that_has_paid_stays_and_takes_back_what_it_paid(
    session: AsyncSession, ask: Ask
) -> None:
    await make_rule(session)
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 120_00))
    card = await make_gift_card(session, 50_00)
    await add_promo_code(session, cart.id, card.code)
    await promise_cash(session, cart.id)
    order = await complete(session, cart.id)
    refused = await change(ask, "giftCardDelete", card)
    assert refused["errors"] == [{"field": "id", "code": "INVALID"}]
    buyer = await make_user(session)
    used = await change(ask, "giftCardAssignUser", card, user=to_global_id("User", buyer.id))
    assert used["errors"] == [{"field": "id", "code": "CANNOT_ASSIGN"}]
    # Staff say that it is worth 10 now; what it paid comes back on top of that.
    await change(ask, "giftCardUpdate", card, input={"balanceAmount": 10})
    assert await owed(session) == 60_00
    await cancel_order(session, order.id)
    now = await session.get_one(GiftCard, card.id, populate_existing=True)
    assert (now.current_balance_minor, now.initial_balance_minor) == (60_00, 60_00)
    assert await owed(session) == 60_00


async def test_a_card_becomes_one_customers_own(session: AsyncSession, ask: Ask) -> None:
    card, user = await make_gift_card(session), await make_user(session, email="yto@example.ma")
    cart = await make_cart(session, await make_channel(session))
    session.add(CheckoutGiftCard(checkout_id=cart.id, gift_card_id=card.id))
    user_id = to_global_id("User", user.id)
    assigned = (await change(ask, "giftCardAssignUser", card, user=user_id))["giftCard"]
    assert assigned["assignedTo"] == {"email": "yto@example.ma"}
    assert await session.scalar(select(func.count()).select_from(CheckoutGiftCard)) == 0
    assert (await only_event(session, GiftCardEventType.ASSIGNED_TO_USER))["assigned_to_id"] == user.id
    back = (await change(ask, "giftCardUnassignUser", card))["giftCard"]
    assert back["assignedTo"] is None
    told = await only_event(session, GiftCardEventType.UNASSIGNED_FROM_USER)
    assert told["old_assigned_to_email"] == "yto@example.ma"


async def test_nobody_gets_a_card_whose_account_is_closed_or_that_is_being_spent(
    session: AsyncSession, ask: Ask
) -> None:
    card = await make_gift_card(session, 10_00)
    closed = await make_user(session, is_active=False)
    refused = await change(ask, "giftCardAssignUser", card, user=to_global_id("User", closed.id))
    assert refused["errors"] == [{"field": "userId", "code": "NOT_FOUND"}]
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 120_00))
    await add_promo_code(session, cart.id, card.code)
    await promise_cash(session, cart.id)
    user = await make_user(session)
    refused = await change(ask, "giftCardAssignUser", card, user=to_global_id("User", user.id))
    assert refused["errors"] == [{"field": "id", "code": "CANNOT_ASSIGN"}]
    assert await session.scalar(select(func.count()).select_from(CheckoutGiftCard)) == 1


async def test_a_note_is_written(session: AsyncSession, ask: Ask) -> None:
    card = await make_gift_card(session)
    noted = await change(ask, "giftCardAddNote", card, message=" Lost, found again ")
    assert noted == {"event": {"message": "Lost, found again"}, "errors": []}
    for message, code in ((" ", "REQUIRED"), ("x" * 10_001, "INVALID")):
        refused = await change(ask, "giftCardAddNote", card, message=message)
        assert refused["errors"] == [{"field": "message", "code": code}]


async def letters_to(session: AsyncSession) -> list[str]:
    """Whom the queue has letters with cards for."""
    found = await session.scalars(
        text("SELECT args->>'email' FROM procrastinate_jobs WHERE task_name = 'post.gift_card' ORDER BY id")
    )
    return list(found)


async def test_a_card_is_sent_again(session: AsyncSession, ask: Ask) -> None:
    channel = await make_channel(session)
    maker = await make_staff(session, email="staff@sil.ma")
    card = await make_gift_card(session, created_by=maker)
    for email in ("a@example.ma", None):
        sent = await change(ask, "giftCardResend", card, email=email, channel=channel.slug)
        assert sent["errors"] == []
    assert await letters_to(session) == ["a@example.ma", "staff@sil.ma"]
    wrong = await change(ask, "giftCardResend", card, email="nobody", channel=channel.slug)
    assert wrong["errors"] == [{"field": "email", "code": "INVALID"}]
    lost = await change(ask, "giftCardResend", card, email="a@example.ma", channel="none")
    assert lost["errors"] == [{"field": "channel", "code": "NOT_FOUND"}]
    nobodys = await make_gift_card(session)
    unsaid = await change(ask, "giftCardResend", nobodys, email=None, channel=channel.slug)
    assert unsaid["errors"] == [{"field": "email", "code": "REQUIRED"}]


async def test_an_expired_card_is_neither_sent_nor_opened(session: AsyncSession, ask: Ask) -> None:
    channel, card = await make_channel(session), await make_gift_card(session, is_active=False)
    card.expires_on = clock.now().date().replace(year=2020, day=1)
    sent = await change(ask, "giftCardResend", card, email="a@example.ma", channel=channel.slug)
    assert sent["errors"] == [{"field": "id", "code": "EXPIRED_GIFT_CARD"}]
    opened = await change(ask, "giftCardBulkActivate", card)
    assert opened == {"count": 0, "errors": [{"field": "ids", "code": "EXPIRED_GIFT_CARD"}]}


async def test_cards_are_closed_and_opened_together(session: AsyncSession, ask: Ask) -> None:
    card = await make_gift_card(session)
    for name, active in (("giftCardBulkDeactivate", False), ("giftCardBulkActivate", True)):
        for _ in range(2):
            assert (await change(ask, name, card))["count"] == 1
        assert await session.scalar(select(GiftCard.is_active)) is active
    kinds = await session.scalars(select(GiftCardEvent.type).order_by(GiftCardEvent.id))
    assert list(kinds)[1:] == [GiftCardEventType.DEACTIVATED, GiftCardEventType.ACTIVATED]


async def test_cards_are_given_away_by_the_dozen(session: AsyncSession, ask: Ask) -> None:
    given = {
        "count": 12,
        "balance": {"currency": "MAD", "amount": 20},
        "tags": ["Noël"],
        "isActive": True,
    }
    made = (await ask(BULK_CREATE, KEEPER, input=given))["data"]["giftCardBulkCreate"]
    assert (made["count"], made["errors"]) == (12, [])
    assert len({card["code"] for card in made["giftCards"]}) == 12
    assert all(card["tags"] == [{"name": "noël"}] for card in made["giftCards"])
    assert await owed(session) == 240_00
    for wrong, field in (
        ({"count": 0}, "count"),
        ({"count": 1001}, "count"),
        ({"balance": {"currency": "MAD", "amount": 0}}, "balance"),
        ({"balance": {"currency": "MAD", "amount": 0.001}}, "balance"),
        ({"expiryDate": "2001-01-01"}, "expiryDate"),
        ({"tags": ["x" * 300]}, "tags"),
    ):
        refused = (await ask(BULK_CREATE, KEEPER, input=given | wrong))["data"]["giftCardBulkCreate"]
        assert refused == {"count": 0, "giftCards": [], "errors": [{"field": field, "code": "INVALID"}]}
    assert await owed(session) == 240_00


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_only_keepers_of_cards_touch_them(session: AsyncSession, ask: Ask, name: str) -> None:
    card = await make_gift_card(session)
    given = {"input": {}, "amount": 1, "user": "x", "message": "x", "email": None, "channel": "x"}
    variables = {key: value for key, value in given.items() if f"${key}:" in DOCUMENTS[name]}
    card_id = to_global_id("GiftCard", card.id)
    answer = await ask(DOCUMENTS[name], staff("MANAGE_ORDERS"), id=card_id, **variables)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    lost = await ask(DOCUMENTS[name], KEEPER, id=to_global_id("GiftCard", 0), **variables)
    (error,) = lost["data"][name]["errors"]
    assert error["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"isActive": False}, ["CCCCCCCC"]),
        ({"tags": ["noël"]}, ["AAAAAAAA"]),
        ({"used": False, "currency": "eur"}, ["BBBBBBBB"]),
        ({"currency": "MAD", "currentBalance": {"gte": 30, "lte": 50.001}}, ["AAAAAAAA"]),
        ({"currency": "MAD", "initialBalance": {"lte": 20}}, ["CCCCCCCC"]),
        ({"code": "BBBBBBBB"}, ["BBBBBBBB"]),
        ({"assignedTo": []}, []),
        ({"createdByEmail": "staff@sil.ma"}, ["CCCCCCCC"]),
    ],
)
async def test_cards_are_found(
    session: AsyncSession, read: Ask, filter_: dict[str, Any], found: list[str]
) -> None:
    await some_cards(session)
    listed = await read(LIST, KEEPER, filter=filter_)
    assert [edge["node"]["code"] for edge in listed["giftCards"]["edges"]] == found


async def some_cards(session: AsyncSession) -> None:
    maker = await make_staff(session, email="staff@sil.ma")
    await make_gift_card(session, 50_00, code="AAAAAAAA", tags=["noël"])
    await make_gift_card(session, 90_00, "EUR", code="BBBBBBBB")
    closed = await make_gift_card(session, 20_00, code="CCCCCCCC", created_by=maker)
    await set_active(session, closed, None, active=False)


@pytest.mark.parametrize("term", ["aaaaaaaa", "AAAA", "Noël"])
async def test_cards_are_searched(session: AsyncSession, read: Ask, term: str) -> None:
    await some_cards(session)
    listed = await read(LIST, KEEPER, search=term)
    assert [edge["node"]["code"] for edge in listed["giftCards"]["edges"]] == ["AAAAAAAA"]


@pytest.mark.parametrize("field", ["CURRENT_BALANCE", "CREATED_AT", "PRODUCT", "USED_BY"])
async def test_cards_are_sorted(session: AsyncSession, read: Ask, field: str) -> None:
    await some_cards(session)
    orders = [
        await read(LIST, KEEPER, sort={"field": field, "direction": direction})
        for direction in ("ASC", "DESC")
    ]
    up, down = [[edge["node"]["code"] for edge in each["giftCards"]["edges"]] for each in orders]
    assert up == down[::-1]
    assert len(up) == 3


async def test_amounts_are_of_one_currency(session: AsyncSession, ask: Ask) -> None:
    answer = await ask(LIST, KEEPER, filter={"currentBalance": {"gte": 1}})
    assert "currency" in answer["errors"][0]["message"]


async def test_currencies_and_tags_are_listed(session: AsyncSession, read: Ask) -> None:
    await some_cards(session)
    document = """{ giftCardCurrencies giftCardTags(first: 5, filter: {search: "noe"}) {
      edges { node { name } } } }"""
    assert await read(document, KEEPER) == {
        "giftCardCurrencies": ["EUR", "MAD"],
        "giftCardTags": {"edges": [{"node": {"name": "noël"}}]},
    }
