"""The languages pages speak: French, in which their texts are written, Arabic and English.

Catalogues are the .po files themselves, read when the server starts; there is nothing to compile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

TEMPLATES = Path(__file__).parents[2] / "storefront_templates"
LOCALES = TEMPLATES / "locales"
DOMAIN = "messages"


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the shop. `code` stands in addresses and in the database, `api_code` in the API."""

    code: str
    own_name: str
    direction: Literal["ltr", "rtl"]
    locale: Locale
    """Its form in Morocco: prices and dates are written so."""
    translations: Translations = field(repr=False, compare=False)

    @property
    def api_code(self) -> str:
        return self.code.upper()

    @property
    def region_locale(self) -> str:
        """As social networks name it: `fr_MA`."""
        return str(self.locale)

    def gettext(self, text: str) -> str:
        return str(self.translations.gettext(text))


def marked(text: str) -> str:
    """Marks a text for the catalogues where it is not translated yet: tables of messages, defaults."""
    return text


@cache
def languages() -> Mapping[str, Language]:
    """Every language by its code, French first."""
    spoken = (
        _language("fr", "Français", "ltr", "fr_MA"),
        _language("ar", "العربية", "rtl", "ar_MA"),
        _language("en", "English", "ltr", "en_GB"),
    )
    return {language.code: language for language in spoken}


def preferred(accept_language: str) -> Language:
    """The language for a browser that says `Accept-Language: …`; French if it asks for none of ours."""
    wanted = sorted(_weighted(accept_language), key=lambda part: -part[1])
    code = negotiate_locale([tag for tag, _ in wanted], list(languages()), sep="-")
    return languages()[code or "fr"]


def _weighted(accept_language: str) -> list[tuple[str, float]]:
    parts: list[tuple[str, float]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            parts.append((tag, float(weight or 1)))
        except ValueError:
            continue  # A weight that is no number says nothing.
    return parts


def _language(code: str, own_name: str, direction: Literal["ltr", "rtl"], locale: str) -> Language:
    with (LOCALES / code / f"{DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=code, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Language(code, own_name, direction, Locale.parse(locale), Translations(compiled))
