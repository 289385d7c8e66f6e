"""Who is told that a seller is to be paid into an account at Stripe."""

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payouts.connect import accounts
from marketplace.vendors.models import MemberRole
from tests.factories.people import make_user
from tests.factories.stripe import on_stand_in
from tests.factories.vendors import make_member, make_vendor
from tests.post.conftest import PostOffice, text_of, work


async def test_whoever_owns_a_seller_is_told_that_an_account_was_asked_for(
    database: Database, mailing: Settings, post_office: PostOffice, stripe_stand_in: StripeStandIn
) -> None:
    settings = on_stand_in(mailing, stripe_stand_in)
    async with database.transaction() as session:
        vendor = await make_vendor(session, name="Atelier", country_code="FR", email="own@x.test")
        owner = await make_user(session, language_code="ar")
        thief = await make_user(session)
        await make_member(session, vendor, owner)
        await make_member(session, vendor, thief, MemberRole.TREASURER)
        await accounts.begin(session, settings, vendor.id, thief.id)
        await accounts.begin(session, settings, vendor.id, thief.id)
    await work(mailing)
    (letter,) = post_office.to("own@x.test")
    assert letter["Subject"] == "Un compte Stripe pour Atelier"
    assert "Rien n’y sera versé avant le" in text_of(letter)
    (letter,) = post_office.to(owner.email)
    assert letter["Subject"] == "حساب Stripe لـ Atelier"
    assert post_office.to(thief.email) == []

    async with database.transaction() as session:
        await accounts.disconnect(session, vendor.id, owner.id)
        await accounts.begin(session, settings, vendor.id, thief.id)
    await work(mailing)
    assert len(post_office.to(owner.email)) == 2
