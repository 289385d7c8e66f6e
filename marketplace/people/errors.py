"""What people can get wrong: names are Saleor's error codes, messages are for the person who reads them."""

from datetime import datetime

from marketplace.kit.errors import DomainError


class InvalidCredentialsError(DomainError):
    """The same for an unknown address and a wrong password: nobody learns which addresses exist."""

    code = "INVALID_CREDENTIALS"
    keeps_changes = True
    """The attempt has been counted."""

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is not right.", field="email")


class WrongPasswordError(DomainError):
    """Somebody who is signed in, or has a link, does not know the account's password."""

    code = "INVALID_CREDENTIALS"
    keeps_changes = True


class AttemptDelayedError(DomainError):
    """Too many attempts: the next one is not looked at before a moment."""

    code = "LOGIN_ATTEMPT_DELAYED"

    def __init__(self, until: datetime, field: str | None = "email", code: str | None = None) -> None:
        when = until.isoformat(timespec="seconds")
        super().__init__(f"Too many attempts. The next one is possible at {when}.", field=field, code=code)
        self.until = until


class StaffAccountError(DomainError):
    code = "DELETE_STAFF_ACCOUNT"


class LinkError(DomainError):
    """A link of a letter is out of date, was used, or is none of ours: the three read the same."""

    def __init__(self, code: str = "INVALID") -> None:
        super().__init__("This link is not valid, or no longer.", field="token", code=code)


class InactiveAccountError(DomainError):
    code = "INACTIVE"


class UnconfirmedAccountError(DomainError):
    code = "ACCOUNT_NOT_CONFIRMED"


class PasswordTooShortError(DomainError):
    code = "PASSWORD_TOO_SHORT"


class PasswordTooCommonError(DomainError):
    code = "PASSWORD_TOO_COMMON"


class PasswordEntirelyNumericError(DomainError):
    code = "PASSWORD_ENTIRELY_NUMERIC"


class PasswordTooSimilarError(DomainError):
    code = "PASSWORD_TOO_SIMILAR"


class EmailTakenError(DomainError):
    code = "UNIQUE"


class RefreshTokenError(DomainError):
    """A refresh token that buys no new access token; its code says why."""

    code = "JWT_INVALID_TOKEN"


class TokenError(Exception):
    """A request carries a token that can't be trusted: the whole request is refused.

    `code` is what clients look for in `extensions.exception.code`: the exception names of PyJWT, which
    Saleor passes on.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
