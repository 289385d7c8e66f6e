"""What cells of a sheet may hold: nothing that was typed by somebody runs in a spreadsheet."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula: it gets an apostrophe before it."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_SIGNS) else text
