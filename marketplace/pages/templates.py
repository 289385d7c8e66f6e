"""Jinja2, once per language: a template's texts are the reader's before anything is put into them."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from marketplace.pages import descriptions, formats
from marketplace.pages.languages import TEMPLATES, Language, languages
from marketplace.pages.shop import sums
from marketplace.pages.static import StaticFiles

COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}")


class Templates:
    """Every template in every language. What a template isn't given is an error, not an empty place."""

    def __init__(self, static: StaticFiles, public_url: str, *, reload: bool) -> None:
        self._of_language = {
            code: _environment(language, static, public_url, reload=reload)
            for code, language in languages().items()
        }

    def render(self, name: str, language: Language, values: Mapping[str, Any]) -> str:
        return self._of_language[language.code].get_template(name).render(values)


def _environment(language: Language, static: StaticFiles, public_url: str, *, reload: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
        extensions=["jinja2.ext.i18n"],
    )
    # The i18n extension adds this method to the environment; its type does not know.
    environment.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "language": language,
        "languages": list(languages().values()),
        "static": static.url,
        "public_url": public_url,
        "sums_of_checkout": sums.of_checkout,
        "sums_of_order": sums.of_order,
    }
    locale = language.locale
    environment.filters |= {
        "money": partial(formats.money, locale=locale),
        "day": partial(formats.day, locale=locale),
        "day_and_hour": partial(formats.day_and_hour, locale=locale),
        "weight": partial(formats.weight, locale=locale),
        "measure": partial(formats.measure, locale=locale),
        "number": partial(formats.number, locale=locale),
        "percent": partial(formats.percent, locale=locale),
        "country": partial(formats.country, locale=locale),
        "translated": formats.translated,
        "region": partial(formats.region_name, language=language),
        "description": descriptions.html_of,
        "plain": descriptions.plain_text_of,
        "paragraphs": descriptions.paragraphs,
        "media": partial(_media, public_url),
        "colour": _colour,
    }
    return environment


def _media(public_url: str, url: str) -> str:
    """A picture's address without our own host, so that pages work under any name of the server."""
    return url.removeprefix(public_url) if url.startswith(f"{public_url}/") else url


def _colour(value: str) -> str:
    """A swatch's colour, if it is one: what a seller writes never becomes a style of ours."""
    return value if COLOUR.fullmatch(value) else "transparent"
