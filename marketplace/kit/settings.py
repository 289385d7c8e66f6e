"""What an installation chooses: read once from the environment, never changed afterwards."""

import os
import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, Literal, Self

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Environment = Literal["development", "test", "production"]


class SettingsError(Exception):
    """The environment lacks something that the product can't start without."""


def _made_once(name: str, make: Callable[[], str]) -> Callable[[dict[str, Any]], SecretStr]:
    """A secret that is kept in the data directory, and made there by whoever needs it first.

    In production nothing is made up: a server that invents its own key loses it with its disk.
    """

    def read_or_make(given: dict[str, Any]) -> SecretStr:
        if given.get("environment") == "production":
            raise SettingsError(f"MARKETPLACE_{name.upper()} must be set in production.")
        kept_in = Path(given["data_dir"]) / name
        if not kept_in.exists():
            _write_once(kept_in, make())
        return SecretStr(kept_in.read_text())

    return read_or_make


def _new_rsa_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _write_once(path: Path, text: str) -> None:
    """Write a private file whole or not at all; where two processes race, the first one's text stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.") as draft:
        draft.write(text)  # A temporary file is readable by its owner only, and the link keeps that.
        draft.flush()
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return


class Settings(BaseSettings):
    """Every setting and its default. The variable of a field is MARKETPLACE_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="MARKETPLACE_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,  # There may be secrets beside what is wrong.
    )

    environment: Environment = "development"
    data_dir: Path = Path(".data")
    """Everything an installation without a bucket and a database server of its own keeps on disk."""

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """postgresql://...; none: the embedded server in the data directory."""
    database_replica_url: str | None = None
    """A streaming replica that answers reads which need not see the last write."""
    database_pool_size: int = Field(default=16, ge=1, le=200)
    """Connections that one process keeps for writing, and as many for reading."""
    statement_timeout_seconds: int = Field(default=30, ge=0)
    lock_timeout_seconds: int = Field(default=10, ge=0)
    idle_in_transaction_seconds: int = Field(default=60, ge=0)
    """A transaction that nobody continues holds its locks no longer than this."""

    public_url: str = "http://localhost:8000"
    """Where the world reaches this server, without a slash at its end."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    web_concurrency: int = Field(default=1, ge=1, le=64)
    """Processes that serve HTTP."""
    worker_concurrency: int = Field(default=4, ge=1, le=64)
    """Jobs that one worker does at a time."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ("*",)
    """Origins whose pages may call the API, separated by commas."""
    max_upload_bytes: int = Field(default=20 * 1024 * 1024, ge=1)
    max_request_bytes: int = Field(default=1024 * 1024, ge=1)
    """The longest request that carries no file."""

    secret_key: SecretStr = Field(default_factory=_made_once("secret_key", lambda: secrets.token_urlsafe(48)))
    """Signs what only this product reads: links in letters, addresses of private files."""
    rsa_private_key: SecretStr = Field(default_factory=_made_once("rsa_private_key", _new_rsa_key))
    """PEM. Signs access tokens; everybody may check them by `/.well-known/jwks.json`. To change it without
    signing anybody out, write the new key in front of the old one: the first signs, each of them is believed.
    """
    bank_keys: SecretStr = Field(
        default_factory=_made_once("bank_keys", lambda: Fernet.generate_key().decode())
    )
    """Fernet keys separated by commas: the first encrypts bank details, every one of them decrypts."""

    payer_name: str = "Social Innovation Lab"
    """In whose name sellers are paid, as the bank writes it."""
    payer_accounts: dict[str, str] = Field(default_factory=dict)
    """The RIB or IBAN that pays, by currency, as JSON: {"MAD": "..."}. Production needs it to pay sellers."""
    bank_formats: dict[str, str] = Field(default_factory=dict)
    """Which file the bank takes, by currency, as JSON: {"MAD": "csv_fr"}. Usually `iso20022`."""
    seller_debt_limits: dict[str, int] = Field(
        default_factory=lambda: {"MAD": 1000, "EUR": 100, "XOF": 60000}
    )
    """What a seller may owe, in the currency's main unit, before staff are asked to decide of it."""
    seller_debt_days: int = Field(default=60, ge=0)
    """How long a seller may owe anything before staff are asked to decide of it."""
    cash_pickup_days: int = Field(default=14, ge=1)
    """How long a payout in cash waits to be fetched: afterwards it is payable again."""

    issuer_name: str = ""
    """The company that invoices its commission, as the commercial register has it. Production needs it, its
    address, ICE and tax identifier (IF) to issue invoices; elsewhere papers say that they are not set.
    """
    issuer_address: str = ""
    issuer_ice: str = ""
    issuer_tax_id: str = ""
    """Identifiant fiscal (IF): by it the company is known to the tax office, for VAT too."""
    issuer_register: str = ""
    """Number in the commercial register (RC), with its court; empty where there is none."""
    issuer_vat_exemption: str = ""
    """Why no VAT is charged where none is, by the article of the law that says so."""

    house_seller: str = "Social Innovation Lab"
    """Whose the products are that staff make without naming a seller, as Saleor's dashboard does: a seller of
    this name, made when it is first needed. Empty: a seller must be named.
    """

    s3_bucket: str | None = None
    """None: media are files in the data directory."""
    s3_endpoint_url: str | None = None
    s3_region: str = "eu-west-3"
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None
    s3_public_url: str | None = None
    """Where browsers fetch media from the bucket, if that isn't the endpoint itself."""

    smtp_url: SecretStr | None = None
    """smtp://user:password@host:port (smtps: TLS from the start); none: files in the data directory."""
    mail_sender_name: str = "SIL Marketplace"
    mail_sender_address: str = "no-reply@localhost"
    """Whom letters come from. Production with an SMTP server needs an address of its own domain."""

    sms_url: str | None = None
    """Where a provider of text messages takes them, by POST; none: files in the data directory."""
    sms_headers: dict[str, SecretStr] = Field(default_factory=dict)
    """What the provider knows us by, as JSON: {"Authorization": "Bearer ..."}."""
    sms_content_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    sms_body: str = '{"to": "{to}", "from": "{sender}", "text": "{text}"}'
    """What is sent; {to}, {sender}, {text} and {key} are put in as the content type wants them escaped."""
    sms_sender_name: str = "SIL"

    account_confirmation: bool = True
    """Whether a new account's e-mail address has to be confirmed by a letter."""
    sign_in_unconfirmed: bool = False
    """Whether an account may be signed into before that."""
    account_confirm_mode: Literal["MERGE_DISABLED", "REQUIRE_PASSWORD"] = "MERGE_DISABLED"
    """Whether confirming an account asks for its password, and then brings in what was bought as a guest."""
    allowed_client_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts that links in letters may lead to besides our own, separated by commas; `.shop.example` stands
    for its subdomains too, `*` for all. A developer's own machine is among them, except in production.
    """

    call_private_addresses: bool | None = None
    """Whether webhooks and apps may lie on this machine or its own network; by default not in production."""

    app_patience_seconds: float = Field(default=8.0, gt=0, le=20)
    """How long an app may think that is asked while a buyer or staff wait. Saleor gives 20 seconds."""

    stripe_secret_key: SecretStr | None = None
    """Stripe's secret key, or better one of its restricted keys. Without it nothing is paid by card."""
    stripe_publishable_key: str = ""
    """What browsers show to Stripe. It goes with the secret key."""
    stripe_webhook_secret: SecretStr | None = None
    """What Stripe signs its webhooks with; several are separated by commas, while one replaces another."""
    stripe_connect_webhook_secret: SecretStr | None = None
    """The same of the endpoint that hears of sellers' accounts at Stripe."""
    stripe_api_base: str = "https://api.stripe.com"
    stripe_js_url: str = "https://js.stripe.com/v3/"
    """The script that draws Stripe's form. Stripe allows no copy of it."""

    connect_countries: Annotated[tuple[str, ...], NoDecode] = (
        "AT", "BE", "BG", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU",
        "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "US",
    )  # fmt: skip
    """Countries whose sellers can be paid by Stripe, separated by commas; empty: none. By default those that
    Stripe lets a platform in Europe, Britain, Switzerland, Canada or the United States pay into by itself
    (docs.stripe.com/connect/cross-border-payouts). Morocco, Senegal and Ivory Coast are none of them.
    """

    bank_gateway_url: str = ""
    """Where the bank's gateway is that buyers are sent to. With the next two there is such a way to pay."""
    bank_gateway_merchant: str = ""
    """What the bank knows us by."""
    bank_gateway_secret: SecretStr | None = None
    """What both sides sign with."""

    dummy_payments: bool = False
    """Whether there is Saleor's dummy gateway, by which nobody pays anything. Never in production."""

    clock_file: Path | None = None
    """Lets the clock run ahead, for demonstrations and tests (development: a file in the data directory)."""
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, data_dir: Path) -> Path:
        return data_dir.expanduser().absolute()

    @field_validator("database_url", "database_replica_url")
    @classmethod
    def _as_libpq_writes_it(cls, url: str | None) -> str | None:
        """Some hosts write `postgres:`, and SQLAlchemy's users name a driver."""
        return url and re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", url)

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("allowed_origins", "allowed_client_hosts", "connect_countries", mode="before")
    @classmethod
    def _separated_by_commas(cls, origins: object) -> object:
        return (
            tuple(filter(None, map(str.strip, origins.split(",")))) if isinstance(origins, str) else origins
        )

    @field_validator("connect_countries")
    @classmethod
    def _countries_by_their_codes(cls, countries: tuple[str, ...]) -> tuple[str, ...]:
        """Raises ValueError for what is no country's code."""
        codes = tuple(country.upper() for country in countries)
        if wrong := [code for code in codes if re.fullmatch("[A-Z]{2}", code) is None]:
            raise ValueError(f"Countries are named by two letters (ISO 3166-1): {', '.join(wrong)}.")
        return codes

    @model_validator(mode="after")
    def _clock_is_true_in_production(self) -> Self:
        if self.environment == "production" and self.clock_file is not None:
            raise ValueError(
                "MARKETPLACE_CLOCK_FILE can't be set in production: orders and payouts need true time."
            )
        return self

    @model_validator(mode="after")
    def _keys_of_stripe_go_together(self) -> Self:
        secret = "" if self.stripe_secret_key is None else self.stripe_secret_key.get_secret_value()
        names = "MARKETPLACE_STRIPE_SECRET_KEY and MARKETPLACE_STRIPE_PUBLISHABLE_KEY"
        if bool(secret) is not bool(self.stripe_publishable_key):
            raise ValueError(f"{names} go together: one of them is missing.")
        if ("_live_" in secret) is not ("_live_" in self.stripe_publishable_key):
            raise ValueError(f"{names} are of two modes: one is live, and one is for tests.")
        return self

    @model_validator(mode="after")
    def _money_is_true_in_production(self) -> Self:
        if self.environment == "production" and self.dummy_payments:
            raise ValueError("MARKETPLACE_DUMMY_PAYMENTS can't be set in production: goods would be free.")
        return self

    @property
    def api_url(self) -> str:
        """The address of the GraphQL API: what clients are given, and what a token's `iss` says."""
        return f"{self.public_url}/graphql/"

    @property
    def may_call_private_addresses(self) -> bool:
        """Whether what others name may be an address that only this machine or its network reaches."""
        if self.call_private_addresses is None:
            return self.environment != "production"
        return self.call_private_addresses

    @property
    def media_dir(self) -> Path:
        return self.data_dir / "media"

    @property
    def adjustable_clock_file(self) -> Path | None:
        """The file the clock follows; none in production, where the clock is the machine's."""
        if self.environment == "production":
            return None
        return self.clock_file or self.data_dir / "clock"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """This process's settings. Raises SettingsError or pydantic's ValidationError, naming the variable."""
    return Settings()
