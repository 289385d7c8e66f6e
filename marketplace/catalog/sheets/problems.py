"""What is wrong with a sheet: by row and column as the spreadsheet shows them."""

from dataclasses import dataclass, field

from marketplace.catalog.sheets.messages import LANGUAGES, message

MAXIMUM_PROBLEMS = 500
"""More than anyone mends at once; the rest is told at the next try."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One cell that is wrong: the number beside its row in the spreadsheet, and the title above it."""

    row: int
    column: str
    code: str
    facts: dict[str, object] = field(default_factory=dict)


class Problems:
    """All that is wrong with one sheet, in the seller's language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self.language_place = LANGUAGES.index(self.language)
        self._found: list[Problem] = []

    def add(self, problem: Problem) -> None:
        self._found.append(problem)

    def __bool__(self) -> bool:
        return bool(self._found)

    def as_rows(self) -> list[dict[str, object]]:
        """For keeping and showing: {row, column, code, message}, in the sheet's order."""
        found = sorted(self._found, key=lambda problem: problem.row)[:MAXIMUM_PROBLEMS]
        return [
            {
                "row": problem.row,
                "column": problem.column,
                "code": problem.code.removesuffix("_SUGGESTION"),
                "message": message(problem.code, self.language, **problem.facts),
            }
            for problem in found
        ]
