"""Random histories of three apps, two of which have tables, and all of which have triggers on them.

After each step the databases that went along and a new one have what `manage.py pgtrigger install`
makes of the models, writes work, a second run finds nothing, what an operator disabled stays so,
and a database goes back to some point and forwards again. Steps are edits of the models, branches
that are merged, and squashed migrations; in some projects an app is an installed package, whose
upgrades bring several changes at once.

Always the same ones by default, since new ones look for unknown faults, which are no reason to hold
up a change. PGTRIGGER_CODEGEN_RANDOM_HISTORIES=20 tries that many new ones and prints their seeds,
as `nox -s histories` does every night; PGTRIGGER_CODEGEN_RANDOM_SEED runs one of them again.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.migrations.scenarios.project import (
    Catalog,
    CommandFailed,
    DjangoServer,
    ScenarioProject,
    server,
)
from tests.migrations.scenarios.random_projects import (
    APPS,
    OWN_OPERATIONS,
    OWNERS,
    Models,
    Operations,
)
from tests.migrations.scenarios.test_orders import commit
from tests.support.cli import Outcome

pytestmark = pytest.mark.slow
__all__ = ["server"]

EMPTY: Catalog = {"triggers": {}, "functions": {}}
MIGRATE = ["migrate", "--verbosity=0"]
CHECK = ["makemigrations", "--check", "--dry-run", "--verbosity=0"]
STATE = 2  # the place of `tgenabled` in the catalog's rows
NO_WAY_BACK = "does not get the trigger again"
# After these a trigger may come back enabled: where a migration has run, and a note says so.
NOT_GENTLE = re.compile("AlterField|RemoveField|DeleteModel|Between")


class History:
    """One project under edit."""

    def __init__(self, seed: int, project: ScenarioProject, new_database: Callable[[], str]):
        self.choose = random.Random(seed)
        self.project = project
        self.new_database = new_database
        self.fresh = replace(project, dsn=new_database())
        self.models = Models(self.choose, "shop" if self.choose.random() < 0.2 else None)
        self.points: list[tuple[dict[str, list[str]], Catalog]] = []
        self.expected: Catalog = EMPTY
        self.disabled: set[int] = set()
        self.has_way_back = True
        self.log: list[str] = []
        self.counts: Counter[str] = Counter()

    def run(self, steps: int) -> None:
        self._begin()
        for _ in range(steps):
            kind = self.choose.choices(
                [self._edit, self._branch, self._squash], [10, 2, 0 if self.models.package else 1]
            )[0]
            kind()
        self._to_zero()

    def _begin(self) -> None:
        (self.project.root / "zeta" / "migrations").mkdir(parents=True)
        for package in ("zeta", "zeta/migrations"):
            (self.project.root / package / "__init__.py").touch()
        self.project.configure('INSTALLED_APPS = [*INSTALLED_APPS, "zeta"]\n')
        if self.models.package:
            self.log.append(f"{self.models.package} is a package")
            self.project.install(self.models.package)
        (self.project.root / "own_operations.py").write_text(OWN_OPERATIONS)
        for app in APPS:
            self.project.write_migration(app, "")
        operations = self.models.add_model()
        assert operations
        self._write(operations)
        self._settle()

    # Steps

    def _edit(self) -> None:
        """One or two edits, in one migration or in two; a package brings more at once."""
        self._disable_one()
        done: Operations = []
        kinds: set[str] = set()
        gentle = True
        for number in range(
            self.choose.choice([1, 1, 2, 2, 3] if self.models.package else [1, 1, 2])
        ):
            edit = self.models.edit()
            if edit is None:
                continue
            name, operations = edit
            self.log.append(f"{'and ' if number else ''}{name}: {operations}")
            if done and self.choose.random() < 0.5:
                self._write(done)
                done = []
            done += operations
            kinds.add(name)
            gentle = gentle and not NOT_GENTLE.search(str(operations))
        self._write(done)
        # With another name and another definition at once, a trigger is another one to anybody.
        self._settle(gentle=gentle and not {"declare_trigger", "rename_trigger"} <= kinds)

    def _branch(self) -> None:
        """Two branches, of which one changes triggers alone, and each may have run somewhere."""
        one, two = self.models.copy(), self.models.copy()
        edits = [one.edit(), two.edit_triggers()]
        if None in edits:
            return
        self.log.append(f"branches {edits}")
        assert edits[0]
        self._git("checkout", "-q", "-B", "base")
        self._git("checkout", "-q", "-B", "one")
        self.models = one
        self._write(edits[0][1], "one")
        self._make_all()
        went_along = self.choose.random() < 0.5
        if went_along:
            self.project.manage(MIGRATE)
        self._git("checkout", "-q", "-B", "two", "base")
        self.models = two
        self._make_all()
        other = replace(self.project, dsn=self.new_database())
        other.manage(MIGRATE)
        both = {*self._changed("one")} & {*self._changed("two")}
        if both or self._git("merge", "-q", "--no-edit", "-X", "ours", "one", check=False):
            # What two people have written of one name, or into one file, is theirs to settle.
            self.counts["conflicts"] += 1
            self._git("reset", "-q", "--hard")
            self._go_on_with(one)
            return
        self.models = one.copy()
        self.models.merge(two)
        self._write_models()
        self.project.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
        commit(self.project)
        outcome = self.project.makemigrations()
        self._log_outcome(outcome)
        if outcome.exit_code == 2:
            self.counts["branches refused"] += 1
            assert re.search(r"either of\s+them first|--weave", outcome.stderr), outcome.stderr
            self._go_on_with(one)
            return
        assert outcome.exit_code == 0, outcome.stderr
        self.counts["branches merged"] += 1
        self._check_databases(other, gentle=False)

    def _squash(self) -> None:
        app = self.choose.choice(APPS)
        names = [name for name in self.project.migrations(app) if "squashed" not in name]
        whole = len(names) == len(self.project.migrations(app))
        if len(names) < 3 or not whole or any("merge" in name for name in names):
            return
        first, last = sorted(self.choose.sample(range(1, len(names)), 2))
        self.log.append(f"squash {app} {names[first]} {names[last]}")
        command = ["squashmigrations", app, names[first], names[last], "--noinput", "--verbosity=0"]
        self.fresh.empty()
        try:
            self.project.manage(command)
            self.fresh.manage(["migrate", "--plan", "--verbosity=0"])
        except CommandFailed as error:
            # Django goes in a circle, where another app's migrations come in between.
            if not re.search("Circular|Inconsistent", str(error)):
                raise
            self.counts["squashes passed over"] += 1
            for path in (self.project.root / app / "migrations").glob("*squashed*.py"):
                path.unlink()
            return
        self.counts["squashes"] += 1
        self.points.clear()  # what is replaced cannot be gone back to
        self._settle()

    # What is done with them

    def _settle(self, *, gentle: bool = True) -> None:
        self._write_models()
        if self.choose.random() < 0.5:
            commit(self.project)
        self._make()
        self._check_databases(gentle=gentle)

    def _make(self) -> None:
        outcome = self.project.makemigrations()
        if outcome.exit_code == 2:
            # What is committed is not changed unasked; nothing has run yet.
            self.counts["refused"] += 1
            assert re.search(r"--weave|--rewrite", outcome.stderr), outcome.stderr
            outcome = self.project.makemigrations("--weave", "--rewrite")
        if outcome.exit_code == 2 and self.models.package:
            assert "--after" in outcome.stderr, outcome.stderr
            outcome = self.project.makemigrations("--after")
        self._log_outcome(outcome)
        assert outcome.exit_code == 0, outcome.stderr
        if NO_WAY_BACK in outcome.stderr:
            self.points.clear()
            self.has_way_back = False

    def _check_databases(self, *others: ScenarioProject, gentle: bool) -> None:
        again = self.project.makemigrations("--check")
        assert again.exit_code == 0, again.stdout + again.stderr
        expected = self.project.installed_afresh()
        there, _ = self.project.manage(MIGRATE, CHECK)
        assert _enabled(there) == expected
        self._check_disabled(there, gentle=gentle)
        self._use_tables(self.project.dsn)
        for database in others:
            assert database.manage(MIGRATE)[-1] == expected
        self.expected = expected
        self.points.append(({app: self._last(app) for app in APPS}, expected))
        self._back_and_forth()
        commit(self.project)

    def _last(self, app: str) -> list[str]:
        """The app's last migration, but for those that a squashed one replaces."""
        texts = {
            name: (self.project.folder(app) / "migrations" / f"{name}.py").read_text()
            for name in self.project.migrations(app)
        }
        replaced = re.findall(r"replaces = \[.*?\]", "\n".join(texts.values()), re.DOTALL)
        return [name for name in texts if f'"{name}"' not in f"{replaced}".replace("'", '"')][-1:]

    def _back_and_forth(self) -> None:
        """A new database, which goes back to some point, and forwards again."""
        names, before = self.choose.choice(self.points)
        back = [
            ["migrate", app, *(names[app] or ["zero"]), "--verbosity=0"]
            for app in self.choose.sample(APPS, len(APPS))
        ]
        self.fresh.empty()
        new, *_, there, again = self.fresh.manage(MIGRATE, *back, MIGRATE)
        assert new == self.expected
        assert _with_hashes(there, before) == before
        assert again == self.expected

    def _to_zero(self) -> None:
        if not self.has_way_back:
            self.counts["no way back"] += 1
            return
        zero = [["migrate", app, "zero", "--verbosity=0"] for app in APPS]
        *_, empty, again = self.project.manage(*zero, MIGRATE)
        assert empty == EMPTY
        assert again == self.expected

    def _disable_one(self) -> None:
        there = [*self.models.triggers()]
        if not there or self.choose.random() < 0.6:
            return
        model, name, declared = self.choose.choice(there)
        row = _row(self.project.manage(["check"])[-1], model.db_table, name)
        with psycopg.connect(self.project.dsn, autocommit=True) as connection:
            disable = f"ALTER TABLE {model.db_table} DISABLE TRIGGER {row.rpartition(' ')[2]}"
            connection.execute(disable.encode())
        self.disabled.add(declared.uid)
        self.log.append(f"{model.db_table}.{name} is disabled")

    def _check_disabled(self, there: Catalog, *, gentle: bool) -> None:
        states = {
            declared.uid: there["triggers"][_row(there, model.db_table, name)][STATE]
            for model, name, declared in self.models.triggers()
        }
        if gentle:
            enabled = [uid for uid in self.disabled if states.get(uid, "D") != "D"]
            assert enabled == [], "what was disabled is enabled"
        self.disabled = {uid for uid, state in states.items() if state == "D"}

    def _use_tables(self, dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for model in self.models.models:
                columns = ", ".join(model.fields)
                values = ", ".join(["'v'"] * len(model.fields))
                change = ", ".join(f"{name} = 'w'" for name in model.fields)
                for statement in (
                    f"INSERT INTO {model.db_table} ({columns}) VALUES ({values})",
                    f"UPDATE {model.db_table} SET {change}",
                ):
                    connection.execute(statement.encode())

    def _write(self, operations: Operations, suffix: str = "") -> None:
        for app in OWNERS:
            own = [operation for owner, operation in operations if owner == app]
            if own:
                name = self.project.write_migration(app, "\n".join(own))
                path = self.project.folder(app) / "migrations" / f"{name}.py"
                path.rename(path.with_name(f"{name}{suffix}.py"))

    def _write_models(self) -> None:
        for app, source in self.models.sources().items():
            self.project.write_models(app, source)

    # Branches

    def _make_all(self) -> None:
        self._write_models()
        self._make()
        commit(self.project)

    def _go_on_with(self, models: Models) -> None:
        self._git("checkout", "-q", "-B", "base", "one")
        self.models = models
        self._check_databases(gentle=False)

    def _changed(self, branch: str) -> list[str]:
        changed = ["git", "diff", "--name-only", "base", branch, "--", "*/migrations/*"]
        output = subprocess.run(
            changed, cwd=self.project.root, check=True, capture_output=True, text=True
        ).stdout
        return output.split()

    def _git(self, *arguments: str, check: bool = True) -> int:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        command = ["git", *identity, *arguments]
        ran = subprocess.run(command, cwd=self.project.root, check=check, capture_output=True)
        return ran.returncode

    def _log_outcome(self, outcome: Outcome) -> None:
        self.log.append(textwrap.indent(outcome.stdout.rstrip("\n"), "    "))


def _enabled(catalog: Catalog) -> Catalog:
    triggers = {
        key: [*row[:STATE], "O", *row[STATE + 1 :]] for key, row in catalog["triggers"].items()
    }
    return {**catalog, "triggers": triggers}


def _with_hashes(there: Catalog, before: Catalog) -> Catalog:
    """The catalog without regard to hashes that are gone.

    Of two apps that do not depend on each other, the trigger's may go back before the column's type
    does: django-pgtrigger's schema editor then creates the trigger again, without its comment.
    """
    triggers = {
        key: [*row[:-1], before["triggers"][key][-1]]
        if row[-1] is None and key in before["triggers"]
        else row
        for key, row in there["triggers"].items()
    }
    return {**there, "triggers": triggers}


def _row(catalog: Catalog, table: str, name: str) -> str:
    """The key of a trigger in the catalog."""
    wanted = re.compile(rf"public\.{table} pgtrigger_{name}_\w{{5}}")
    (key,) = [key for key in map(str, catalog["triggers"]) if wanted.fullmatch(key)]
    return key


PARTS = 4
"""How many tests share the histories, and so the cores."""

# Most of them have found faults; the others have squashes, conflicts, packages.
SEEDS = (
    *(938535475, 701336641, 264477281, 953613252, 572931235, 465982482, 501345157, 317906695),
    *(739430172, 433225875, 839520111, 674994277, 467649661, 931701658, 544647308, 703176479),
    *(574582500, 545269726, 94314827, 205986965),
)


def _seeds(part: int) -> list[int]:
    if given := os.environ.get("PGTRIGGER_CODEGEN_RANDOM_SEED"):
        return [int(given)] if part == 0 else []
    if wanted := int(os.environ.get("PGTRIGGER_CODEGEN_RANDOM_HISTORIES", "0")):
        fresh = random.SystemRandom()
        return [fresh.randrange(10**9) for _ in range(part, wanted, PARTS)]
    return [*SEEDS[part::PARTS]]


@pytest.mark.parametrize("part", range(PARTS))
def test_random_projects(
    tmp_path: Path, server: DjangoServer, new_database: Callable[[], str], part: int
) -> None:
    failed: list[str] = []
    counts: Counter[str] = Counter()
    seeds = _seeds(part)
    print("seeds", *seeds)  # noqa: T201  (to run one of them again)
    for seed in seeds:
        root = tmp_path / str(seed)
        project = ScenarioProject(root, server, new_database(), new_database())
        project.create()
        history = History(seed, project, new_database)
        try:
            history.run(7)
        except AssertionError as error:
            failed.append("\n".join([f"seed {seed}:", *history.log, str(error)[-3000:]]))
        counts += history.counts
        counts["histories"] += 1
        counts["steps"] += len(history.points)
    print(dict(counts))  # noqa: T201  (what was tried, beside what failed)
    assert not failed, "\n\n".join(failed)
