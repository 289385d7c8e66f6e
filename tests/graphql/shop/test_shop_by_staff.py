"""The shop as staff set it up: what they choose holds from then on."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.errors import QuantityLimitError
from marketplace.inventory.models import Reservation
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.markets.shop_settings import settings_in_force, shop_settings
from marketplace.people.models import Address, StaffNotificationRecipient, User
from tests.factories.checkout import make_cart, make_market, make_piece
from tests.factories.content import make_page_type
from tests.factories.markets import make_channel
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, Told, buyer, staff

SETTER = staff("MANAGE_SETTINGS", "MANAGE_STAFF")
READS = """
  name headerText description trackInventoryByDefault fulfillmentAutoApprove fulfillmentAllowUnpaid
  defaultMailSenderName defaultMailSenderAddress customerSetPasswordUrl
  reserveStockDurationAnonymousUser reserveStockDurationAuthenticatedUser limitQuantityPerCheckout
  enableAccountConfirmationByEmail allowLoginWithoutConfirmation accountConfirmMergeMode
  metadata { key value } privateMetadata { key value }
"""
UPDATE = f"""
mutation ($input: ShopSettingsInput!) {{ shopSettingsUpdate(input: $input) {{
  shop {{ {READS} }} errors {{ field code }} shopErrors {{ code }} }} }}
"""
CHOSEN: dict[str, Any] = {
    "name": "Souk",
    "headerText": "Bienvenue",
    "description": "Des artisans",
    "trackInventoryByDefault": False,
    "fulfillmentAutoApprove": False,
    "fulfillmentAllowUnpaid": False,
    "defaultMailSenderName": "Souk",
    "defaultMailSenderAddress": "souk@example.test",
    "customerSetPasswordUrl": "http://testserver/password",
    "reserveStockDurationAnonymousUser": 15,
    "reserveStockDurationAuthenticatedUser": 45,
    "limitQuantityPerCheckout": 7,
    "enableAccountConfirmationByEmail": False,
    "allowLoginWithoutConfirmation": True,
    "accountConfirmMergeMode": "REQUIRE_PASSWORD",
    "metadata": [{"key": "since", "value": "2019"}],
    "privateMetadata": [{"key": "plan", "value": "x"}],
}


async def test_what_staff_choose_is_told_and_what_they_leave_out_stays(
    read: Ask, session: AsyncSession, told: Told
) -> None:
    changed = await read(UPDATE, SETTER, input=CHOSEN | {"passwordLoginMode": "ENABLED"})
    assert changed["shopSettingsUpdate"] == {"shop": CHOSEN, "errors": [], "shopErrors": []}
    assert [event for event, _ in told] == ["SHOP_METADATA_UPDATED"]
    again = (await read(UPDATE, SETTER, input={"name": "Le souk"}))["shopSettingsUpdate"]
    assert again["shop"] == CHOSEN | {"name": "Le souk"}
    nothing = dict.fromkeys(name for name in CHOSEN if name not in ("name", "metadata", "privateMetadata"))
    emptied = (await read(UPDATE, SETTER, input=nothing))["shopSettingsUpdate"]["shop"]
    assert emptied == CHOSEN | {
        "name": "Le souk",
        "headerText": "",
        "description": "",
        "defaultMailSenderName": "SIL Marketplace",
        "defaultMailSenderAddress": "no-reply@localhost",
        "customerSetPasswordUrl": None,
        "reserveStockDurationAnonymousUser": None,
        "reserveStockDurationAuthenticatedUser": None,
        "limitQuantityPerCheckout": None,
    }


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": ""}, ("name", "REQUIRED")),
        ({"name": "x" * 51}, ("name", "INVALID")),
        ({"headerText": "x" * 201}, ("headerText", "INVALID")),
        ({"description": "x" * 501}, ("description", "INVALID")),
        ({"limitQuantityPerCheckout": 0}, ("limitQuantityPerCheckout", "INVALID")),
        (
            {"reserveStockDurationAnonymousUser": 2_000_000_000},
            ("reserveStockDurationAnonymousUser", "INVALID"),
        ),
        ({"defaultMailSenderName": "a\nb"}, ("defaultMailSenderName", "INVALID")),
        ({"defaultMailSenderAddress": "nobody"}, ("defaultMailSenderAddress", "INVALID")),
        ({"customerSetPasswordUrl": "http://elsewhere.test"}, ("customerSetPasswordUrl", "INVALID")),
        ({"metadata": [{"key": "", "value": ""}]}, ("metadata", "REQUIRED")),
        ({"passwordLoginMode": "DISABLED"}, ("passwordLoginMode", "PASSWORD_AUTH_RESTRICTION")),
        ({"passwordLoginMode": "CUSTOMERS_ONLY"}, ("passwordLoginMode", "PASSWORD_AUTH_RESTRICTION")),
    ],
)
async def test_a_wrong_choice_changes_nothing(
    read: Ask, session: AsyncSession, given: dict[str, Any], error: tuple[str, str]
) -> None:
    refused = await read(UPDATE, SETTER, input={"trackInventoryByDefault": False} | given)
    assert [(each["field"], each["code"]) for each in refused["shopSettingsUpdate"]["errors"]] == [error]
    assert (await shop_settings(session)).track_inventory_by_default


async def test_the_shops_choices_stand_before_the_installations(
    read: Ask, session: AsyncSession, settings: Settings
) -> None:
    assert await settings_in_force(session, settings) == settings
    await read(UPDATE, SETTER, input=CHOSEN)
    chosen = await settings_in_force(session, settings)
    assert (chosen.account_confirmation, chosen.sign_in_unconfirmed) == (False, True)
    assert (chosen.account_confirm_mode, chosen.mail_sender_name) == ("REQUIRE_PASSWORD", "Souk")
    await make_channel(session)
    register = """
    mutation { accountRegister(input: {email: "a@example.test", password: "le tapis de Taznakht"}) {
      requiresConfirmation errors { field code } } }
    """
    assert (await read(register))["accountRegister"] == {"requiresConfirmation": False, "errors": []}


@pytest.mark.parametrize(("name", "is_guest"), [("Anonymous", True), ("Authenticated", False)])
async def test_pieces_are_kept_as_long_as_the_shop_says(
    read: Ask, session: AsyncSession, name: str, is_guest: bool
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel, stock=10)
    other = "Authenticated" if is_guest else "Anonymous"
    chosen = {f"reserveStockDuration{name}User": 15, f"reserveStockDuration{other}User": 0}
    await read(UPDATE, SETTER, input=chosen)
    guest = await make_cart(session, market.channel, piece)
    customer = await make_cart(session, market.channel, piece, user=await make_user(session))
    keeping = guest if is_guest else customer
    until = (await session.scalars(select(Reservation.reserved_until))).one()
    assert 14 * 60 < (until - keeping.updated_at).total_seconds() < 16 * 60


async def test_a_shop_without_a_limit_sells_any_number(read: Ask, session: AsyncSession) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel, stock=1000)
    with pytest.raises(QuantityLimitError):
        await make_cart(session, market.channel, piece, quantity=51)
    await read(UPDATE, SETTER, input={"limitQuantityPerCheckout": None})
    await make_cart(session, market.channel, piece, quantity=51)
    question = """query ($id: ID!, $channel: String) {
      productVariant(id: $id, channel: $channel) { quantityAvailable } }"""
    found = await read(question, id=to_global_id("ProductVariant", piece.id), channel=market.channel.slug)
    assert found["productVariant"]["quantityAvailable"] == 949


TRANSLATE = """
mutation ($input: ShopSettingsTranslationInput!) {
  shopSettingsTranslate(input: $input, languageCode: AR) {
    shop { translation(languageCode: AR) { headerText description } }
    errors { field code } translationErrors { code } } }
"""


async def test_the_shops_texts_are_translated(read: Ask) -> None:
    translator = staff("MANAGE_TRANSLATIONS")
    made = (await read(TRANSLATE, translator, input={"headerText": "مرحبا"}))["shopSettingsTranslate"]
    assert made["shop"] == {"translation": {"headerText": "مرحبا", "description": ""}}
    more = (await read(TRANSLATE, translator, input={"description": "حرفيون"}))["shopSettingsTranslate"]
    assert more["shop"] == {"translation": {"headerText": "مرحبا", "description": "حرفيون"}}
    assert (await read(TRANSLATE, translator, input={}))["shopSettingsTranslate"]["errors"] == []
    refused = (await read(TRANSLATE, translator, input={"headerText": "x" * 201}))["shopSettingsTranslate"]
    assert refused["errors"] == [{"field": "headerText", "code": "INVALID"}]
    assert refused["translationErrors"] == [{"code": "INVALID"}]


ADDRESS = """
mutation ($input: AddressInput) { shopAddressUpdate(input: $input) {
  shop { companyAddress { city companyName } } errors { field code } } }
"""
RABAT = {
    "companyName": "SIL",
    "streetAddress1": "3 rue des Oudayas",
    "city": "Rabat",
    "postalCode": "10000",
    "country": "MA",
}


async def test_the_shop_says_where_it_is_to_be_found(read: Ask, session: AsyncSession) -> None:
    made = (await read(ADDRESS, SETTER, input=RABAT))["shopAddressUpdate"]
    assert (made["shop"]["companyAddress"]["city"], made["errors"]) == ("RABAT", [])
    moved = (await read(ADDRESS, SETTER, input=RABAT | {"city": "Fès"}))["shopAddressUpdate"]
    assert moved["shop"]["companyAddress"]["city"] == "FÈS"
    assert len(list(await session.scalars(select(Address)))) == 1
    refused = (await read(ADDRESS, SETTER, input={"country": "MA", "city": "Fès"}))["shopAddressUpdate"]
    assert refused["errors"] == [{"field": "streetAddress1", "code": "REQUIRED"}]
    gone = (await read(ADDRESS, SETTER))["shopAddressUpdate"]
    assert gone == {"shop": {"companyAddress": None}, "errors": []}
    assert list(await session.scalars(select(Address))) == []


async def test_the_domain_is_the_installations_and_the_name_the_shops(read: Ask) -> None:
    rename = """
    mutation ($input: SiteDomainInput) { shopDomainUpdate(input: $input) {
      shop { name domain { host } } errors { field code } } }
    """
    done = (await read(rename, SETTER, input={"name": "Souk", "domain": "testserver"}))["shopDomainUpdate"]
    assert done == {"shop": {"name": "Souk", "domain": {"host": "testserver"}}, "errors": []}
    refused = (await read(rename, SETTER, input={"domain": "elsewhere.test"}))["shopDomainUpdate"]
    assert refused["errors"] == [{"field": "domain", "code": "INVALID"}]
    assert (await read(rename, SETTER))["shopDomainUpdate"]["errors"] == []


RECIPIENT = "staffNotificationRecipient { id email active user { email } } errors { field code }"
ADD = f"""
mutation ($input: StaffNotificationRecipientInput!) {{
  staffNotificationRecipientCreate(input: $input) {{ {RECIPIENT} }} }}
"""
CHANGE = f"""
mutation ($id: ID!, $input: StaffNotificationRecipientInput!) {{
  staffNotificationRecipientUpdate(id: $id, input: $input) {{ {RECIPIENT} }} }}
"""
REMOVE = f"mutation ($id: ID!) {{ staffNotificationRecipientDelete(id: $id) {{ {RECIPIENT} }} }}"


@pytest.fixture
async def driss(session: AsyncSession) -> User:
    return await make_staff(session, email="driss@example.test")


async def test_staff_and_others_are_written_to_about_orders(
    read: Ask, session: AsyncSession, driss: User
) -> None:
    own = {"user": to_global_id("User", driss.id)}
    first = (await read(ADD, SETTER, input=own))["staffNotificationRecipientCreate"]
    assert first["errors"] == []
    recipient = first["staffNotificationRecipient"]
    assert (recipient["email"], recipient["active"]) == (driss.email, True)
    assert recipient["user"] == {"email": driss.email}
    second = await read(ADD, SETTER, input={"email": "Shop@Example.test", "active": False})
    other = second["staffNotificationRecipientCreate"]["staffNotificationRecipient"]
    assert (other["email"], other["active"], other["user"]) == ("shop@example.test", False, None)
    listed = "{ shop { staffNotificationRecipients { email active } } }"
    assert (await read(listed, SETTER))["shop"]["staffNotificationRecipients"] == [
        {"email": driss.email, "active": True},
        {"email": "shop@example.test", "active": False},
    ]
    changed = await read(CHANGE, SETTER, id=other["id"], input={"active": True})
    assert changed["staffNotificationRecipientUpdate"]["staffNotificationRecipient"]["active"]
    moved = await read(CHANGE, SETTER, id=other["id"], input={"email": "new@example.test"})
    assert (
        moved["staffNotificationRecipientUpdate"]["staffNotificationRecipient"]["email"] == "new@example.test"
    )
    gone = (await read(REMOVE, SETTER, id=other["id"]))["staffNotificationRecipientDelete"]
    assert gone["staffNotificationRecipient"]["email"] == "new@example.test"
    assert len(list(await session.scalars(select(StaffNotificationRecipient)))) == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, ("staffNotification", "REQUIRED")),
        ({"email": "nobody"}, ("email", "INVALID")),
        ({"email": "driss@example.test"}, ("email", "UNIQUE")),
        ({"email": "customer@example.test"}, ("email", "INVALID")),
        ({"user": to_global_id("User", 0)}, ("user", "NOT_FOUND")),
    ],
)
async def test_who_can_not_be_written_to_is_refused(
    read: Ask, session: AsyncSession, driss: User, given: dict[str, Any], error: tuple[str, str]
) -> None:
    await make_user(session, email="customer@example.test")
    await read(ADD, SETTER, input={"user": to_global_id("User", driss.id)})
    refused = await read(ADD, staff("MANAGE_SETTINGS", "MANAGE_USERS"), input=given)
    errors = refused["staffNotificationRecipientCreate"]["errors"]
    assert [(each["field"], each["code"]) for each in errors] == [error]


async def test_nobody_in_particular_is_not_written_to(read: Ask, session: AsyncSession) -> None:
    made = (await read(ADD, SETTER, input={"email": "a@example.test"}))["staffNotificationRecipientCreate"]
    key = made["staffNotificationRecipient"]["id"]
    refused = await read(CHANGE, SETTER, id=key, input={"email": None})
    assert refused["staffNotificationRecipientUpdate"]["errors"] == [
        {"field": "staffNotification", "code": "INVALID"}
    ]


GIFT_CARDS = """
mutation ($input: GiftCardSettingsUpdateInput!) { giftCardSettingsUpdate(input: $input) {
  giftCardSettings { expiryType expiryPeriod { amount type } } errors { field code } } }
"""


async def test_bought_gift_cards_are_good_as_long_as_the_shop_says(read: Ask) -> None:
    keeper = staff("MANAGE_GIFT_CARD")
    question = "{ giftCardSettings { expiryType expiryPeriod { amount type } } }"
    never = {"expiryType": "NEVER_EXPIRE", "expiryPeriod": None}
    assert await read(question, keeper) == {"giftCardSettings": never}
    year = {"expiryType": "EXPIRY_PERIOD", "expiryPeriod": {"amount": 1, "type": "YEAR"}}
    assert (await read(GIFT_CARDS, keeper, input=year))["giftCardSettingsUpdate"] == {
        "giftCardSettings": year,
        "errors": [],
    }
    for given, error in (
        ({"expiryType": "EXPIRY_PERIOD"}, ("expiryPeriod", "REQUIRED")),
        ({"expiryPeriod": {"amount": 0, "type": "DAY"}}, ("expiryPeriod", "INVALID")),
        ({}, ("expiryPeriod", "REQUIRED")),
    ):
        refused = (await read(GIFT_CARDS, keeper, input=given))["giftCardSettingsUpdate"]["errors"]
        assert [(each["field"], each["code"]) for each in refused] == [error]
    assert await read(question, keeper) == {"giftCardSettings": year}
    back = {"expiryType": "NEVER_EXPIRE", "expiryPeriod": {"amount": 3, "type": "DAY"}}
    done = (await read(GIFT_CARDS, keeper, input=back))["giftCardSettingsUpdate"]
    assert done["giftCardSettings"] == never


@pytest.mark.parametrize("what", ["refund", "return"])
async def test_pages_of_a_type_are_reasons(read: Ask, session: AsyncSession, what: str) -> None:
    kind = await make_page_type(session, name="Motifs", slug="reasons")
    settings, given = f"{what}Settings", f"{what}ReasonReferenceType"
    question = f"{{ {settings} {{ reasonReferenceType {{ slug }} }} }}"
    update = f"""
    mutation ($id: ID!) {{ {settings}Update(input: {{{given}: $id}}) {{
      {settings} {{ reasonReferenceType {{ slug }} }} errors {{ field code }}
      {settings}Errors {{ code }} }} }}
    """
    done = (await read(update, SETTER, id=to_global_id("PageType", kind.id)))[f"{settings}Update"]
    assert done == {
        settings: {"reasonReferenceType": {"slug": "reasons"}},
        "errors": [],
        f"{settings}Errors": [],
    }
    assert await read(question, staff()) == {settings: {"reasonReferenceType": {"slug": "reasons"}}}
    refused = (await read(update, SETTER, id=to_global_id("PageType", 0)))[f"{settings}Update"]
    code = "INVALID" if what == "refund" else "NOT_FOUND"
    assert refused["errors"] == [{"field": given, "code": code}]
    clear = f"mutation {{ {what}ReasonReferenceClear {{ {settings} {{ reasonReferenceType {{ slug }} }} }} }}"
    assert await read(clear, SETTER) == {
        f"{what}ReasonReferenceClear": {settings: {"reasonReferenceType": None}}
    }


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (UPDATE, {"input": {}}),
        (TRANSLATE, {"input": {}}),
        (ADDRESS, {"input": None}),
        ("mutation { shopDomainUpdate { errors { code } } }", {}),
        (ADD, {"input": {}}),
        (CHANGE, {"id": "x", "input": {}}),
        (REMOVE, {"id": "x"}),
        (GIFT_CARDS, {"input": {}}),
        (
            'mutation { refundSettingsUpdate(input: {refundReasonReferenceType: "x"}) { errors { code } } }',
            {},
        ),
        (
            'mutation { returnSettingsUpdate(input: {returnReasonReferenceType: "x"}) { errors { code } } }',
            {},
        ),
        ("mutation { refundReasonReferenceClear { errors { code } } }", {}),
        ("mutation { returnReasonReferenceClear { errors { code } } }", {}),
        ("{ giftCardSettings { expiryType } }", {}),
    ],
)
async def test_only_those_set_the_shop_up_who_may(
    ask: Ask, session: AsyncSession, document: str, given: dict[str, Any]
) -> None:
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_ORDERS")):
        answer = await ask(document, requester, **given)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
