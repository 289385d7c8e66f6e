"""What people can get wrong: names are Saleor's error codes, messages are for the person who reads them."""

from marketplace.kit.errors import DomainError


class InvalidCredentialsError(DomainError):
    """The same for an unknown address and a wrong password: nobody learns which addresses exist."""

    code = "INVALID_CREDENTIALS"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is not right.", field="email")


class InactiveAccountError(DomainError):
    code = "INACTIVE"


class UnconfirmedAccountError(DomainError):
    code = "ACCOUNT_NOT_CONFIRMED"


class PasswordTooShortError(DomainError):
    code = "PASSWORD_TOO_SHORT"


class PasswordTooCommonError(DomainError):
    code = "PASSWORD_TOO_COMMON"


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
