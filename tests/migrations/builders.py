"""Small projects on disk, triggers from literals, and migrations run by real Python."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import migrations, models
from msgspec.structs import asdict, replace
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger

from pgtrigger_codegen.certificate.certify import certify
from pgtrigger_codegen.confinement import wall
from pgtrigger_codegen.migrations.planning.plan import PlanningSource
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, build_graph
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, MigrationReader
from pgtrigger_codegen.models.facts import ModelFact, Models
from pgtrigger_codegen.project.project import App, Project, Settings
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import Cause, CompiledTrigger, UnresolvedTrigger
from tests.sql.cases import parts, reference_hash

RUNSQL_MODE = {"PGTRIGGER_MIGRATIONS": False}


def trigger(uri: str = "shop.Order:protect", **overrides: Any) -> CompiledTrigger:
    """A trigger on `shop_order`, or where told; what TriggerParts has goes there."""
    label, name = uri.split(":")
    app_label, model = label.split(".")
    pgid = f"pgtrigger_{name}_{hashlib.sha1(uri.encode()).hexdigest()[:5]}"
    own = {key: overrides.pop(key) for key in list(overrides) if key in _OWN}
    compiled = parts(pgid, **{"table": f"{app_label}_{model.lower()}", **overrides})
    facts: dict[str, Any] = {
        "uri": uri,
        "app_label": app_label,
        "model": model,
        "table": compiled.table,
        "concrete_model": label,
        "name": name,
        "pgid": pgid,
        "hash": reference_hash(compiled),
        "class_name": "pgtrigger.Trigger",
        "origin": "meta",
        "migration_app": app_label,
        "span": Span("/nowhere/models.py", 1, 1, 1, 2),
        "parts": compiled,
    }
    return CompiledTrigger(**{**facts, **own})


_OWN = frozenset({"concrete_model", "migration_app", "span", "hash", "origin", "model"})


def moved(compiled: CompiledTrigger, **parts_overrides: str) -> CompiledTrigger:
    """The same declaration with other parts, and so another hash."""
    changed = replace(compiled.parts, **parts_overrides)
    return replace(compiled, parts=changed, hash=reference_hash(changed), table=changed.table)


def pgtrigger_trigger(compiled: CompiledTrigger) -> compiler.Trigger:
    """The trigger as django-pgtrigger has it in migrations."""
    sql = compiler.UpsertTriggerSql(**asdict(compiled.parts), hash=compiled.hash)
    return compiler.Trigger(name=compiled.name, sql=sql)


def add_trigger(compiled: CompiledTrigger) -> AddTrigger:
    return AddTrigger(model_name=compiled.model.lower(), trigger=pgtrigger_trigger(compiled))


def create_model(name: str = "Order", **options: Any) -> migrations.CreateModel:
    """A model with id, status and total, or the fields given."""
    fields = options.pop(
        "fields",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("status", models.TextField()),
            ("total", models.IntegerField(null=True)),
        ],
    )
    bases = options.pop("bases", (models.Model,))
    return migrations.CreateModel(name=name, fields=fields, options=options, bases=bases)


def migration(
    name: str, *operations: object, dependencies: Iterable[object] = (), **others: Any
) -> EvaluatedMigration:
    return EvaluatedMigration(
        name,
        Path(f"{name}.py"),
        dependencies=list(dependencies),
        operations=list(operations),
        **others,
    )


def graph(apps: dict[str, list[EvaluatedMigration]], *targets: str) -> MigrationGraph:
    """The graph of migrations that exist only here."""
    return build_graph(LiteralReader(apps), targets or apps)


class LiteralReader(MigrationReader):
    """Reads migrations from literals."""

    def __init__(self, apps: dict[str, list[EvaluatedMigration]]) -> None:
        listed = {label: App(label, label, Path(label), True, label, None) for label in apps}
        super().__init__(listed, lambda label, path: self.literals[label, path.stem])
        self.literals = {(label, item.name): item for label in apps for item in apps[label]}
        self.read_keys: list[tuple[str, str]] = []

    def names(self, app_label: str) -> tuple[str, ...]:
        return tuple(sorted(name for label, name in self.literals if label == app_label))

    def path(self, key: tuple[str, str]) -> Path:
        return self.literals[key].path

    def read(self, key: tuple[str, str]) -> EvaluatedMigration:
        self.read_keys.append(key)
        return self.literals[key]


# The files are written by the tests.
wall.DOORS |= {("../tests/migrations/builders.py", "run_migration_file")}


def run_migration_file(app_label: str, path: Path) -> EvaluatedMigration:
    """What the evaluator finds out, found out by Python itself."""
    module = types.ModuleType(f"{app_label}.migrations.{path.stem}")
    with wall.trusted():
        exec(compile(path.read_text(), str(path), "exec"), vars(module))
    cls = module.Migration
    return EvaluatedMigration(
        path.stem,
        path,
        dependencies=cls.dependencies,
        run_before=cls.run_before,
        replaces=cls.replaces,
        initial=cls.initial,
        operations=cls.operations,
        atomic=cls.atomic,
    )


ORDER_MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("status", models.TextField()),
                ("total", models.IntegerField(null=True)),
            ],
        ),
    ]
"""


def make_app(
    root: Path, label: str, files: dict[str, str] | None = None, *, first_party: bool = True
) -> App:
    """An app with migrations on disk; None for an app without a migrations package."""
    folder = root / label / "migrations"
    (root / label).mkdir(parents=True)
    if files is not None:
        folder.mkdir()
        (folder / "__init__.py").touch()
        for name, content in files.items():
            (folder / name).write_text(content)
    return App(label, label, root / label, first_party, f"{label}.migrations", folder)


def make_source(
    root: Path,
    apps: Iterable[App],
    *triggers: CompiledTrigger,
    settings: dict[str, Any] | None = None,
    unresolved: Iterable[UnresolvedTrigger] = (),
    models: Iterable[ModelFact] = (),
) -> PlanningSource:
    listed = {app.label: app for app in apps}
    project = Project(root, Settings("settings", {**RUNSQL_MODE, **(settings or {})}), listed)
    source = PlanningSource(project=project, models=Models(models), triggers=triggers)
    return with_gaps(source, unresolved=unresolved)


def with_gaps(source: PlanningSource, **facts: Any) -> PlanningSource:
    """The same source with a certificate of what was not read (see `certify`)."""
    return replace(source, certificate=certify(source.project, source.models, **facts))


def order_model(**overrides: Any) -> ModelFact:
    facts: dict[str, Any] = {
        "app_label": "shop",
        "name": "Order",
        "table": "shop_order",
        "concrete_model": "shop.Order",
        "first_party": True,
        "managed": True,
        "proxy_of": None,
        "through_field": None,
        "columns": ("id", "status", "total"),
        "span": Span("/nowhere/models.py", 1, 1, 1, 2),
    }
    return ModelFact(**{**facts, **overrides})


def unresolved(
    *, migration_app: str | None = "shop", model: str | None = None, path: str = "/nowhere/x.py"
) -> UnresolvedTrigger:
    return UnresolvedTrigger(
        cause=Cause.UNREADABLE,
        reason="cannot be read",
        uri=None,
        model=model,
        migration_app=migration_app,
        span=Span(path, 3, 1, 3, 9),
    )
