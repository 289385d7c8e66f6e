"""PDF files, set by Typst from a template and the texts and figures that it prints."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import typst

TEMPLATES = Path(__file__).parents[2] / "storefront_templates"
FONTS = ("IBM Plex Sans Arabic", "Noto Sans Arabic", "Noto Sans")
"""The first comes with a package and has both scripts; the others help where that package is missing."""


def compiled(template: Path, data: Mapping[str, object], at: datetime) -> bytes:
    """The file, the same to the byte whenever it is made of the same data and time. Takes some tens of
    milliseconds: call it in a thread.
    """
    pdf: bytes = typst.compile(
        str(template),
        sys_inputs={"data": json.dumps({**data, "fonts": FONTS})},
        font_paths=_font_paths(),
        timestamp=int(at.timestamp()),
    )
    return pdf


@lru_cache(maxsize=1)
def _font_paths() -> list[str]:
    try:
        return [str(files("fontpkg_ibm_plex_sans_arabic") / "files")]
    except ModuleNotFoundError:
        return []  # The machine's own fonts are left.
