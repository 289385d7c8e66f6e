"""Tables of menus: named lists of links, in a tree, which a storefront shows in its header or its footer."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit.models import Base, IntegerKey, WithMetadata


class NavigationType(StrEnum):
    """A storefront's two menus."""

    MAIN = "MAIN"
    SECONDARY = "SECONDARY"


class Menu(IntegerKey, WithMetadata, Base):
    """A menu. Storefronts ask for it by its slug: Saleor's for `navbar` and `footer`."""

    __tablename__ = "menu"
    __table_args__ = (
        Index(None, "name", "id"),
        Index(None, "metadata", postgresql_using="gin"),
    )

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    navigation: Mapped[NavigationType | None] = mapped_column(unique=True)
    """Which of the shop's menus it is, if it is one."""

    items: Mapped[list["MenuItem"]] = relationship(back_populates="menu", lazy="raise")


class MenuItem(IntegerKey, WithMetadata, Base):
    """A link of a menu: to a category, collection, page or any address; or to nothing, above its children."""

    __tablename__ = "menu_item"
    __table_args__ = (
        Index(None, "menu_id", "parent_id", "position"),
        Index(None, "name", "id"),
        Index(None, "metadata", postgresql_using="gin"),
        CheckConstraint(
            "num_nonnulls(url, category_id, collection_id, page_id) <= 1", name="one_destination"
        ),
        CheckConstraint("(level = 0) = (parent_id IS NULL)", name="level_of_the_tree"),
    )

    menu_id: Mapped[int] = mapped_column(ForeignKey("menu.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("menu_item.id", ondelete="CASCADE"), index=True)
    level: Mapped[int] = mapped_column(default=0)
    """How far below the menu's first row it stands."""
    position: Mapped[int] = mapped_column(default=0)
    """Its place among its siblings."""
    name: Mapped[str]
    url: Mapped[str | None]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"), index=True)
    collection_id: Mapped[int | None] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), index=True
    )
    page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"), index=True)

    menu: Mapped[Menu] = relationship(back_populates="items", lazy="raise")
    parent: Mapped["MenuItem | None"] = relationship(remote_side="MenuItem.id", lazy="raise")
    translations: Mapped[list["MenuItemTranslation"]] = relationship(lazy="raise")


class MenuItemTranslation(IntegerKey, Base):
    __tablename__ = "menu_item_translation"
    __table_args__ = (UniqueConstraint("menu_item_id", "language_code"),)

    menu_item_id: Mapped[int] = mapped_column(ForeignKey("menu_item.id", ondelete="CASCADE"))
    language_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str]
