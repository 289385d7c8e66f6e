"""Signing in, staying signed in, signing out."""

from enum import Enum

from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.people import errors, models, service
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    GenericScalar,
    Info,
    enum,
    error_type,
    mutation,
    object_type,
)
from marketplace_graphql.rules import codes_of


@enum
class AddressTypeEnum(Enum):
    """What an address is for."""

    BILLING = "BILLING"
    SHIPPING = "SHIPPING"


@enum
class AccountErrorCode(Enum):
    """What is wrong with an account, or with what was said of it."""

    ACCOUNT_NOT_CONFIRMED = "ACCOUNT_NOT_CONFIRMED"
    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INACTIVE = "INACTIVE"
    INVALID = "INVALID"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_PASSWORD = "INVALID_PASSWORD"  # noqa: S105 - a code, no password
    JWT_DECODE_ERROR = "JWT_DECODE_ERROR"
    JWT_INVALID_CSRF_TOKEN = "JWT_INVALID_CSRF_TOKEN"  # noqa: S105
    JWT_INVALID_TOKEN = "JWT_INVALID_TOKEN"  # noqa: S105
    JWT_MISSING_TOKEN = "JWT_MISSING_TOKEN"  # noqa: S105
    JWT_SIGNATURE_EXPIRED = "JWT_SIGNATURE_EXPIRED"
    NOT_FOUND = "NOT_FOUND"
    PASSWORD_TOO_COMMON = "PASSWORD_TOO_COMMON"  # noqa: S105
    PASSWORD_TOO_SHORT = "PASSWORD_TOO_SHORT"  # noqa: S105
    REQUIRED = "REQUIRED"
    UNIQUE = "UNIQUE"


AccountError = error_type(
    "AccountError",
    AccountErrorCode,
    twin="accountErrors",
    address_type=AddressTypeEnum | None,
    attributes=list[ID] | None,
)


@object_type
class PeopleMutations:
    """What people do with their accounts."""

    @mutation(
        payload_name="CreateToken",
        returns={
            "token": str | None,
            "refresh_token": str | None,
            "csrf_token": str | None,
            "user": "User | None",
        },
        errors=AccountError,
    )
    async def token_create(
        self, info: Info, email: str, password: str, audience: str | None = None
    ) -> dict[str, object]:
        """Signs in with an e-mail address and a password."""
        with codes_of(AccountError):
            signed_in = await service.sign_in(info.session, _settings(info), email, password)
        return {
            "token": signed_in.access_token,
            "refresh_token": signed_in.refresh_token,
            "csrf_token": signed_in.csrf_token,
            "user": signed_in.user,
        }

    @mutation(
        payload_name="RefreshToken", returns={"token": str | None, "user": "User | None"}, errors=AccountError
    )
    async def token_refresh(
        self, info: Info, refresh_token: str | None = None, csrf_token: str | None = None
    ) -> dict[str, object]:
        """Gives a new access token for a refresh token."""
        if not refresh_token:
            raise errors.RefreshTokenError(
                "A refresh token is needed.", field="refreshToken", code="JWT_MISSING_TOKEN"
            )
        with codes_of(AccountError):
            user, token = await service.refresh(
                info.session, _settings(info), refresh_token, csrf_token or None
            )
        return {"user": user, "token": token}

    @mutation(
        payload_name="VerifyToken",
        returns={"user": "User | None", "is_valid": bool, "payload": GenericScalar | None},
        errors=AccountError,
    )
    async def token_verify(self, info: Info, token: str) -> dict[str, object]:
        """Says whether a token is good, and whose it is."""
        try:
            user, claims = await service.user_of_token(info.session, _settings(info), token)
        except errors.RefreshTokenError:
            return {"user": None, "is_valid": False, "payload": None}
        return {"user": user, "is_valid": True, "payload": claims.payload}

    @mutation(payload_name="DeactivateAllUserTokens", returns=None, errors=AccountError, needs=AUTHENTICATED)
    async def tokens_deactivate_all(self, info: Info) -> None:
        """Signs the person out everywhere."""
        user = await info.session.get(models.User, info.requester.user_id)
        if user is None:
            raise InvalidError("There is no such account any more.")
        await service.sign_out_everywhere(info.session, user)


def _settings(info: Info) -> Settings:
    settings: Settings = info.context["settings"]
    return settings
