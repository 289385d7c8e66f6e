"""Letters and text messages to sellers, and to whoever is asked to work for one."""

from uuid import UUID

from marketplace.kit.jobs import Retry, Work, job
from marketplace.pages.formats import day
from marketplace.pages.languages import Language
from marketplace.pages.seller_letters import about_seller, text_about_seller
from marketplace.people.service import user_by_email
from marketplace.post.sending import language_of, send_once, templates_for
from marketplace.post.sms import Message, send_sms_once
from marketplace.vendors import links
from marketplace.vendors.letters import JOB, SMS_JOB, VendorLetter
from marketplace.vendors.links import LinkPurpose
from marketplace.vendors.models import Vendor

PATIENT = Retry(times=10, first_wait_seconds=10)
PURPOSES = {
    VendorLetter.INVITATION: LinkPurpose.INVITATION,
    VendorLetter.DELEGATION_ASKED: LinkPurpose.DELEGATION,
    VendorLetter.BANK_CONFIRM: LinkPurpose.BANK_CONFIRMATION,
    VendorLetter.BANK_CHANGED: LinkPurpose.BANK_UNDOING,
}
"""The letters that have a button, and what it is for."""


@job(JOB, retry=PATIENT)
async def vendor_letter(
    work: Work,
    letter_id: UUID,
    letter: VendorLetter,
    vendor_id: int,
    email: str,
    about: UUID | None,
    said: dict[str, str],
) -> None:
    """In the language of the address's account; of an address without one in the seller's."""
    vendor = await work.session.get(Vendor, vendor_id)
    if vendor is None:
        return
    user = await user_by_email(work.session, email)
    language = language_of(user.language_code if user else vendor.language_code)
    values = _values(work, letter, vendor, language, about, said)
    written = about_seller(templates_for(work.settings.public_url), letter, language, values)
    await send_once(work, f"seller:{letter}:{letter_id}", email, language, written)


@job(SMS_JOB, retry=PATIENT)
async def vendor_sms(
    work: Work,
    letter_id: UUID,
    letter: VendorLetter,
    vendor_id: int,
    phone: str,
    about: UUID,
    said: dict[str, str],
) -> None:
    """In the seller's language."""
    vendor = await work.session.get(Vendor, vendor_id)
    if vendor is None:
        return
    language = language_of(vendor.language_code)
    values = _values(work, letter, vendor, language, about, said)
    text = text_about_seller(templates_for(work.settings.public_url), letter, language, values)
    await send_sms_once(work, Message(f"seller:sms:{letter}:{letter_id}", phone, text))


def _values(
    work: Work,
    letter: VendorLetter,
    vendor: Vendor,
    language: Language,
    about: UUID | None,
    said: dict[str, str],
) -> dict[str, str | None]:
    """The link is made now, so that no row of the queue can answer in the reader's place."""
    values: dict[str, str | None] = {"seller": vendor.name, "url": None, **said}
    if "last_day" in said:
        values["last_day"] = day(said["last_day"], language.locale)
    if about is not None and letter in PURPOSES:
        token = links.token_of(work.settings, PURPOSES[letter], about)
        values["url"] = f"{work.settings.public_url}/{language.code}/v/{token}"
    return values
