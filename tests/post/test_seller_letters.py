"""Letters and text messages to sellers: in their reader's language, with links that lead to the question."""

from pathlib import Path
from typing import Any

import pytest

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.pages.languages import languages
from marketplace.pages.seller_letters import TEXTS, WORDS, about_seller, text_about_seller
from marketplace.post.sending import templates_for
from marketplace.vendors import bank_changes
from marketplace.vendors.bank_changes import NewAccount
from marketplace.vendors.bank_models import BankChange
from marketplace.vendors.letters import VendorLetter
from marketplace.vendors.links import LinkPurpose, opened
from marketplace.vendors.models import BankAccountKind
from tests.factories.vendors import make_vendor
from tests.post.conftest import PostOffice, link_of, text_of, work

VALUES: dict[str, Any] = {
    "seller": "Coopérative <Tifawin>",
    "url": "https://shop.test/fr/v/abc",
    "words": "Signez les statuts.",
    "ending": "4921",
    "name": "Morocco Handmade",
    "last_day": "3 janvier 2027",
    "document": "statuts.pdf",
    "agent": "Salma Idrissi",
    "days": "30",
}


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("letter", VendorLetter)
def test_every_letter_is_written_in_every_language(letter: VendorLetter, language: str) -> None:
    written = about_seller(templates_for("https://shop.test"), letter, languages()[language], VALUES)
    words = WORDS[letter]
    assert "%(" not in written.subject + written.text + written.html
    assert (written.subject == words.subject) is (language == "fr")
    assert "<Tifawin>" not in written.html
    assert "Signez les statuts." in written.text
    assert ("https://shop.test/fr/v/abc" in written.text) is bool(words.button)
    direction = "rtl" if language == "ar" else "ltr"
    assert f'dir="{direction}"' in written.html


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("letter", TEXTS)
def test_a_text_message_ends_with_its_link(letter: VendorLetter, language: str) -> None:
    text = text_about_seller(templates_for("https://shop.test"), letter, languages()[language], VALUES)
    assert text.endswith(" https://shop.test/fr/v/abc")
    assert "4921" in text
    assert "\n" not in text


async def test_the_contact_of_an_account_is_asked_by_letter_and_by_text_message(
    database: Database, mailing: Settings, post_office: PostOffice, tmp_path: Path
) -> None:
    settings = mailing.model_copy(update={"data_dir": tmp_path, "secret_key": database.settings.secret_key})
    async with database.transaction() as session:
        vendor = await make_vendor(
            session, email="tifawin@example.test", phone="+212600000001", language_code="ar"
        )
        number = "011519000001205000534921"
        account = NewAccount(kind=BankAccountKind.RIB, holder="Tifawin", bank_name="", number=number)
        change: BankChange = await bank_changes.ask_to_change(
            session, database.settings, vendor.id, account, actor_id=None
        )
        key = change.id
    await work(settings)
    (message,) = post_office.to("tifawin@example.test")
    assert message["Content-Language"] == "ar"
    address, _, token = link_of(message).rpartition("/")
    assert address == "https://shop.test/ar/v"
    assert opened(settings, token) == (LinkPurpose.BANK_CONFIRMATION, key)
    (sms,) = (tmp_path / "sms").iterdir()
    said = sms.read_text(encoding="utf-8")
    assert said.startswith("To: +212600000001\n")
    assert token in said
    for told in (text_of(message), said):
        assert number not in told
