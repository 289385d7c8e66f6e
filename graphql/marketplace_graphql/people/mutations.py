"""Signing in, staying signed in, signing out."""

from marketplace.kit.errors import InvalidError
from marketplace.people import errors, models, service
from marketplace_graphql.kernel import AUTHENTICATED, GenericScalar, Info, mutation, object_type
from marketplace_graphql.people.accounts import TOKENS, AccountMutations
from marketplace_graphql.people.address_book import AddressBookMutations
from marketplace_graphql.people.customer_addresses import CustomerAddressMutations
from marketplace_graphql.people.customer_type_mutations import CustomerTypeMutations
from marketplace_graphql.people.customers import CustomerMutations
from marketplace_graphql.people.errors import AccountError
from marketplace_graphql.people.external import ExternalSignInMutations
from marketplace_graphql.people.requests import account_settings, settings_of
from marketplace_graphql.people.staff import GroupMutations, StaffMutations
from marketplace_graphql.rules import codes_of


@object_type
class PeopleMutations(
    AccountMutations,
    AddressBookMutations,
    CustomerAddressMutations,
    CustomerMutations,
    CustomerTypeMutations,
    ExternalSignInMutations,
    GroupMutations,
    StaffMutations,
):
    """What people do with their accounts."""

    @mutation(
        payload_name="CreateToken",
        returns=TOKENS,
        errors=AccountError,
    )
    async def token_create(
        self, info: Info, email: str, password: str, audience: str | None = None
    ) -> dict[str, object]:
        """Signs in with an e-mail address and a password."""
        with codes_of(AccountError):
            signed_in = await service.sign_in(
                info.session,
                await account_settings(info),
                email,
                password,
                address=info.address,
                audience=audience,
            )
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
                info.session, settings_of(info), refresh_token, csrf_token or None
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
            user, claims = await service.user_of_token(info.session, settings_of(info), token)
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
