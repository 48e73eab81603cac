"""Random edits of a project's models: what is declared, and the operations of Django that follow.

Two apps have tables, three have triggers on them. Names of models and triggers come from a few that
are used again and again.
"""

from __future__ import annotations

import copy
import random
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.migrations.scenarios.history import KEY, trigger

APPS = ("audit", "shop", "zeta")
OWNERS = ("shop", "zeta")
NAMES = ("Foo", "Bar", "Baz")
COLUMNS = ("one", "two", "three")
FIELD = 'models.TextField(default="")'
SHORT, LONG = (f'models.CharField(max_length={length}, default="")' for length in (50, 90))

# What a trigger may be; `{}` stands for a column, and `{other}` for another model's table.
SPECS: tuple[dict[str, str], ...] = (
    {},
    {"func": "RETURN OLD;", "operation": "pgtrigger.Delete"},
    {"func": "NEW.{} = 'x'; RETURN NEW;"},
    {"condition": 'pgtrigger.Condition("OLD.{} IS DISTINCT FROM NEW.{}")'},
    {"operation": 'pgtrigger.UpdateOf("{}")'},
    {"when": "pgtrigger.After", "timing": "pgtrigger.Deferred"},
    {"func": "PERFORM 1 FROM {other}; RETURN NEW;"},
)
OWN_OPERATIONS = """
from django.db import migrations


class Renaming(migrations.RenameField):
    def state_forwards(self, app_label, state):
        super().state_forwards(app_label, state)


class Quietly(migrations.AlterModelTable):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        pass

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass
"""
_numbers = count()

Operations = list[tuple[str, str]]
"""Apps, each with an operation of a migration of that app."""


@dataclass
class Declared:
    """A trigger: by which app, of which kind, on which column, and which table its body names."""

    app: str
    spec: int
    column: str
    other: int
    uid: int = field(default_factory=lambda: next(_numbers))


@dataclass
class Model:
    """A model of an app; its fields with their types, and its triggers by name."""

    app: str
    name: str
    fields: dict[str, str]
    table: str | None = None
    triggers: dict[str, Declared] = field(default_factory=dict)
    uid: int = field(default_factory=lambda: next(_numbers))

    @property
    def db_table(self) -> str:
        return self.table or f"{self.app}_{self.name.lower()}"


class Models:
    """The models of a project under edit."""

    def __init__(self, choose: random.Random, package: str | None = None) -> None:
        """Start without any.

        Args:
            package: The app that is an installed package, and declares no triggers.
        """
        self.choose = choose
        self.package = package
        self.models: list[Model] = []
        self.changed_triggers: list[tuple[int, str, Declared | None]] = []

    def copy(self) -> Models:
        """The same, to be edited on a branch."""
        other = Models(self.choose, self.package)
        other.models = copy.deepcopy(self.models)
        return other

    def merge(self, other: Models) -> None:
        """Take over what has been done to triggers on another branch."""
        for uid, name, declared in other.changed_triggers:
            for model in self.models:
                if model.uid == uid and declared:
                    there = {each.uid for key, each in model.triggers.items() if key != name}
                    model.triggers[name] = copy.copy(declared)
                    if declared.uid in there:
                        # The other branch has renamed it: there are two of them now.
                        model.triggers[name].uid = next(_numbers)
                    if declared.column not in model.fields:
                        model.triggers[name].column = next(iter(model.fields))
                elif model.uid == uid:
                    model.triggers.pop(name, None)
        self._forget_tables()

    def edit(self) -> tuple[str, Operations] | None:
        """Do something; how it is called, and what Django would write for it."""
        kind = self.choose.choice(_EDITS)
        operations = kind(self)
        return None if operations is None else (kind.__name__, operations)

    def edit_triggers(self) -> tuple[str, Operations] | None:
        """Do something to triggers alone."""
        kind = self.choose.choice((Models.declare_trigger,) * 3 + (Models.remove_trigger,))
        operations = kind(self)
        return None if operations is None else (kind.__name__, operations)

    def sources(self) -> dict[str, str]:
        """The models module of each app."""
        classes: dict[str, list[str]] = {app: [] for app in APPS}
        registered: dict[str, list[str]] = {app: [] for app in APPS}
        for model in self.models:
            own = []
            for name, declared in model.triggers.items():
                code = self._code(name, declared)
                if declared.app == model.app:
                    own.append(f"{code},\n")
                else:
                    registered[declared.app].append(
                        f"from {model.app}.models import {model.name} as {model.app}_{model.name}\n"
                        f"pgtrigger.register({code})({model.app}_{model.name})\n"
                    )
            meta = f"triggers = [\n{''.join(own)}]\n"
            if model.table:
                meta += f'db_table = "{model.table}"\n'
            fields = "".join(f"{name} = {type_}\n" for name, type_ in model.fields.items())
            body = f"{fields}class Meta:\n{textwrap.indent(meta, '    ')}"
            classes[model.app].append(
                f"class {model.name}(models.Model):\n{textwrap.indent(body, '    ')}\n"
            )
        imports = "import pgtrigger\nfrom django.db import models\n"
        # At the end, since two apps may import each other's models.
        return {app: "\n".join([imports, *classes[app], *registered[app]]) for app in APPS}

    def triggers(self) -> Iterator[tuple[Model, str, Declared]]:
        for model in self.models:
            for name, declared in model.triggers.items():
                yield model, name, declared

    # Edits

    def add_model(self) -> Operations | None:
        app = self.choose.choice(OWNERS)
        free = self._free(app)
        if not free:
            return None
        model = Model(app, self.choose.choice(free), {"one": FIELD, "two": SHORT})
        self.models.append(model)
        fields = "".join(f'("{name}", {type_}), ' for name, type_ in model.fields.items())
        made = f'migrations.CreateModel(name="{model.name}", fields=[{KEY}, {fields}]),'
        return [(app, made)]

    def delete_model(self) -> Operations | None:
        if len(self.models) < 2:
            return None
        model = self.choose.choice(self.models)
        self.models.remove(model)
        self._forget_tables()
        return [(model.app, f'migrations.DeleteModel("{model.name}"),')]

    def rename_model(self) -> Operations | None:
        if not self.models:
            return None
        model = self.choose.choice(self.models)
        free = self._free(model.app)
        if not free:
            return None
        old, model.name = model.name, self.choose.choice(free)
        return [(model.app, f'migrations.RenameModel("{old}", "{model.name}"),')]

    def swap_models(self) -> Operations | None:
        app = self.choose.choice(OWNERS)
        there = [model for model in self.models if model.app == app]
        if len(there) < 2:
            return None
        one, other = self.choose.sample(there, 2)
        steps = [(one.name, "Between"), (other.name, one.name), ("Between", other.name)]
        one.name, other.name = other.name, one.name
        return [(app, f'migrations.RenameModel("{old}", "{new}"),') for old, new in steps]

    def rename_table(self) -> Operations | None:
        if not self.models:
            return None
        model = self.choose.choice(self.models)
        before = model.db_table
        model.table = None if model.table else f"t{self.choose.randrange(10000)}"
        operation = f'migrations.AlterModelTable("{model.name.lower()}", {model.table!r}),'
        if self.choose.random() < 0.2:
            # In the state alone, and by hand in the database.
            rename, back = (
                f'"ALTER TABLE {old} RENAME TO {new}"'
                for old, new in [(before, model.db_table), (model.db_table, before)]
            )
            quietly = operation.replace("migrations.AlterModelTable", "own_operations.Quietly")
            return [(model.app, f"migrations.RunSQL({rename}, {back}),"), (model.app, quietly)]
        return [(model.app, self._separate(operation))]

    def rename_field(self) -> Operations | None:
        model, name = self._column()
        free = [column for column in COLUMNS if model and column not in model.fields]
        if model is None or not free:
            return None
        new = self.choose.choice(free)
        model.fields = {new if key == name else key: type_ for key, type_ in model.fields.items()}
        for declared in model.triggers.values():
            declared.column = new if declared.column == name else declared.column
        kind = "own_operations.Renaming" if self.choose.random() < 0.2 else "migrations.RenameField"
        operation = f'{kind}("{model.name}", "{name}", "{new}"),'
        return [(model.app, self._separate(operation))]

    def alter_field(self) -> Operations | None:
        model, name = self._column()
        if model is None:
            return None
        model.fields[name] = LONG if model.fields[name] != LONG else SHORT
        altered = f'migrations.AlterField("{model.name}", "{name}", {model.fields[name]}),'
        return [(model.app, altered)]

    def remove_field(self) -> Operations | None:
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
        return [(model.app, f'migrations.RemoveField("{model.name}", "{name}"),')]

    def declare_trigger(self) -> Operations | None:
        if not self.models:
            return None
        model = self.choose.choice(self.models)
        name = self.choose.choice(["a", "b"])
        app = self.choose.choice([app for app in APPS if app != self.package])
        column, spec = self.choose.choice([*model.fields]), self.choose.randrange(len(SPECS))
        declared = Declared(app, spec, column, self.choose.choice(self.models).uid)
        if name in model.triggers:
            declared.uid = model.triggers[name].uid
        self._set(model, name, declared)
        return []

    def remove_trigger(self) -> Operations | None:
        named = [(model, name) for model, name, _ in self.triggers()]
        if not named:
            return None
        self._set(*self.choose.choice(named), None)
        return []

    def rename_trigger(self) -> Operations | None:
        named = [(model, name) for model, name, _ in self.triggers()]
        if not named:
            return None
        model, name = self.choose.choice(named)
        other = "b" if name == "a" else "a"
        model.triggers = {
            {name: other, other: name}[key]: declared for key, declared in model.triggers.items()
        }
        if len(model.triggers) > 1:
            # Both names are there as before: each has another definition now.
            one, two = model.triggers.values()
            one.uid, two.uid = two.uid, one.uid
        return []

    def _set(self, model: Model, name: str, declared: Declared | None) -> None:
        self.changed_triggers.append((model.uid, name, declared))
        if declared:
            model.triggers[name] = declared
        else:
            del model.triggers[name]

    def _forget_tables(self) -> None:
        """No function names a table that is gone."""
        there = {model.uid for model in self.models}
        for model, _, declared in self.triggers():
            if declared.other not in there:
                declared.other = model.uid

    def _code(self, name: str, declared: Declared) -> str:
        tables = {model.uid: model.db_table for model in self.models}
        spec = SPECS[declared.spec].items()
        return trigger(
            name,
            **{
                key: text.replace("{other}", tables[declared.other]).replace("{}", declared.column)
                for key, text in spec
            },
        )

    def _separate(self, operation: str) -> str:
        if self.choose.random() < 0.7:
            return operation
        return (
            "migrations.SeparateDatabaseAndState("
            f"database_operations=[{operation}], state_operations=[{operation}]),"
        )

    def _free(self, app: str) -> list[str]:
        taken = {model.name for model in self.models if model.app == app}
        return [name for name in NAMES if name not in taken]

    def _column(self) -> tuple[Model | None, str]:
        if not self.models:
            return None, ""
        model = self.choose.choice(self.models)
        return model, self.choose.choice([*model.fields])


_EDITS: tuple[Callable[[Models], Operations | None], ...] = (
    Models.add_model,
    Models.add_model,
    Models.delete_model,
    Models.rename_model,
    Models.swap_models,
    Models.rename_table,
    Models.rename_field,
    Models.alter_field,
    Models.remove_field,
    *(Models.declare_trigger,) * 5,
    Models.remove_trigger,
    Models.rename_trigger,
)
