"""Random edits of models and triggers, each migrated, compared, taken back and made again.

Few and always the same by default; PGTRIGGER_CODEGEN_RANDOM_HISTORIES=20 tries that many new ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.migrations.scenarios.history import INITIAL, order, trigger
from tests.migrations.scenarios.project import Catalog, DjangoServer, ScenarioProject, server

pytestmark = pytest.mark.slow
__all__ = ["server"]

EMPTY: Catalog = {"triggers": {}, "functions": {}}
MIGRATE = ["migrate", "--verbosity=0"]
CHECK = ["makemigrations", "--check", "--dry-run"]

# What a trigger may be: the fields that it needs, and the declaration with their columns.
SPECS: dict[str, tuple[set[str], dict[str, str]]] = {
    "plain": (set(), {}),
    "other body": (set(), {"func": "RETURN OLD;"}),
    "body with a column": ({"note"}, {"func": "NEW.{note} = 'x'; RETURN NEW;"}),
    "condition": (
        {"status"},
        {"condition": 'pgtrigger.Condition("OLD.{status} IS DISTINCT FROM NEW.{status}")'},
    ),
    "whole row": (set(), {"condition": 'pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")'}),
    "columns": ({"note"}, {"operation": 'pgtrigger.UpdateOf("{note}")'}),
    "body with the other column": ({"status"}, {"func": "NEW.{status} = 'x'; RETURN NEW;"}),
    "deletes": (set(), {"operation": "pgtrigger.Delete", "func": "RETURN OLD;"}),
    "constraint": (set(), {"when": "pgtrigger.After", "timing": "pgtrigger.Deferred"}),
    "statement": (
        set(),
        {"when": "pgtrigger.After", "level": "pgtrigger.Statement", "func": "RETURN NULL;"},
    ),
}
# The last one is the other app's.
NAMES = st.sampled_from(["a", "b", "c"])
THEIRS = """
import pgtrigger
from shop.models import {model}

pgtrigger.register({trigger})({model})
"""


class RandomHistory(RuleBasedStateMachine):
    """A project under edit, and the two databases that must agree."""

    make_project: Callable[[], ScenarioProject]

    def __init__(self) -> None:
        super().__init__()
        self.project = type(self).make_project()
        self.triggers: dict[str, str] = {}
        self.model = "Order"
        self.fields = {"status": "status", "note": "note"}
        self.length = 10
        self.catalog = EMPTY
        self.project.write_migration("audit", "")
        self._migrate(INITIAL)

    @rule(name=NAMES, spec=st.sampled_from(sorted(SPECS)))
    def declare_trigger(self, name: str, spec: str) -> None:
        if SPECS[spec][0] <= self.fields.keys():
            self.triggers[name] = spec
            self._migrate()

    @precondition(lambda self: self.triggers)
    @rule(name=NAMES)
    def remove_trigger(self, name: str) -> None:
        if self.triggers.pop(name, None):
            self._migrate()

    @rule()
    def rename_model(self) -> None:
        old, self.model = self.model, "Purchase" if self.model == "Order" else "Order"
        self._migrate(f'migrations.RenameModel("{old}", "{self.model}"),')

    @rule(field=st.sampled_from(["status", "note"]))
    def rename_field(self, field: str) -> None:
        if old := self.fields.get(field):
            self.fields[field] = f"{field}_now" if old == field else field
            self._migrate(
                f'migrations.RenameField("{self.model}", "{old}", "{self.fields[field]}"),'
            )

    @precondition(lambda self: "status" in self.fields)
    @rule()
    def retype_field(self) -> None:
        self.length += 10
        name, field = self.fields["status"], self._field("status")
        self._migrate(f'migrations.AlterField("{self.model}", "{name}", {field}),')

    @rule(field=st.sampled_from(["status", "note"]), keep=st.booleans())
    def remove_field(self, field: str, keep: bool) -> None:
        if name := self.fields.pop(field, None):
            for trigger_name, spec in list(self.triggers.items()):
                if field in SPECS[spec][0]:
                    del self.triggers[trigger_name]
                    if keep:
                        self.triggers[trigger_name] = "plain"
            self._migrate(f'migrations.RemoveField("{self.model}", "{name}"),')

    def teardown(self) -> None:
        zero = [["migrate", app, "zero", "--verbosity=0"] for app in ("audit", "shop")]
        (_, empty, again) = self.project.manage(*zero, MIGRATE)
        assert empty == EMPTY
        assert again == self.catalog

    def _migrate(self, schema: str = "", before: int = 0) -> None:
        """Bring both databases to the models as they are now, and one of them back and forth.

        Args:
            before: How many migrations of the shop are new already.
        """
        last = {"audit": self.project.migrations("audit")[-1:]}
        last["shop"] = self.project.migrations("shop")[: -before or None][-1:]
        self.project.write_models("shop", self._models())
        self.project.write_models("audit", self._their_models())
        if schema:
            self.project.write_migration("shop", schema)
        outcome = self.project.makemigrations("--weave")
        assert outcome.exit_code == 0, outcome.stderr
        assert self.project.makemigrations("--check").exit_code == 0
        expected = self.project.installed_afresh()
        back_to = [
            ["migrate", app, *(names or ["zero"]), "--verbosity=0"] for app, names in last.items()
        ]

        (there, _, _, back, again) = self.project.manage(MIGRATE, CHECK, *back_to, MIGRATE)

        assert there == again == expected
        assert back == self.catalog
        self.catalog = there

    def _models(self) -> str:
        fields = [f"{name} = {self._field(field)}" for field, name in self.fields.items()]
        fields.append("total = models.IntegerField(null=True)")
        declared = (
            self._trigger(name, spec) for name, spec in self.triggers.items() if name != "c"
        )
        return order(*declared, fields="\n".join(fields), name=self.model)

    def _their_models(self) -> str:
        if "c" not in self.triggers:
            return ""
        return THEIRS.format(model=self.model, trigger=self._trigger("c", self.triggers["c"]))

    def _field(self, field: str) -> str:
        if field == "note":
            return 'models.TextField(default="")'
        return f'models.CharField(max_length={self.length}, default="")'

    def _trigger(self, name: str, spec: str) -> str:
        written = {key: text.format_map(self.fields) for key, text in SPECS[spec][1].items()}
        return trigger(name, **written)


class SeveralEdits(RandomHistory):
    """Several edits before anything is written, in one migration of Django's or in several."""

    held: list[str] | None = None

    @precondition(lambda self: self.held is None)
    @rule()
    def hold(self) -> None:
        self.held = []

    @precondition(lambda self: self.held is not None)
    @rule(together=st.booleans())
    def release(self, together: bool) -> None:
        held, self.held = self.held or [""], None
        *first, last = ["\n".join(held)] if together else held
        for schema in first:
            self.project.write_migration("shop", schema)
        self._migrate(last, len(first))

    def teardown(self) -> None:
        if self.held is not None:
            self.release(together=True)
        super().teardown()

    def _migrate(self, schema: str = "", before: int = 0) -> None:
        if self.held is None:
            super()._migrate(schema, before)
        elif schema:
            self.held.append(schema)


@pytest.mark.parametrize("history", [RandomHistory, SeveralEdits])
def test_random_histories(
    history: type[RandomHistory],
    tmp_path: Path,
    server: DjangoServer,
    new_database: Callable[[], str],
) -> None:
    def make_project() -> ScenarioProject:
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        project = ScenarioProject(root, server, new_database(), new_database())
        project.create()
        return project

    class Machine(history):  # type: ignore[misc, valid-type]
        pass

    Machine.make_project = staticmethod(make_project)
    wanted = int(os.environ.get("PGTRIGGER_CODEGEN_RANDOM_HISTORIES", "0"))
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=wanted or 3,
            stateful_step_count=12 if wanted else 5,
            derandomize=not wanted,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Each step takes seconds: rather read a long history than wait for a shorter one.
            phases=(Phase.explicit, Phase.generate),
        ),
    )
