"""Tables of apps: what they are, by which tokens they sign in, what they add to the dashboard."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.jobs import JobStatus
from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata

NAME_LENGTH = 60
IDENTIFIER_LENGTH = 256
TOKEN_NAME_LENGTH = 128
URL_LENGTH = 2048
MOST_PROBLEMS = 100
"""Of one app; of more the oldest goes."""


class AppType(StrEnum):
    LOCAL = "LOCAL"
    """Made by staff, for a program of their own."""
    THIRDPARTY = "THIRDPARTY"
    """Installed from its manifest."""


class BreakerState(StrEnum):
    """Whether an app is asked while something is going on, after so many times that it did not answer."""

    CLOSED = "CLOSED"
    """It is."""
    HALF_OPEN = "HALF_OPEN"
    """It is again, and watched."""
    OPEN = "OPEN"
    """It is not: it failed too often."""


class App(IntegerKey, WithMetadata, Base):
    """A program that may act on the shop, as far as its permissions go.

    What is deleted stays as a row with `removed_at`, so that histories still know who acted; its tokens go.
    """

    __tablename__ = "app"
    __table_args__ = (
        Index(None, "name", "id"),
        Index(None, "created_at", "id"),
        Index(
            "uq_app_identifier_present",
            "identifier",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    """What the app calls itself everywhere, `saleor.app.payments`; a local one is called by its key."""
    type: Mapped[AppType] = mapped_column(default=AppType.LOCAL)
    permissions: Mapped[list[str]] = mapped_column(default=list)
    """Codes of `people.permissions.Permission`."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    is_active: Mapped[bool] = mapped_column(default=True)
    """Whether its tokens open anything, and whether it is told of events."""
    is_installed: Mapped[bool] = mapped_column(default=True)
    """False while it is being installed: nobody sees it then."""
    removed_at: Mapped[datetime | None]
    about: Mapped[str | None]
    author: Mapped[str | None]
    version: Mapped[str | None]
    audience: Mapped[str | None]
    """`aud` of the tokens that people carry into it."""
    data_privacy: Mapped[str | None]
    data_privacy_url: Mapped[str | None]
    homepage_url: Mapped[str | None]
    support_url: Mapped[str | None]
    configuration_url: Mapped[str | None]
    app_url: Mapped[str | None]
    """Of what the dashboard shows in a frame."""
    manifest_url: Mapped[str | None]
    logo_path: Mapped[str | None]
    """Of the logo in the media storage."""
    breaker_state: Mapped[BreakerState] = mapped_column(default=BreakerState.CLOSED)
    breaker_changed_at: Mapped[datetime | None]

    tokens: Mapped[list["AppToken"]] = relationship(
        back_populates="app", order_by="AppToken.id", lazy="raise", passive_deletes=True
    )
    extensions: Mapped[list["AppExtension"]] = relationship(
        back_populates="app", order_by="AppExtension.id", lazy="raise", passive_deletes=True
    )


class AppToken(IntegerKey, Base):
    """What an app signs in with. Of the token itself only a digest is kept: it is shown once."""

    __tablename__ = "app_token"

    app_id: Mapped[int] = mapped_column(ForeignKey("app.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(TOKEN_NAME_LENGTH), default="")
    digest: Mapped[str] = mapped_column(CHAR(64), unique=True)
    """SHA-256 in hexadecimals: tokens are chance enough to need no slower one."""
    last_four: Mapped[str] = mapped_column(String(4))
    """By these characters people tell tokens apart."""

    app: Mapped[App] = relationship(back_populates="tokens", lazy="raise")


class AppExtension(IntegerKey, Base):
    """A place in the dashboard that an app fills: a page, a window, an entry of a menu."""

    __tablename__ = "app_extension"
    __table_args__ = (
        UniqueConstraint("app_id", "identifier"),
        CheckConstraint("identifier <> ''", name="identifier_not_blank"),
        Index(None, "mount"),
        Index(None, "target"),
    )

    app_id: Mapped[int] = mapped_column(ForeignKey("app.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(256))
    url: Mapped[str]
    """Whole, or a path below the app's own address."""
    mount: Mapped[str] = mapped_column(String(256))
    """Where: `PRODUCT_OVERVIEW_CREATE`."""
    target: Mapped[str] = mapped_column(String(128))
    """How it opens: `POPUP`, `APP_PAGE`, `NEW_TAB`, `WIDGET`."""
    permissions: Mapped[list[str]] = mapped_column(default=list)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    identifier: Mapped[str | None] = mapped_column(String(256))

    app: Mapped[App] = relationship(back_populates="extensions", lazy="raise")


class AppProblem(IntegerKey, Timestamped, Base):
    """Something that an app has staff know: its payment account is closed, a key is out of date."""

    __tablename__ = "app_problem"
    __table_args__ = (Index(None, "app_id", "created_at"), Index(None, "app_id", "key"))

    app_id: Mapped[int] = mapped_column(ForeignKey("app.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(128))
    """Of what kind it is: the same again is counted, not told anew."""
    message: Mapped[str] = mapped_column(String(2048))
    count: Mapped[int] = mapped_column(default=1)
    is_critical: Mapped[bool] = mapped_column(default=False)
    is_dismissed: Mapped[bool] = mapped_column(default=False)
    dismissed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    dismissed_by_email: Mapped[str | None]
    """None of one that is dismissed: the app did it itself."""


class AppInstallation(IntegerKey, Timestamped, Base):
    """An app on its way in. It goes once the app is there; one that failed waits for a second try."""

    __tablename__ = "app_installation"

    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    manifest_url: Mapped[str] = mapped_column(String(URL_LENGTH))
    permissions: Mapped[list[str]] = mapped_column(default=list)
    """What staff grant it, whatever its manifest asks for."""
    activate: Mapped[bool] = mapped_column(default=True)
    """Whether the app is active as soon as it is there."""
    app_id: Mapped[int | None] = mapped_column(ForeignKey("app.id", ondelete="SET NULL"), index=True)
    """The app in the making, while its own server is asked to take the token."""
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.PENDING)
    message: Mapped[str | None]
    """Why it failed."""
    logo_path: Mapped[str | None]
