"""Letters about accounts: a service asks for one, a job writes and sends it after the commit.

What makes a link work is made when the letter is written: no row of the queue can open an account.
"""

from enum import StrEnum
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import enqueue
from marketplace.people.models import User

JOB = "post.account_letter"


class AccountLetter(StrEnum):
    """What is written about; the templates in `storefront_templates/emails/` have these names."""

    CONFIRM_ACCOUNT = "confirm_account"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a letter, no password
    SET_PASSWORD = "set_password"  # noqa: S105
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    DELETE_ACCOUNT = "delete_account"


async def ask_for_letter(
    session: AsyncSession,
    letter: AccountLetter,
    user: User | None,
    *,
    redirect_url: str | None = None,
    email: str | None = None,
) -> None:
    """Have a letter sent to a user, or to another address that is theirs (or was).

    For nobody, as much is done here, and nothing is sent: what an answer takes gives no account away.
    """
    await enqueue(
        session,
        JOB,
        letter_id=uuid4(),
        letter=letter,
        user_id=user.id if user else None,
        redirect_url=redirect_url,
        email=email,
    )
