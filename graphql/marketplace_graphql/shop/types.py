"""The shop as a whole: what it has chosen, and what is so in every shop that runs this program."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import phonenumbers
from babel import Locale, UnknownLocaleError
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    inspect,
    literal,
    select,
    true,
    values,
)
from sqlalchemy.sql.elements import ColumnElement
from strawberry import ID

from marketplace.kit.models import Base
from marketplace.markets import models, postal_codes
from marketplace.markets.shop_settings import SETTINGS_OR_NONE, THE_ONLY_ROW, ShopSettings, chosen_or_default
from marketplace.markets.shop_settings import ShopTranslation as TranslationRow
from marketplace.markets.tax_settings import works_out_taxes
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    Node,
    ObjectWithMetadata,
    each,
    expression,
    input_type,
    never_null,
    node,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import (
    ENGLISH_COUNTRY_NAMES,
    CountryDisplay,
    InLanguage,
    LanguageCodeEnum,
    LanguageDisplay,
    country,
    language,
)
from marketplace_graphql.markets.shipping import ShippingMethod, methods_of_channel
from marketplace_graphql.payments.types import PaymentGateway, gateways_where
from marketplace_graphql.people.rights import Permission as PermissionType
from marketplace_graphql.people.rights import all_permissions
from marketplace_graphql.rules import staff_only
from marketplace_graphql.shop.parts import (
    AccountConfirmModeEnum,
    Announcement,
    Domain,
    ExternalAuthentication,
    LimitInfo,
    PasswordLoginModeEnum,
    StaffNotificationRecipient,
)
from marketplace_graphql.values import WeightUnitsEnum

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.people.inputs import AddressInput
    from marketplace_graphql.people.types import Address

DEFAULT_COUNTRY = "MA"
LANGUAGES = ("ar", "en", "fr")
"""What listings and pages are written in."""
SALEOR_SCHEMA = "3.23"
"""The version of Saleor whose contract this API keeps."""


class ShopRow(Base):
    """The shop's settings, chosen ones and defaults. Always one row. Only read."""

    __table__ = (
        select(
            literal(THE_ONLY_ROW, BigInteger()).label("id"),
            *(
                chosen_or_default(attribute.columns[0], attribute.columns[0]).label(attribute.key)
                for attribute in inspect(ShopSettings).column_attrs
                if attribute.key != "id"
            ),
        )
        .select_from(SETTINGS_OR_NONE)
        .subquery("shop")
    )
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - SQLAlchemy's own attribute


@input_type
class CountryFilterInput:
    """Which countries are listed."""

    attached_to_shipping_zones: bool | None
    """Only those that some way of shipping goes to, or only those that none goes to."""


@node(TranslationRow)
class ShopTranslation(Node, InLanguage):
    """The shop's texts in another language."""

    header_text: str
    description: str


_NO_LIMITS = dict.fromkeys(("channels", "orders", "product_variants", "staff_users", "warehouses"))


@record(ShopRow)
class Shop(ObjectWithMetadata):
    """The shop: its name, its languages, where it is at home, what it has chosen."""

    id: ID = expression(lambda row, ctx: never_null(global_id("Shop", row.id)))
    name: str = expression(lambda row, ctx: never_null(row.name))
    description: str | None
    header_text: str | None
    domain: Domain = value(lambda row, ctx: _domain(ctx))
    languages: list[LanguageDisplay] = value(lambda row, ctx: _each_code(LANGUAGES, language))
    """What its texts may be had in."""
    permissions: list[PermissionType] = value(lambda row, ctx: all_permissions(), allowed=staff_only)
    """What staff may be allowed to do."""
    default_country: CountryDisplay | None = value(lambda row, ctx: country(_text(DEFAULT_COUNTRY)))
    phone_prefixes: list[str] = expression(lambda row, ctx: never_null(_phone_prefixes()))
    """Of all countries, without the plus sign."""
    company_address: "Address | None" = related(
        lambda row, address, ctx: address.id == row.company_address_id
    )
    """Where whoever runs the shop is to be found."""
    default_weight_unit: WeightUnitsEnum | None = expression(lambda row, ctx: WeightUnitsEnum.KG.value)
    track_inventory_by_default: bool | None
    """Whether the pieces of a new variant are counted."""
    fulfillment_auto_approve: bool = expression(lambda row, ctx: never_null(row.fulfillment_auto_approve))
    """Whether a parcel counts as sent when it is made up."""
    fulfillment_allow_unpaid: bool = expression(lambda row, ctx: never_null(row.fulfillment_allow_unpaid))
    """Whether a parcel may be sent before it is paid: cash on delivery is."""
    limit_quantity_per_checkout: int | None
    """Pieces of one variant that a checkout may hold."""
    reserve_stock_duration_anonymous_user: int | None = expression(
        lambda row, ctx: _minutes_reserved(row.reserve_stock_duration_anonymous_user),
        needs=Permission.MANAGE_SETTINGS,
    )
    """Minutes for which a guest's checkout keeps its pieces; null: none, or channels differ in it."""
    reserve_stock_duration_authenticated_user: int | None = expression(
        lambda row, ctx: _minutes_reserved(row.reserve_stock_duration_authenticated_user),
        needs=Permission.MANAGE_SETTINGS,
    )
    """The same minutes for whoever has signed in."""
    use_legacy_shipping_zone_stock_availability: bool = expression(lambda row, ctx: never_null(false()))
    """Whether pieces only count where their store room serves the buyer's country: all serve all."""
    allow_storefront_traffic: bool = expression(lambda row, ctx: never_null(row.allow_storefront_traffic))
    """Whether guests and customers may ask the API through storefronts other than ours."""
    preserve_all_address_fields: bool = expression(lambda row, ctx: never_null(false()))
    """Whether an address keeps parts that its country does not use."""
    password_login_mode: PasswordLoginModeEnum = expression(lambda row, ctx: never_null(_text("ENABLED")))
    account_confirm_merge_mode: AccountConfirmModeEnum = expression(
        lambda row, ctx: never_null(
            func.coalesce(row.account_confirm_mode, ctx.setting("account_confirm_mode"))
        )
    )
    """Whether confirming an account brings in what was bought as a guest."""
    enable_account_confirmation_by_email: bool | None = expression(
        lambda row, ctx: func.coalesce(
            row.account_confirmation, ctx.setting("account_confirmation") == str(True)
        ),
        needs=Permission.MANAGE_SETTINGS,
    )
    """Whether a new account's address has to be confirmed by a letter."""
    allow_login_without_confirmation: bool | None = expression(
        lambda row, ctx: func.coalesce(
            row.sign_in_unconfirmed, ctx.setting("sign_in_unconfirmed") == str(True)
        ),
        needs=Permission.MANAGE_SETTINGS,
    )
    """Whether an account may be signed into before that."""
    default_mail_sender_name: str | None = expression(
        lambda row, ctx: func.coalesce(row.mail_sender_name, ctx.setting("mail_sender_name")),
        needs=Permission.MANAGE_SETTINGS,
    )
    """Whom letters come from."""
    default_mail_sender_address: str | None = expression(
        lambda row, ctx: func.coalesce(row.mail_sender_address, ctx.setting("mail_sender_address")),
        needs=Permission.MANAGE_SETTINGS,
    )
    """Where they come from."""
    customer_set_password_url: str | None
    """The page of another storefront on which a buyer chooses a password: ours has one."""
    channel_currencies: list[str] = expression(lambda row, ctx: never_null(_currencies()), allowed=staff_only)
    """What the channels sell in."""
    staff_notification_recipients: list[StaffNotificationRecipient] | None = related(
        lambda row, recipient, ctx: true(), needs=Permission.MANAGE_SETTINGS, limit=100
    )
    """Who is written to about new orders, besides the sellers: each of these about its own parcels."""
    available_tax_apps: "list[App]" = related(
        lambda row, app, ctx: works_out_taxes(app), allowed=staff_only, shown=True, limit=100
    )
    """Apps that can work out taxes: a channel's tax configuration names one of them by its identifier."""
    announcements: list[Announcement] = value(lambda row, ctx: [])
    """What those who run the platform tell its staff: nothing is announced this way."""
    available_external_authentications: list[ExternalAuthentication] = value(lambda row, ctx: [])
    """Other services that people can sign in with."""
    version: str = expression(lambda row, ctx: never_null(_text(version("sil-marketplace"))))
    """Of this program."""
    schema_version: str = expression(lambda row, ctx: never_null(_text(SALEOR_SCHEMA)))
    """Of the Saleor API that this one keeps to."""
    limits: LimitInfo = value(
        lambda row, ctx: {"current_usage": _NO_LIMITS, "allowed_usage": _NO_LIMITS},
        allowed=staff_only,
        deprecated="Nothing is limited by a plan.",
    )
    include_taxes_in_prices: bool = expression(
        lambda row, ctx: never_null(_in_all_channels("prices_entered_with_tax")),
        deprecated="Use `Channel.taxConfiguration`.",
    )
    display_gross_prices: bool = expression(
        lambda row, ctx: never_null(_in_all_channels("display_gross_prices")),
        deprecated="Use `Channel.taxConfiguration`.",
    )
    charge_taxes_on_shipping: bool = expression(
        lambda row, ctx: never_null(true()), deprecated="Delivery has a tax class of its own."
    )

    @value
    def countries(
        row: Any,
        ctx: Any,
        language_code: LanguageCodeEnum | None = None,
        filter: CountryFilterInput | None = None,
    ) -> list[CountryDisplay]:
        """All countries that an address may be in, called as in English or as in another language."""
        names = _country_names(language_code)
        listed = _codes(tuple(ENGLISH_COUNTRY_NAMES))
        attached = None if filter is None else filter.attached_to_shipping_zones
        where = None if attached is None else _is_served(listed.c.code) == attached
        return each(listed, country(listed.c.code, names), where=where, order_by=listed.c.place)

    @value(deprecated="Use `paymentGatewayInitialize`.")
    def available_payment_gateways(
        row: Any, ctx: Any, currency: str | None = None, channel: str | None = None
    ) -> list[PaymentGateway]:
        """Ways to pay, of all channels or of one."""
        return gateways_where(
            lambda of: and_(
                of.is_active,
                true() if channel is None else of.id == ctx.channel.id,
                true() if currency is None else of.currency_code == currency,
            ),
            ctx,
        )

    @related
    def available_shipping_methods(
        row: Any, method: Any, ctx: Any, channel: str, address: "AddressInput | None" = None
    ) -> list[ShippingMethod] | None:
        """Ways to ship in a channel, at the price of one light parcel; of those that go to an address."""
        code = None if address is None or address.country is None else _text(address.country.value)
        reaching = methods_of_channel(method, ctx.channel.id, code)
        if code is None or address is None or address.postal_code is None:
            return reaching
        return and_(reaching, postal_codes.serves(method.id, address.postal_code, code))

    @related
    def translation(
        row: Any,
        translation: Any,
        ctx: Any,
        language_code: LanguageCodeEnum,
    ) -> ShopTranslation | None:
        """Its texts in another language."""
        return and_(
            translation.shop_id == row.id,
            translation.language_code == language_code.value,
        )


def _text(text: str) -> ColumnElement[str]:
    return cast(literal(text, Text()), Text)


def _domain(ctx: Any) -> dict[str, Any]:
    url = ctx.setting("public_url")
    return {
        "host": func.split_part(func.split_part(url, "://", 2), "/", 1),
        "ssl_enabled": url.startswith("https://"),
        "url": url,
    }


def _codes(codes: tuple[str, ...]) -> Any:
    return values(column("code", Text), column("place", Integer), name="codes").data(
        [(code, place) for place, code in enumerate(codes)]
    )


def _each_code(codes: tuple[str, ...], parts: Any) -> Any:
    listed = _codes(codes)
    return each(listed, parts(listed.c.code), order_by=listed.c.place)


def _country_names(language_code: Any) -> dict[str, str]:
    """What countries are called; in English where CLDR has no name in the language, or none was given."""
    if language_code is None:
        return ENGLISH_COUNTRY_NAMES
    try:
        known = Locale.parse(language_code.value, sep="-").territories
    except (UnknownLocaleError, ValueError):
        return ENGLISH_COUNTRY_NAMES
    return {code: known.get(code, name) for code, name in ENGLISH_COUNTRY_NAMES.items()}


def _is_served(code: Any) -> ColumnElement[bool]:
    zone = aliased(models.ShippingZone)
    return exists(select(zone.id).where(code == func.any(zone.country_codes)).correlate_except(zone))


def _phone_prefixes() -> ColumnElement[Any]:
    prefixes = ",".join(map(str, sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)))
    listed: ARRAY[Any] = ARRAY(Text())
    return cast(literal(f"{{{prefixes}}}", Text()), listed)


def _currencies() -> ColumnElement[Any]:
    channel = aliased(models.Channel)
    codes = select(channel.currency_code).distinct().order_by(channel.currency_code)
    return func.array(codes.correlate_except(channel).scalar_subquery(), type_=ARRAY(Text()))


def _in_all_channels(attribute: str) -> ColumnElement[bool]:
    channel = aliased(models.Channel)
    alike = select(func.bool_and(getattr(channel, attribute))).correlate_except(channel)
    return func.coalesce(alike.scalar_subquery(), true())


def _minutes_reserved(chosen: ColumnElement[Any]) -> ColumnElement[Any]:
    """What the shop has chosen, or else what all channels say alike. Saleor says null for no time at all."""
    channel = aliased(models.Channel)
    least, most = func.min(channel.reserve_stock_minutes), func.max(channel.reserve_stock_minutes)
    minutes = select(func.nullif(least, 0)).where(channel.is_active).having(least == most)
    alike = minutes.correlate_except(channel).scalar_subquery()
    return case((chosen.is_not(None), func.nullif(chosen, 0)), else_=alike)
