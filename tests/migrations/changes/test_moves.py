"""Models that move to another app, and the triggers that they take along."""

from __future__ import annotations

from django.db import migrations

from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.migrations.changes.autodetector import Declarations
from pgtrigger_codegen.migrations.changes.moves import moved_triggers
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import MigrationState
from pgtrigger_codegen.sql.render import create_trigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import create_model, graph, migration, trigger

OLD = trigger()
NEW = trigger("orders.Order:protect", table="shop_order")


def state(*operations: object) -> MigrationState:
    made = migrations.RunSQL(create_trigger(OLD.parts, OLD.hash), hints={"trigger": OLD.uri})
    return replay(graph({"shop": [migration("0001", create_model(), made, *operations)]}))


def moved(
    new: CompiledTrigger, there: MigrationState, *, declared: bool = False, complete: bool = True
) -> list[str]:
    def declarations(app_label: str) -> Declarations:
        assert app_label == "shop"
        return Declarations((), frozenset(), Certificate(), complete)

    found = moved_triggers([new], there, lambda key: declared, declarations)
    return [old.name for old in found.values()]


def test_the_same_trigger_in_another_app() -> None:
    assert moved(NEW, state()) == ["shop.Order:protect"]


def test_another_form_of_the_same_name() -> None:
    new = trigger("orders.Order:protect", table="shop_order", func="RETURN OLD;")
    assert moved(new, state()) == ["shop.Order:protect"]


def test_one_that_is_declared_still() -> None:
    assert not moved(NEW, state(), declared=True)


def test_where_not_all_was_read() -> None:
    assert not moved(NEW, state(), complete=False)


def test_another_table() -> None:
    assert not moved(trigger("orders.Order:protect"), state())


def test_another_name_and_form() -> None:
    assert not moved(trigger("orders.Order:x", table="shop_order", func="RETURN OLD;"), state())


def test_a_model_of_the_same_app() -> None:
    assert not moved(trigger("shop.Sale:protect", table="shop_order"), state())


def test_a_trigger_that_its_table_disturbs() -> None:
    """The app whose migration changes the table takes it out of the way."""
    names_status = trigger(func="NEW.status = 'x'; RETURN NEW;")
    made = migrations.RunSQL(create_trigger(names_status.parts, names_status.hash))
    rename = migrations.RenameField("order", "status", "state")

    assert moved(NEW, state(made))
    assert not moved(NEW, state(made, rename))
