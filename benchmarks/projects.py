"""A table of several projects against their own Django: `python -m benchmarks --projects FILE`.

The file is TOML, with one table for each project:

    [[project]]
    name = "owner/name"             # as the table calls it
    folder = "shop/backend"         # of its manage.py, from the file's own folder
    python = "shop/.venv"           # its virtual environment, likewise
    variables = { SECRET_KEY = "x" }    # of the environment, which its settings need; or left out
"""

from __future__ import annotations

import statistics
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import project
from benchmarks.processes import ratio


@dataclass(frozen=True)
class Listed:
    """A project to measure."""

    name: str
    folder: Path
    python: Path
    variables: Mapping[str, str]


def listed(file: Path) -> list[Listed]:
    """The projects of a file.

    Raises:
        SystemExit: It is no such file.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        if not isinstance(tables, list):
            raise TypeError("`[project]` is one table, and no list of them")
        return [_listed(one, file.parent) for one in tables]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(
            f"error: {file} lists no projects: {type(error).__name__}: {error}\n"
            "Write a table `[[project]]` for each, with `name`, `folder` and `python`."
        ) from error


def _listed(one: Mapping[str, Any], base: Path) -> Listed:
    variables = {name: str(value) for name, value in one.get("variables", {}).items()}
    return Listed(one["name"], base / one["folder"], base / one["python"], variables)


def table(projects: list[Listed], runs: int) -> Iterator[str]:
    """The rows of the table, as they are measured, and a last one of medians.

    Raises:
        SystemExit: At the end, where Django or ours did not get through a project.
    """
    yield (
        "| project | Django | ours, nothing cached | times | with facts kept, times |"
        " nothing changed, times |"
    )
    yield "|---|---|---|---|---|---|"
    failures = []
    cold, kept, warm = [], [], []
    for one in projects:
        try:
            theirs, first, facts, again = project.measure(
                one.folder, one.python, runs, one.variables
            )
        except SystemExit as error:
            failures.append(str(error))
            continue
        cold.append(ratio(theirs, first))
        kept.append(ratio(theirs, facts))
        warm.append(ratio(theirs, again))
        yield (
            f"| {one.name} | {theirs.median:.2f} s | {first.median:.2f} s |"
            f" {cold[-1]:.2f} | {kept[-1]:.2f} | {warm[-1]:.0f} |"
        )
    if cold:
        medians = [statistics.median(one) for one in (cold, kept, warm)]
        yield f"| median | | | {medians[0]:.2f} | {medians[1]:.2f} | {medians[2]:.0f} |"
    if failures:
        sys.stdout.flush()
        raise SystemExit("\n".join(failures))
