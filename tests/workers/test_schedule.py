"""Whoever asks for a job asks for one that somebody does."""

import ast
from pathlib import Path

import pytest
from croniter import croniter

from marketplace.kit.jobs import registry
from workers.runner import import_handlers
from workers.schedule import SCHEDULE

ROOT = Path(__file__).parents[2]


def jobs_asked_for() -> set[tuple[str, str]]:
    """The first words of every `enqueue(session, "room.verb", ...)` in the sources, and where it stands."""
    found = set()
    for source in (ROOT / "marketplace", ROOT / "workers", ROOT / "graphql"):
        for path in source.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", getattr(node.func, "attr", None)) == "enqueue"
                    and len(node.args) > 1
                    and isinstance(node.args[1], ast.Constant)
                ):
                    found.add((str(node.args[1].value), str(path.relative_to(ROOT))))
    return found


def test_every_job_that_is_asked_for_has_a_handler() -> None:
    import_handlers()
    assert [(name, path) for name, path in sorted(jobs_asked_for()) if name not in registry] == []


@pytest.mark.parametrize(("name", "cron"), SCHEDULE.items())
def test_the_schedule_names_jobs_without_arguments_and_times_that_exist(name: str, cron: str) -> None:
    import_handlers()
    assert not any(field.is_required() for field in registry[name].arguments.model_fields.values())
    assert croniter.is_valid(cron)
