"""Letters about accounts: in their reader's language, over SMTP, with a link that works, and only once."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.people import accounts, mail_tokens
from marketplace.people.accounts import Registration
from marketplace.people.letters import AccountLetter, ask_for_letter
from marketplace.people.mail_tokens import Purpose
from marketplace.people.models import User
from marketplace.people.service import user_by_email
from tests.factories.people import make_user
from tests.post.conftest import PostOffice, link_of, text_of, work

ADDRESS = "salma@example.test"
PAGE = "https://shop.test/confirm?from=letter"
SUBJECTS = {
    AccountLetter.CONFIRM_ACCOUNT: ("Confirmez votre adresse", "أكّد بريدك", "Confirm your e-mail"),
    AccountLetter.RESET_PASSWORD: ("Choisissez un nouveau", "اختر كلمة سر", "Choose a new password"),
    AccountLetter.SET_PASSWORD: ("Votre compte vous attend", "حسابك في انتظارك", "Your account is waiting"),
    AccountLetter.CHANGE_EMAIL: (
        "Confirmez votre nouvelle",
        "أكّد بريدك الإلكتروني الجديد",
        "Confirm your new",
    ),
    AccountLetter.EMAIL_CHANGED: ("L’adresse e-mail de votre", "تغيّر البريد", "The e-mail address of your"),
    AccountLetter.DELETE_ACCOUNT: ("Supprimer votre compte", "حذف حسابك", "Delete your account"),
}


async def ask(
    database: Database,
    letter: AccountLetter,
    language: str = "fr",
    email: str | None = None,
    address: str = ADDRESS,
) -> User:
    async with database.transaction() as session:
        user = await user_by_email(session, address) or await make_user(session, email=address)
        user.language_code = language
        url = None if letter is AccountLetter.EMAIL_CHANGED else PAGE
        await ask_for_letter(session, letter, user, redirect_url=url, email=email)
        return user


async def test_every_letter_goes_out_in_its_readers_language(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    for letter in AccountLetter:
        for language in ("fr", "ar-ma", "en"):
            await ask(database, letter, language, address=f"{language}@example.test")
    await work(mailing)
    subjects = [message["Subject"] for message in post_office.arrived]
    assert len(subjects) == len(AccountLetter) * 3
    for beginnings in SUBJECTS.values():
        for beginning in beginnings:
            assert any(subject.startswith(beginning) for subject in subjects), beginning


async def test_a_letter_is_what_mail_programs_want(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    await ask(database, AccountLetter.RESET_PASSWORD, "ar")
    await work(mailing)
    (message,) = post_office.arrived
    assert message["From"] == "Le marché <bonjour@shop.test>"
    assert message["Message-ID"].endswith("@shop.test>")
    assert message["Auto-Submitted"] == "auto-generated"
    html = text_of(message, "html")
    assert '<html lang="ar" dir="rtl">' in html
    assert "كلمة سر" in html
    assert link_of(message).replace("&", "&amp;") in html


async def test_who_reads_another_language_is_written_to_in_french(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    await ask(database, AccountLetter.CONFIRM_ACCOUNT, "pt-br")
    await work(mailing)
    assert post_office.arrived[0]["Content-Language"] == "fr"


async def test_a_link_leads_where_the_client_said_with_the_address_and_a_token_that_works(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    user = await ask(database, AccountLetter.RESET_PASSWORD)
    await work(mailing)
    url = urlsplit(link_of(post_office.arrived[0]))
    said = parse_qs(url.query)
    assert (url.netloc, url.path, said["from"], said["email"]) == (
        "shop.test",
        "/confirm",
        ["letter"],
        [ADDRESS],
    )
    assert mail_tokens.check(mailing, Purpose.SET_PASSWORD, user, said["token"][0]) is user


async def test_a_new_address_is_written_to_at_once_and_the_old_one_is_told(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    user = await ask(database, AccountLetter.CHANGE_EMAIL, email="new@example.test")
    await work(mailing)
    (message,) = post_office.to("new@example.test")
    token = parse_qs(urlsplit(link_of(message)).query)["token"][0]
    async with database.transaction() as session:
        user = await session.get_one(User, user.id)
        await accounts.change_email(session, mailing, user, token)
    await work(mailing)
    assert [told["Subject"][:20] for told in post_office.to(ADDRESS)] == ["L’adresse e-mail de "]


async def test_a_job_told_twice_sends_one_letter(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    await ask(database, AccountLetter.RESET_PASSWORD)
    await work(mailing)
    async with database.transaction() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET status = 'todo' WHERE task_name ~ '^post'"))
    await work(mailing)
    assert len(post_office.arrived) == 1


async def test_nobody_is_written_to_for_an_account_that_is_not_there(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    async with database.transaction() as session:
        await accounts.ask_for_password_reset(session, mailing, "nobody@example.test", "https://shop.test/x")
        closed = await make_user(session, is_active=False)
        await ask_for_letter(session, AccountLetter.RESET_PASSWORD, closed, redirect_url=PAGE)
    await work(mailing)
    assert post_office.arrived == []


@pytest.mark.parametrize(
    ("answer", "status"), [("550 no such mailbox", "failed"), ("451 try again later", "todo")]
)
async def test_what_is_refused_for_good_is_given_up_and_the_rest_is_tried_again(
    database: Database, mailing: Settings, post_office: PostOffice, answer: str, status: str
) -> None:
    post_office.answer = answer
    await ask(database, AccountLetter.RESET_PASSWORD)
    await work(mailing)
    query = text("SELECT status::text FROM procrastinate_jobs WHERE task_name = 'post.account_letter'")
    async with database.transaction() as session:
        assert (await session.execute(query)).scalar_one() == status
        post_office.answer = None
        await session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    await work(mailing)
    assert len(post_office.arrived) == (status == "todo")


async def test_a_registration_is_confirmed_by_its_letter(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    given = Registration(email=ADDRESS, password="un tapis très ancien", redirect_url=PAGE)
    async with database.transaction() as session:
        assert await accounts.register(session, mailing, given) is not None
    await work(mailing)
    said = parse_qs(urlsplit(link_of(post_office.arrived[0])).query)
    async with database.transaction() as session:
        user = await accounts.confirm(session, mailing, said["email"][0], said["token"][0])
        assert user.is_confirmed


async def test_without_a_mail_server_a_developer_finds_the_letter_in_a_file_with_a_link_that_works(
    database: Database, mailing: Settings, tmp_path: Path
) -> None:
    here = mailing.model_copy(update={"smtp_url": None, "data_dir": tmp_path})
    await ask(database, AccountLetter.CONFIRM_ACCOUNT)
    await work(here)
    (kept,) = (tmp_path / "letters").iterdir()
    text_of_it = kept.read_text(encoding="utf-8")
    assert text_of_it.startswith(f"To: {ADDRESS}\nSubject: Confirmez votre adresse")
    (found,) = re.findall(r"https://\S+", text_of_it)
    token = parse_qs(urlsplit(found).query)["token"][0]
    async with database.transaction() as session:
        user = await user_by_email(session, ADDRESS)
        assert user is not None
        assert mail_tokens.check(here, Purpose.CONFIRM_ACCOUNT, user, token) is user


async def test_in_production_a_letter_without_a_mail_server_leaves_no_copy(
    database: Database, mailing: Settings, tmp_path: Path
) -> None:
    here = mailing.model_copy(update={"smtp_url": None, "data_dir": tmp_path, "environment": "production"})
    await ask(database, AccountLetter.CONFIRM_ACCOUNT)
    await work(here)
    assert not (tmp_path / "letters").exists()
