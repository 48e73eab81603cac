"""All figures of `benchmarks/README.md`: `python -m benchmarks`.

Builds a monorepo of each size and a small project, runs every command against what it is compared
with, in turn, and prints ratios of medians as a table. Needs a quiet
machine, a few minutes for 100 apps, and for 400 an hour, most of it Django's.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import monorepo, packages, project, projects
from benchmarks.processes import Command, Runs, in_turn, ratio, run

OURS = (sys.executable, "-m", "pgtrigger_codegen")
DJANGO = (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")
COMMANDS = {"makemigrations --check": ("makemigrations", "--check"), "lint": ("lint",)}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    if options.projects is not None:
        for row in projects.table(projects.listed(options.projects), options.runs):
            _print(row)
        return
    if options.packages:
        with packages.project(min(options.apps)) as (folder, environment):
            _project(folder, environment, options.runs)
        return
    if options.project is not None:
        _project(options.project, options.python, options.runs)
        return
    with tempfile.TemporaryDirectory() as folder:
        _print("| what | against | ours | theirs | times |", "|---|---|---|---|---|")
        uncached: dict[int, dict[str, Runs]] = {}
        for apps in options.apps:
            project = Path(folder, f"apps_{apps}")
            monorepo.write(project, monorepo.Size(apps))
            uncached[apps] = _monorepo(project, apps, options.runs)
        _growth(uncached)
        _small(Path(folder, "small"), options.runs)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--apps", type=int, nargs="+", default=[100, 400], help="sizes to build")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    parser.add_argument("--project", type=Path, metavar="DIR", help="any project instead")
    parser.add_argument(
        "--packages", action="store_true", help="the smallest size, with ten popular packages"
    )
    parser.add_argument("--projects", type=Path, metavar="FILE", help="a list of projects instead")
    parser.add_argument("--python", type=Path, metavar="VENV", help="its virtual environment")
    options = parser.parse_args(arguments)
    if (options.project is None) != (options.python is None):
        parser.error("--project and --python belong together")
    return options


def _project(folder: Path, environment: Path, runs: int) -> None:
    """The rows about a project of somebody's."""
    theirs, first, facts, again = project.measure(folder, environment, runs)
    what, against = "`makemigrations --check`", "Django's `makemigrations --check`"
    _print("| what | against | ours | theirs | times |", "|---|---|---|---|---|")
    _row(f"{what}, nothing cached", against, first, theirs)
    _row(f"{what}, facts about packages kept", against, facts, theirs)
    _row(f"{what}, nothing changed", against, again, theirs)
    _print(
        f"| {what}, peak memory, nothing cached | {against} | {first.peak:.0f} MB |"
        f" {theirs.peak:.0f} MB | {theirs.peak / first.peak:.2f} |"
    )


def _monorepo(project: Path, apps: int, runs: int) -> dict[str, Runs]:
    """The rows about one size; what the uncached runs took."""
    edit = _edits(project / "app_001/models.py")
    ours = []
    for arguments in COMMANDS.values():
        command = (*OURS, *arguments)
        ours += [
            Command((*OURS, "--no-cache", *arguments), project),
            # The other command may have been the last to see an edit.
            Command(command, project, before=functools.partial(run, Command(command, project))),
            Command(command, project, before=edit),
        ]
    theirs, *measured = in_turn([Command(DJANGO, project), *ours], runs)
    uncached: dict[str, Runs] = {}
    for name, (first, again, after_edit) in zip(COMMANDS, _threes(measured), strict=True):
        what = f"`{name}`, {apps} apps"
        against = "Django's `makemigrations --check`"
        _row(f"{what}, nothing cached", against, first, theirs)
        _row(f"{what}, nothing changed", against, again, theirs)
        _row(f"{what}, one models file edited", against, after_edit, theirs)
        _print(
            f"| {what}, peak memory, nothing cached | {against} | {first.peak:.0f} MB |"
            f" {theirs.peak:.0f} MB | {theirs.peak / first.peak:.2f} |"
        )
        uncached[name] = first
    return uncached


def _threes(runs: Sequence[Runs]) -> Iterator[tuple[Runs, Runs, Runs]]:
    for index in range(0, len(runs), 3):
        yield runs[index], runs[index + 1], runs[index + 2]


def _edits(path: Path) -> Callable[[], object]:
    """Another line at the end of a file each time, and no two alike."""
    original = path.read_text(encoding="utf-8")
    numbers = itertools.count()
    return lambda: path.write_text(f"{original}\n\nNUMBER = {next(numbers)}\n", encoding="utf-8")


def _growth(uncached: dict[int, dict[str, Runs]]) -> None:
    for small, large in itertools.pairwise(sorted(uncached)):
        for name in COMMANDS:
            before, after = uncached[small][name].median, uncached[large][name].median
            _print(
                f"| `{name}`, from {small} to {large} apps | linear growth | {after:.2f} s |"
                f" {before * large / small:.2f} s | {after / before / (large / small):.2f} |"
            )


def _small(project: Path, runs: int) -> None:
    monorepo.write(project, monorepo.Size(apps=1))
    imports = Command((sys.executable, "-c", "import django.db.models, libcst"), project)
    file = "app_000/models.py"
    cold = Command((*OURS, "--no-cache", "lint", file), project)
    warm = Command((*OURS, "lint", file), project)
    theirs, first, again = in_turn([imports, cold, warm], runs)
    against = "`import django.db.models, libcst`"
    _row("`lint FILE`, 20 models, nothing cached", against, first, theirs)
    _row("`lint FILE`, 20 models, nothing changed", against, again, theirs)


def _row(what: str, against: str, ours: Runs, theirs: Runs) -> None:
    _print(
        f"| {what} | {against} | {ours.median:.2f} s | {theirs.median:.2f} s |"
        f" {ratio(theirs, ours):.2f} |"
    )


def _print(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
