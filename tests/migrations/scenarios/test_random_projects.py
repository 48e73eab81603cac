"""Random histories of three apps, two of which have triggers on the tables of the first.

Names of models and triggers come from a few that are used again and again. After each step the
databases that went along and a new one have what `manage.py pgtrigger install` makes of the models,
writes work, a second run finds nothing, and a database goes back to some point and forwards again.

New seeds each time, which a failure names: PGTRIGGER_CODEGEN_RANDOM_SEED runs one of them again,
and PGTRIGGER_CODEGEN_RANDOM_HISTORIES says how many there are.
"""

from __future__ import annotations

import os
import random
import re
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from tests.migrations.scenarios.history import KEY, trigger
from tests.migrations.scenarios.project import Catalog, DjangoServer, ScenarioProject, server
from tests.migrations.scenarios.test_orders import commit

pytestmark = pytest.mark.slow
__all__ = ["server"]

APPS = ("audit", "shop", "zeta")
NAMES = ("Foo", "Bar", "Baz")
COLUMNS = ("one", "two", "three")
EMPTY: Catalog = {"triggers": {}, "functions": {}}
MIGRATE = ["migrate", "--verbosity=0"]
CHECK = ["makemigrations", "--check", "--dry-run", "--verbosity=0"]
FIELD = 'models.TextField(default="")'
SHORT, LONG = (f'models.CharField(max_length={length}, default="")' for length in (50, 90))

# What a trigger may be; `{}` stands for a column.
SPECS: tuple[dict[str, str], ...] = (
    {},
    {"func": "RETURN OLD;", "operation": "pgtrigger.Delete"},
    {"func": "NEW.{} = 'x'; RETURN NEW;"},
    {"condition": 'pgtrigger.Condition("OLD.{} IS DISTINCT FROM NEW.{}")'},
    {"operation": 'pgtrigger.UpdateOf("{}")'},
    {"when": "pgtrigger.After", "timing": "pgtrigger.Deferred"},
)


@dataclass
class Declared:
    """A trigger: by which app, of which kind, and on which column."""

    app: str
    spec: int
    column: str


@dataclass
class Model:
    """A model of the shop; its fields with their types, and its triggers by name."""

    name: str
    fields: dict[str, str]
    table: str | None = None
    triggers: dict[str, Declared] = field(default_factory=dict)


@dataclass
class Edit:
    """Operations on the shop's schema."""

    operations: list[str] = field(default_factory=list)


class History:
    """One project under edit."""

    def __init__(self, seed: int, project: ScenarioProject, new_database: Callable[[], str]):
        self.choose = random.Random(seed)
        self.project = project
        self.new_database = new_database
        self.models: list[Model] = []
        self.points: list[tuple[dict[str, list[str]], Catalog]] = []
        self.log: list[str] = []
        self.counts: Counter[str] = Counter()

    def run(self, steps: int) -> None:
        self._begin()
        for _ in range(steps):
            kind = self.choose.choice(_EDITS)
            edit = kind(self)
            if edit is None:
                continue
            self.log.append(f"{kind.__name__}: {edit.operations}")
            if self.choose.random() < 0.3 and (more := self.choose.choice(_EDITS)(self)):
                self.log.append(f"  and {more.operations}")
                if self.choose.random() < 0.5:
                    edit.operations += more.operations
                else:
                    self._write(edit)
                    edit = more
            self._step(edit)
        self._to_zero()

    # Edits of the models

    def add_model(self) -> Edit | None:
        free = [name for name in NAMES if name not in self._names()]
        if not free:
            return None
        model = Model(self.choose.choice(free), {"one": FIELD, "two": SHORT})
        self.models.append(model)
        fields = "".join(f'("{name}", {type_}), ' for name, type_ in model.fields.items())
        return Edit([f'migrations.CreateModel(name="{model.name}", fields=[{KEY}, {fields}]),'])

    def delete_model(self) -> Edit | None:
        if len(self.models) < 2:
            return None
        model = self.choose.choice(self.models)
        self.models.remove(model)
        return Edit([f'migrations.DeleteModel("{model.name}"),'])

    def rename_model(self) -> Edit | None:
        free = [name for name in NAMES if name not in self._names()]
        if not free or not self.models:
            return None
        model = self.choose.choice(self.models)
        old, model.name = model.name, self.choose.choice(free)
        return Edit([f'migrations.RenameModel("{old}", "{model.name}"),'])

    def swap_models(self) -> Edit | None:
        if len(self.models) < 2:
            return None
        one, other = self.choose.sample(self.models, 2)
        steps = [(one.name, "Between"), (other.name, one.name), ("Between", other.name)]
        one.name, other.name = other.name, one.name
        return Edit([f'migrations.RenameModel("{old}", "{new}"),' for old, new in steps])

    def rename_table(self) -> Edit | None:
        if not self.models:
            return None
        model = self.choose.choice(self.models)
        model.table = None if model.table else f"t{self.choose.randrange(1000)}"
        return Edit([f'migrations.AlterModelTable("{model.name.lower()}", {model.table!r}),'])

    def rename_field(self) -> Edit | None:
        model, name = self._column()
        free = [column for column in COLUMNS if model and column not in model.fields]
        if model is None or not free:
            return None
        new = self.choose.choice(free)
        model.fields = {new if key == name else key: type_ for key, type_ in model.fields.items()}
        for declared in model.triggers.values():
            declared.column = new if declared.column == name else declared.column
        operation = f'migrations.RenameField("{model.name}", "{name}", "{new}"),'
        if self.choose.random() < 0.3:
            operation = (
                "migrations.SeparateDatabaseAndState("
                f"database_operations=[{operation}], state_operations=[{operation}]),"
            )
        return Edit([operation])

    def alter_field(self) -> Edit | None:
        model, name = self._column()
        if model is None:
            return None
        model.fields[name] = LONG if model.fields[name] != LONG else SHORT
        return Edit([f'migrations.AlterField("{model.name}", "{name}", {model.fields[name]}),'])

    def remove_field(self) -> Edit | None:
        model, name = self._column()
        if model is None or len(model.fields) < 2:
            return None
        del model.fields[name]
        left = next(iter(model.fields))
        for key, declared in list(model.triggers.items()):
            if declared.column == name:
                declared.column = left
                if self.choose.random() < 0.5:
                    del model.triggers[key]
        return Edit([f'migrations.RemoveField("{model.name}", "{name}"),'])

    def declare_trigger(self) -> Edit | None:
        if not self.models:
            return None
        model = self.choose.choice(self.models)
        name = self.choose.choice(["a", "b"])
        app = self.choose.choice(APPS)
        column = self.choose.choice([*model.fields])
        model.triggers[name] = Declared(app, self.choose.randrange(len(SPECS)), column)
        return Edit()

    def remove_trigger(self) -> Edit | None:
        named = [(model, name) for model in self.models for name in model.triggers]
        if not named:
            return None
        model, name = self.choose.choice(named)
        del model.triggers[name]
        return Edit()

    def rename_trigger(self) -> Edit | None:
        named = [(model, name) for model in self.models for name in model.triggers]
        if not named:
            return None
        model, name = self.choose.choice(named)
        other = "b" if name == "a" else "a"
        model.triggers = {
            {name: other, other: name}[key]: declared for key, declared in model.triggers.items()
        }
        return Edit()

    # What is done with them

    def _begin(self) -> None:
        (self.project.root / "zeta" / "migrations").mkdir(parents=True)
        for package in ("zeta", "zeta/migrations"):
            (self.project.root / package / "__init__.py").touch()
        self.project.configure('INSTALLED_APPS = [*INSTALLED_APPS, "zeta"]\n')
        for app in ("audit", "zeta"):
            self.project.write_migration(app, "")
        edit = self.add_model()
        assert edit
        self._step(edit)

    def _step(self, edit: Edit) -> None:
        project = self.project
        if edit.operations:
            self._write(edit)
        self._write_models()
        committed = self.choose.random() < 0.5
        if committed:
            commit(project)
        outcome = project.makemigrations()
        if outcome.exit_code == 2:
            # What is committed is not changed unasked; nothing has run yet.
            self.counts["refused"] += 1
            assert re.search(r"--weave|--rewrite", outcome.stderr), outcome.stderr
            outcome = project.makemigrations("--weave", "--rewrite")
        assert outcome.exit_code == 0, outcome.stderr
        self.log.append(f"    {outcome.stdout}".replace("\n", "\n    "))
        again = project.makemigrations("--check")
        assert again.exit_code == 0, again.stdout + again.stderr
        expected = project.installed_afresh()
        there, _ = project.manage(MIGRATE, CHECK)
        assert there == expected
        self._use_tables(project.dsn)
        fresh = replace(project, dsn=self.new_database())
        assert fresh.manage(MIGRATE)[-1] == expected
        self.points.append(({app: project.migrations(app)[-1:] for app in APPS}, expected))
        self._back_and_forth(fresh)
        commit(project)

    def _back_and_forth(self, database: ScenarioProject) -> None:
        names, before = self.choose.choice(self.points)
        back = [
            ["migrate", app, *(names[app] or ["zero"]), "--verbosity=0"]
            for app in self.choose.sample(APPS, len(APPS))
        ]
        *_, there, again = database.manage(*back, MIGRATE)
        assert there == before
        assert again == self.points[-1][1]

    def _to_zero(self) -> None:
        zero = [["migrate", app, "zero", "--verbosity=0"] for app in APPS]
        *_, empty, again = self.project.manage(*zero, MIGRATE)
        assert empty == EMPTY
        assert again == self.points[-1][1]

    def _use_tables(self, dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for model in self.models:
                table = model.table or f"shop_{model.name.lower()}"
                columns = ", ".join(model.fields)
                values = ", ".join(["'v'"] * len(model.fields))
                change = ", ".join(f"{name} = 'w'" for name in model.fields)
                for statement in (
                    f"INSERT INTO {table} ({columns}) VALUES ({values})",
                    f"UPDATE {table} SET {change}",
                ):
                    connection.execute(statement.encode())

    def _write(self, edit: Edit) -> None:
        self.project.write_migration("shop", "\n".join(edit.operations))

    def _write_models(self) -> None:
        classes = ["import pgtrigger\nfrom django.db import models\n"]
        others: dict[str, list[str]] = {app: [] for app in APPS}
        for model in self.models:
            own = []
            for name, declared in model.triggers.items():
                written = {
                    key: text.replace("{}", declared.column)
                    for key, text in SPECS[declared.spec].items()
                }
                code = trigger(name, **written)
                if declared.app == "shop":
                    own.append(f"{code},\n")
                else:
                    others[declared.app].append(f"pgtrigger.register({code})({model.name})\n")
            meta = f"triggers = [\n{''.join(own)}]\n"
            if model.table:
                meta += f'db_table = "{model.table}"\n'
            fields = "".join(f"{name} = {type_}\n" for name, type_ in model.fields.items())
            body = f"{fields}class Meta:\n{textwrap.indent(meta, '    ')}"
            classes.append(f"class {model.name}(models.Model):\n{textwrap.indent(body, '    ')}")
        self.project.write_models("shop", "\n\n".join(classes))
        for app in ("audit", "zeta"):
            imports = "import pgtrigger\nfrom shop.models import *\n"
            self.project.write_models(app, imports + "".join(others[app]) if others[app] else "")

    def _names(self) -> set[str]:
        return {model.name for model in self.models}

    def _column(self) -> tuple[Model | None, str]:
        if not self.models:
            return None, ""
        model = self.choose.choice(self.models)
        return model, self.choose.choice([*model.fields])


_EDITS: tuple[Callable[[History], Edit | None], ...] = (
    History.add_model,
    History.delete_model,
    History.rename_model,
    History.swap_models,
    History.rename_table,
    History.rename_field,
    History.alter_field,
    History.remove_field,
    History.declare_trigger,
    History.declare_trigger,
    History.declare_trigger,
    History.declare_trigger,
    History.remove_trigger,
    History.rename_trigger,
)


def _seeds() -> list[int]:
    if given := os.environ.get("PGTRIGGER_CODEGEN_RANDOM_SEED"):
        return [int(given)]
    wanted = int(os.environ.get("PGTRIGGER_CODEGEN_RANDOM_HISTORIES", "20"))
    fresh = random.SystemRandom()
    return [fresh.randrange(10**9) for _ in range(wanted)]


def test_random_projects(
    tmp_path: Path, server: DjangoServer, new_database: Callable[[], str]
) -> None:
    failed: list[str] = []
    counts: Counter[str] = Counter()
    for seed in _seeds():
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
