"""Prints the story, and remembers which figures were not what the rules say."""

import sys
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Story:
    """Lines for people on one side, checks that decide the exit code on the other."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    checked: int = 0
    wrong: list[str] = field(default_factory=list)

    def act(self, title: str) -> None:
        self._print(f"\n{title}\n{'─' * len(title)}")

    def say(self, line: str) -> None:
        self._print(f"   {line}")

    def check(self, what: str, got: object, expected: object) -> None:
        """State a figure, and hold it against what the rules say it must be."""
        self.checked += 1
        if got == expected:
            self._print(f" ✔ {what}: {_shown(got)}")
        else:
            self.wrong.append(what)
            self._print(f" ✘ {what}: {_shown(got)}, but the rules say {_shown(expected)}")

    def check_that(self, what: str, holds: bool) -> None:
        self.checked += 1
        if not holds:
            self.wrong.append(what)
        self._print(f" {'✔' if holds else '✘'} {what}")

    def _print(self, line: str) -> None:
        print(line, file=self.out, flush=True)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
