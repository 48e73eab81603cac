"""One case: a small project of the fixtures with some files changed, and what became of it."""

from __future__ import annotations

import ast
import random
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from tests.fuzz.mutations import changed_sql, mutated
from tests.lint.bodies import FOLDER as BODIES
from tests.lint.bodies import BodyCase, read_bodies
from tests.lint.cases import Case, read_cases
from tests.support.cli import run_cli
from tests.support.projects import ALL, EVALUATION, PROJECTS, REPOSITORY, copy_project
from tests.support.tracing import untraced

MOST_SECONDS = 10
COMMANDS = (("lint",), ("makemigrations", "--check"))
_UNWANTED = ("internal error", "Traceback")
_SHARES = {"rule": 60, "body": 32, "project": 8}
"""How often each kind of fixture is taken, in hundredths; whole projects take the longest."""


class TooSlowError(BaseException):
    """A command took longer than any may; no barrier is meant to hold it."""


@dataclass(frozen=True)
class Made:
    """A case on disk.

    Attributes:
        origin: The fixture that it was made of.
        changed: The files that were changed.
        mutations: How many changes they have had.
    """

    origin: str
    changed: tuple[str, ...]
    mutations: int


def make(seed: str, folder: Path) -> Made:
    """Writes the project of a seed into an empty folder."""
    chance = random.Random(seed)
    kind = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
    origin = _KINDS[kind](chance, folder)
    files = sorted(
        path for path in folder.rglob("*.py") if path.stat().st_size and path.name != "manage.py"
    )
    chosen = chance.sample(files, min(len(files), chance.choice((1, 1, 1, 2, 3))))
    mutations = sum(_change(path, chance) for path in chosen)
    return Made(origin, tuple(str(path.relative_to(folder)) for path in chosen), mutations)


def failure(folder: Path) -> str | None:
    """What went wrong as the commands ran in the project, if something did."""
    for command in COMMANDS:
        said = " ".join(command)
        try:
            with _in_time():
                outcome = run_cli(folder, *command)
        except KeyboardInterrupt:
            raise
        except TooSlowError:
            return f"`{said}` took more than {MOST_SECONDS} s:\n{traceback.format_exc(limit=-12)}"
        except BaseException:  # noqa: BLE001  (whatever comes is what is looked for)
            return f"`{said}` crashed:\n{traceback.format_exc(limit=-12)}"
        output = outcome.stdout + outcome.stderr
        if outcome.exit_code not in {0, 1, 2}:
            return f"`{said}` ended with {outcome.exit_code}:\n{output}"
        if any(word in output for word in _UNWANTED):
            return f"`{said}` reports a bug of its own:\n{output}"
    return None


@contextmanager
def _in_time() -> Iterator[None]:
    """Counts the time of this process alone, so that a busy machine makes no failures.

    Whoever traces lines, as coverage does, rests meanwhile: they would take most of the time.
    """

    def stop(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        with untraced():
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _change(path: Path, chance: random.Random) -> int:
    """Changes a file, and says how often."""
    text = path.read_text(encoding="utf-8")
    times = chance.choice((1, 1, 2, 3, 6))
    # A file that does not parse is soon done with: most of the cases should get further.
    tries = chance.choice((1, 6))
    versions = [text]
    for _ in range(tries):
        versions = [text]
        for _ in range(times):
            versions.append(mutated(versions[-1], chance, _donors(), 1))
        if versions[-1] != text and _parses(versions[-1]):
            break
    path.write_bytes(versions[-1].encode("utf-8", "surrogatepass"))
    return sum(one != other for one, other in pairwise(versions))


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _rule(chance: random.Random, folder: Path) -> str:
    name, case = chance.choice(_rule_cases())
    case.write(folder)
    return name


def _whole_project(chance: random.Random, folder: Path) -> str:
    name = chance.choice((*ALL, *ALL, *ALL, EVALUATION))  # which takes seconds
    project = copy_project(name, folder / "copy")
    for path in project.iterdir():
        path.rename(folder / path.name)
    project.rmdir()
    project.parent.rmdir()
    return name


def _with_body(chance: random.Random, folder: Path) -> str:
    body = chance.choice(_bodies())
    func = body.func
    for _ in range(chance.randrange(4)):
        func = changed_sql(func, chance, [chance.choice(_bodies()).func])
    operation = " | ".join(f"pgtrigger.{event.title()}" for event in body.operation.split(" OR "))
    level = f", level=pgtrigger.{body.level.title()}" if body.level == "STATEMENT" else ""
    models = _MODELS.format(
        when=body.when.title().replace(" ", ""), operation=operation, level=level, func=repr(func)
    )
    Case(body.name, {"shop/models.py": models}, (), {}, {}).write(folder)
    return f"{body.file.name}: {body.name}"


_KINDS: dict[str, Callable[[random.Random, Path], str]] = {
    "rule": _rule,
    "body": _with_body,
    "project": _whole_project,
}
_MODELS = """\
import pgtrigger
from django.db import models


class Customer(models.Model):
    orders = models.IntegerField(null=True)


class Log(models.Model):
    order_id = models.BigIntegerField(null=True)
    message = models.TextField(null=True)


class Order(models.Model):
    status = models.TextField(default="new")
    amount = models.IntegerField(null=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True)
    note = models.TextField(null=True)
    created_at = models.DateTimeField(null=True, db_column="createdAt")
    updated_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="case", when=pgtrigger.{when}, operation={operation}{level}, func={func},
            )
        ]
"""


@cache
def _rule_cases() -> list[tuple[str, Case]]:
    fixtures = sorted((REPOSITORY / "fixtures" / "rules").glob("PGT*.md"))
    return [
        (f"{fixture.stem}: {case.name}", case)
        for fixture in fixtures
        for case in read_cases(fixture)
        if case.files
    ]


@cache
def _bodies() -> list[BodyCase]:
    return read_bodies(sorted(BODIES.glob("*.sql")))


@cache
def _donors() -> list[str]:
    """All texts of which parts are taken."""
    projects = [
        path.read_text(encoding="utf-8")
        for path in sorted(PROJECTS.rglob("*.py"))
        if "expected" not in path.parts and path.stat().st_size
    ]
    rules = [
        text for _, case in _rule_cases() for name, text in case.files.items() if name[-3:] == ".py"
    ]
    return [*projects, *rules, *(body.func for body in _bodies())]
