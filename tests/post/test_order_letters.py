"""What an order causes: a letter to its buyer, one to each seller's members, and a line of history."""

from sqlalchemy import select, text

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.markets.shop_settings import shop_settings
from marketplace.orders.cancelling import cancel_order
from marketplace.orders.confirming import confirm
from marketplace.orders.draft_completion import complete_draft
from marketplace.orders.fulfilment import fulfil
from marketplace.orders.letters import OrderLetter, write_to_buyer
from marketplace.orders.models import OrderStatus
from marketplace.people.models import CustomerEvent, StaffNotificationRecipient, User
from tests.factories.checkout import make_market, make_piece
from tests.factories.drafts import make_ready_draft
from tests.factories.orders import make_order, parts_of
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_member, make_vendor
from tests.post.conftest import PostOffice, text_of, work


async def ordered(database: Database, *, language: str = "fr", signed_in: bool = True) -> User:
    """An order from two sellers, the first of whom has two members; gives its buyer."""
    async with database.transaction() as session:
        market = await make_market(session)
        weavers = await make_vendor(session, name="Coopérative Tifawin")
        for name, code in (("aicha", "ar"), ("hind", "fr")):
            member = await make_user(session, email=f"{name}@example.test", language_code=code)
            await make_member(session, weavers, member)
        rug = await make_piece(session, market.channel, 120_00, vendor_id=weavers.id, name="Tapis d’Azilal")
        honey = await make_piece(session, market.channel, 80_00, name="Miel de thym")
        user = await make_user(session, email="salma@example.test")
        buyer = {"user": user} if signed_in else {}
        await make_order(session, market, rug, honey, language_code=language, **buyer)
        return user


async def test_a_buyer_and_each_member_of_the_sellers_get_their_letter(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    await ordered(database)
    await work(mailing)
    assert sorted(message["To"] for message in post_office.arrived) == [
        "aicha@example.test",
        "hind@example.test",
        "salma@example.test",
    ]
    (confirmation,) = post_office.to("salma@example.test")
    assert "Tapis d’Azilal" in text_of(confirmation)
    assert "Miel de thym" in text_of(confirmation)
    assert "https://shop.test/fr/orders/" in text_of(confirmation)


async def test_a_seller_reads_of_its_own_part_alone_and_each_member_in_their_language(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    await ordered(database)
    await work(mailing)
    (arabic,), (french,) = post_office.to("aicha@example.test"), post_office.to("hind@example.test")
    assert arabic["Content-Language"] == "ar"
    assert 'dir="rtl"' in text_of(arabic, "html")
    assert french["Subject"].startswith("Nouvelle commande")
    for message in (arabic, french):
        assert "Tapis d’Azilal" in text_of(message)
        assert "Miel de thym" not in text_of(message)
        assert "Ibn Batouta" in text_of(message)


async def test_a_guest_is_written_to_in_the_language_of_the_purchase(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    await ordered(database, language="ar", signed_in=False)
    await work(mailing)
    (confirmation,) = post_office.to("salma@example.test")
    assert confirmation["Content-Language"] == "ar"


async def test_an_order_told_twice_is_written_about_once(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    user = await ordered(database)
    await work(mailing)
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'succeeded'")
        )
    await work(mailing)
    assert len(post_office.arrived) == 3
    async with database.transaction() as session:
        events = await session.scalars(select(CustomerEvent.type).where(CustomerEvent.user_id == user.id))
        assert list(events) == ["PLACED_ORDER"]


async def test_those_of_the_staff_are_told_who_are_written_to_about_orders(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    async with database.transaction() as session:
        driss = await make_staff(session, email="driss@example.test", language_code="en")
        gone = await make_staff(session, email="gone@example.test", is_active=False)
        session.add_all(
            [
                StaffNotificationRecipient(user_id=driss.id),
                StaffNotificationRecipient(user_id=gone.id),
                StaffNotificationRecipient(email="shop@example.test"),
                StaffNotificationRecipient(email="quiet@example.test", is_active=False),
            ]
        )
        (await shop_settings(session)).mail_sender_name = "Le souk"
    await ordered(database)
    await work(mailing)
    told = sorted(message["To"] for message in post_office.arrived if "salma" in text_of(message))
    assert told == ["driss@example.test", "shop@example.test"]
    (english,) = post_office.to("driss@example.test")
    assert english["Subject"].startswith("New order")
    assert english["From"].startswith("Le souk")
    assert "Tapis d’Azilal" in text_of(english)
    assert "Miel de thym" in text_of(english, "html")


async def test_sellers_hear_of_an_order_once_staff_have_confirmed_it(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        weavers = await make_vendor(session)
        await make_member(session, weavers, await make_user(session, email="aicha@example.test"))
        rug = await make_piece(session, market.channel, vendor_id=weavers.id)
        draft = await make_ready_draft(session, market, rug)
        await complete_draft(session, draft.id, None)
        draft.status = OrderStatus.UNCONFIRMED
    await work(mailing)
    assert [message["To"] for message in post_office.arrived] == ["salma@example.test"]
    (first,) = post_office.arrived
    assert "Nous confirmerons" in text_of(first)
    assert "À payer au livreur" not in text_of(first)
    async with database.transaction() as session:
        await confirm(session, draft.id, None)
    await work(mailing)
    (_, second), (seller,) = post_office.to("salma@example.test"), post_office.to("aicha@example.test")
    assert second["Subject"].endswith("est confirmée")
    assert seller["Subject"].startswith("Nouvelle commande")


async def test_a_buyer_reads_what_has_become_of_the_order_in_the_language_of_the_purchase(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        sent, canceled = [
            await make_order(
                session,
                market,
                await make_piece(session, market.channel, name="Miel de thym"),
                language_code=code,
            )
            for code in ("fr", "ar")
        ]
        (part,) = await parts_of(session, sent)
        await fulfil(session, part.id, tracking_number="AM 123")
        await cancel_order(session, canceled.id)
        await write_to_buyer(session, sent, OrderLetter.ORDER_REFUNDED, None, said="12050")
        await write_to_buyer(session, sent, OrderLetter.PARCEL_TRACKING, None, said="AM 124")
        await write_to_buyer(session, sent, OrderLetter.PARCEL_SENT, None, about=999_999)
    await work(mailing)
    about = [message for message in post_office.arrived if "passée" not in message["Subject"]]
    texts = {str(message["Subject"]): text_of(message) for message in about}
    assert len(texts) == 5  # The second order's confirmation is Arabic, too.
    parcel = texts[f"Un colis de votre commande {sent.number} est en route"]
    assert "AM 123" in parcel
    assert "1 × Miel de thym" in parcel
    assert "120,50" in texts[f"Un remboursement pour votre commande {sent.number}"]
    assert "AM 124" in texts[f"Le suivi de votre commande {sent.number}"]
    assert f"أُلغيت طلبيتكم {canceled.number}" in texts
