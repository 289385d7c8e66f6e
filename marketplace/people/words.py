"""What staff type to find people, as the database compares it (`ddl.py`): capitals and accents make no
difference, and an e-mail address is as many words as it has parts.
"""

import re

from marketplace.kit.text import without_marks

MAXIMUM_QUERY_WORDS = 8
MAXIMUM_QUERY_LETTERS = 200
APART = "@._-+/,;:()'\"&|!*<>"
"""What stands between two words, besides blanks."""
NOTHING_ASKED = "!'no such word'"
"""Where nothing is left that could be looked for, everybody is found."""
_BETWEEN = re.compile(rf"[\s\\{re.escape(APART)}]+")


def query_text(term: str) -> str:
    """What a person typed, as the text of a `tsquery`: all of its words, each as a beginning."""
    plain = without_marks(term[:MAXIMUM_QUERY_LETTERS].replace("\0", " "))
    words = [word for word in _BETWEEN.split(plain) if word][:MAXIMUM_QUERY_WORDS]
    return " & ".join(f"'{word}':*" for word in words) or NOTHING_ASKED
