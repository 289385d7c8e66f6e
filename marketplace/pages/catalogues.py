"""Keeps the .po files in step with what pages say: `python -m marketplace.pages.catalogues`.

A new text is added to each catalogue with an empty translation, which a test then refuses until someone
has written it; a text that is gone leaves. French is what the texts are written in, so its catalogue needs
only plurals.
"""

from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from marketplace.pages.languages import DOMAIN, LOCALES, TEMPLATES, languages

PAGES = Path(__file__).parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None}
UNSAID_HEADERS = tuple(
    f'"{name}:'
    for name in (
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
"""What the repository's history knows better."""
JINJA_OPTIONS = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}


def extracted() -> Catalog:
    """Every text that pages show, as templates and Python code mark it."""
    catalogue = Catalog(project="SIL Marketplace", charset="utf-8")
    methods = {TEMPLATES: [("**.html", "jinja2"), ("**.txt", "jinja2")], PAGES: [("**.py", "python")]}
    for directory, method_map in methods.items():
        found = extract_from_dir(
            str(directory),
            method_map,
            options_map={"**.html": JINJA_OPTIONS, "**.txt": JINJA_OPTIONS},
            keywords=KEYWORDS,
        )
        for _name, _line, message, comments, context in found:
            catalogue.add(message, auto_comments=comments, context=context)
    return catalogue


def read(code: str) -> Catalog:
    """The catalogue of a language as it stands."""
    with (LOCALES / code / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def lacking(code: str) -> list[str]:
    """The texts that a language's catalogue does not translate; of French, the plurals only."""
    known = read(code)
    texts = []
    for message in extracted():
        if not message.id or (code == "fr" and not message.pluralizable):
            continue
        translation = known.get(message.id, message.context)
        said = translation.string if translation else None
        parts = said if isinstance(said, list | tuple) else [said]
        if not all(parts):
            texts.append(message.id if isinstance(message.id, str) else message.id[0])
    return texts


def update() -> None:
    """Bring every catalogue up to date."""
    template = extracted()
    for code in languages():
        catalogue = read(code)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        if code == "fr":
            for message in [each for each in catalogue if each.id and not each.pluralizable]:
                catalogue.delete(message.id, message.context)
        written = BytesIO()
        write_po(written, catalogue, sort_output=True, width=110, no_location=True)
        lines = written.getvalue().decode().splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(UNSAID_HEADERS)]
        (LOCALES / code / f"{DOMAIN}.po").write_text("".join(kept).lstrip())


if __name__ == "__main__":
    update()
