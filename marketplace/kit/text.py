"""Letters: scripts written in Latin ones, and slugs for addresses."""

import re
import unicodedata

SLUG_LENGTH = 100

_ARABIC = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ٱ": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "h",
    "خ": "kh", "د": "d", "ذ": "dh", "ر": "r", "ز": "z", "س": "s", "ش": "ch", "ص": "s", "ض": "d", "ط": "t",
    "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h",
    "و": "ou", "ي": "i", "ى": "a", "ة": "a", "ء": "", "ؤ": "ou", "ئ": "i", "گ": "g", "ڭ": "g", "پ": "p",
    "ڤ": "v", "ـ": "",
}  # fmt: skip
"""As a reader of French in Morocco would spell them; good enough for an address, not for science."""

_TIFINAGH = {
    "ⴰ": "a", "ⴱ": "b", "ⴳ": "g", "ⴷ": "d", "ⴹ": "d", "ⴻ": "e", "ⴼ": "f", "ⴽ": "k", "ⵀ": "h", "ⵃ": "h",
    "ⵄ": "a", "ⵅ": "kh", "ⵇ": "q", "ⵉ": "i", "ⵊ": "j", "ⵍ": "l", "ⵎ": "m", "ⵏ": "n", "ⵓ": "ou", "ⵔ": "r",
    "ⵕ": "r", "ⵖ": "gh", "ⵙ": "s", "ⵚ": "s", "ⵛ": "ch", "ⵜ": "t", "ⵟ": "t", "ⵡ": "w", "ⵢ": "y", "ⵣ": "z",
    "ⵥ": "z", "ⵯ": "w",
}  # fmt: skip
"""The letters of IRCAM's Neo-Tifinagh, in the spelling that is usual in Morocco."""

_ARABIC_TO_LATIN = str.maketrans(_ARABIC)
_TIFINAGH_TO_LATIN = str.maketrans(_TIFINAGH)
_LIGATURES = str.maketrans(
    {
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "đ": "d",
        "Đ": "D",
        "ł": "l",
        "Ł": "L",
    }
)
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")


def without_accents(text: str) -> str:
    """The same letters, small and capital, without accents, ligatures and other marks; other scripts stay."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return plain.translate(_LIGATURES)


def without_marks(text: str) -> str:
    """Small letters without accents, ligatures, vowel signs and other marks; other scripts stay."""
    return without_accents(text.casefold())


def tifinagh_in_latin(text: str) -> str:
    """Tifinagh letters spelled in Latin ones; others stay."""
    return text.translate(_TIFINAGH_TO_LATIN)


def slug_of(text: str, otherwise: str = "x") -> str:
    """`Tapis Aït Ouaouzguit` as `tapis-ait-ouaouzguit`; Arabic and Tifinagh are spelled in Latin letters."""
    # Arabic first: taking its marks away would take the hamza off its letters too.
    latin = tifinagh_in_latin(without_marks(text.translate(_ARABIC_TO_LATIN)))
    return _NOT_IN_SLUGS.sub("-", latin).strip("-")[:SLUG_LENGTH].strip("-") or otherwise
