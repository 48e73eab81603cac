"""Source against migrations."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import migrations
from msgspec.structs import replace

from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.certificate.gaps import Concern, Gap
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.autodetector import (
    Declarations,
    detect_changes,
    held_by_django,
    trigger_key,
)
from pgtrigger_codegen.migrations.changes.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    RecordHash,
    ReplaceTrigger,
    TriggerOperation,
    describe,
)
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import MigrationState
from pgtrigger_codegen.source.unread import GapKind
from pgtrigger_codegen.sql.render import create_trigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import add_trigger, create_model, graph, migration, moved, trigger
from tests.sql.cases import reference_sql

PROTECT = trigger()
AUDIT = trigger("shop.Order:audit")
UNREAD = Gap(GapKind.UNREAD_BASE, "a base is not known", Concern("table", "shop_order"))


def declared(*triggers: CompiledTrigger, **others: Any) -> Declarations:
    facts = {"kept": frozenset(), "certificate": Certificate(), "complete": True, **others}
    return Declarations(triggers=triggers, **facts)


def installed(*operations: object, app_label: str = "shop") -> MigrationState:
    return replay(graph({app_label: [migration("0001", create_model(), *operations)]}))


def run_sql(compiled: CompiledTrigger) -> migrations.RunSQL:
    return migrations.RunSQL(
        create_trigger(compiled.parts, compiled.hash), hints={"trigger": compiled.uri}
    )


def recorded(operation: TriggerOperation) -> migrations.RunSQL:
    return migrations.RunSQL(operation.to_sql())


def changes(
    state: MigrationState, declarations: Declarations, *, refresh_hashes: bool = False
) -> list[TriggerOperation]:
    return detect_changes(
        "shop", declarations, state.triggers, {}, state.contests, refresh_hashes=refresh_hashes
    )


def kinds(operations: list[TriggerOperation]) -> list[tuple[type[object], str]]:
    return [(type(operation), operation.trigger.uri) for operation in operations]


def test_what_is_new_is_added_in_the_order_of_uris() -> None:
    found = changes(installed(), declared(PROTECT, AUDIT))

    assert kinds(found) == [(CreateTrigger, AUDIT.uri), (CreateTrigger, PROTECT.uri)]


@pytest.mark.parametrize("make", [run_sql, add_trigger])
def test_what_is_installed_needs_nothing(make: Any) -> None:
    assert changes(installed(make(PROTECT)), declared(PROTECT)) == []


def test_another_format_is_no_change() -> None:
    reformatted = moved(PROTECT, func="\n\n  return   NEW ;\n", operation="update")
    foreign_format = migrations.RunSQL(reference_sql(PROTECT.parts))

    assert reformatted.hash != PROTECT.hash
    assert changes(installed(run_sql(PROTECT)), declared(reformatted)) == []
    assert changes(installed(add_trigger(PROTECT)), declared(reformatted)) == []
    assert changes(installed(foreign_format), declared(PROTECT)) == []


def test_another_body_alone() -> None:
    other = moved(PROTECT, func="RETURN OLD;")

    (operation,) = changes(installed(run_sql(PROTECT)), declared(other))

    assert isinstance(operation, AlterTriggerFunction)
    assert operation.new.parts == other.parts
    assert operation.old.parts.func == "RETURN NEW;"
    assert operation.old.hash == PROTECT.hash


@pytest.mark.parametrize(
    "parts",
    [
        {"operation": "DELETE"},
        {"when": "AFTER"},
        {"condition": "WHEN (OLD.total = 1)"},
        {"constraint": "CONSTRAINT", "when": "AFTER", "timing": "DEFERRABLE"},
        {"operation": "DELETE", "func": "RETURN OLD;"},
        {"execute": "tsvector_update_trigger('a', 'pg_catalog.simple', 'b')"},
    ],
)
def test_another_definition(parts: dict[str, str]) -> None:
    (operation,) = changes(installed(run_sql(PROTECT)), declared(moved(PROTECT, **parts)))

    assert isinstance(operation, ReplaceTrigger)


def test_what_is_declared_no_more_is_removed_first() -> None:
    other = trigger("shop.Order:audit", operation="DELETE")

    found = changes(installed(run_sql(PROTECT)), declared(other))

    assert kinds(found) == [(DropTrigger, PROTECT.uri), (CreateTrigger, AUDIT.uri)]


def test_a_trigger_renamed_in_the_source() -> None:
    (found,) = changes(installed(run_sql(PROTECT)), declared(AUDIT))

    assert isinstance(found, ReplaceTrigger)
    assert (found.kind, found.old.uri, found.new.uri) == ("rename", PROTECT.uri, AUDIT.uri)
    assert describe(found) == "Rename trigger shop.Order:protect to shop.Order:audit"
    assert found.reverse().reverse() == found


def test_one_trigger_cannot_be_renamed_to_two() -> None:
    log = trigger("shop.Order:log")

    found = changes(installed(run_sql(PROTECT)), declared(AUDIT, log))

    assert kinds(found) == [(ReplaceTrigger, AUDIT.uri), (CreateTrigger, log.uri)]


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"func": "-- Nobody may.\n" + PROTECT.parts.func}, AlterTriggerFunction),
        ({"func": PROTECT.parts.func + " /* all */"}, AlterTriggerFunction),
        ({"condition": "WHEN (/* always */ TRUE)"}, RecordHash),
    ],
)
def test_another_comment(parts: dict[str, str], kind: type[TriggerOperation]) -> None:
    plain = moved(PROTECT, condition="WHEN (TRUE)")
    before, after = moved(PROTECT, **{"condition": "WHEN (TRUE)", **parts}), plain
    for old, other in ((before, after), (after, before)):
        new = replace(other, hash="e" * 40)
        state = installed(run_sql(old))

        (found,) = changes(state, declared(new))

        assert isinstance(found, kind)
        assert changes(installed(run_sql(old), recorded(found)), declared(new)) == []


def test_a_comment_laid_out_otherwise_is_no_change() -> None:
    old = moved(PROTECT, func=f"-- Nobody may.\n/* Not\n you */\n{PROTECT.parts.func}")
    new = moved(PROTECT, func=f"  -- Nobody may.\n  /* Not\n    you */\n {PROTECT.parts.func}")

    assert changes(installed(run_sql(old)), declared(replace(new, hash="e" * 40))) == []


def test_a_renamed_model_renames_its_triggers() -> None:
    rename = migrations.RenameModel("Order", "Sale")
    changed = trigger("shop.Sale:protect", operation="DELETE")

    (found,) = changes(installed(run_sql(PROTECT), rename), declared(changed))

    assert isinstance(found, ReplaceTrigger)
    assert (found.old.uri, found.new.uri) == ("shop.Order:protect", "shop.Sale:protect")
    assert found.old.parts.table == "shop_sale"


def test_a_renamed_table_is_recorded_in_the_hash() -> None:
    rename = migrations.AlterModelTable("order", "sales")
    state = installed(run_sql(PROTECT), rename)
    wanted = moved(PROTECT, table="sales")

    (found,) = changes(state, declared(wanted))

    assert isinstance(found, RecordHash)
    assert found.to_sql() == (f"COMMENT ON TRIGGER {PROTECT.pgid} ON \"sales\" IS '{wanted.hash}';")
    assert changes(installed(run_sql(PROTECT), rename, recorded(found)), declared(wanted)) == []


def test_another_hash_alone_is_written_on_demand() -> None:
    state = installed(run_sql(PROTECT))
    wanted = replace(PROTECT, hash="f" * 40)

    assert changes(state, declared(wanted)) == []
    (found,) = changes(state, declared(wanted), refresh_hashes=True)
    assert isinstance(found, RecordHash)
    assert changes(installed(run_sql(PROTECT), recorded(found)), declared(wanted)) == []


@pytest.mark.parametrize(
    "declarations",
    [
        declared(complete=False),
        declared(certificate=Certificate([UNREAD])),
        declared(kept=frozenset({trigger_key(PROTECT)})),
    ],
)
def test_absence_is_not_removal(declarations: Declarations) -> None:
    assert changes(installed(run_sql(PROTECT)), declarations) == []


def test_what_others_made_is_not_removed() -> None:
    state = installed(run_sql(trigger("audit.Order:log")), app_label="audit")
    by_hand = migrations.RunSQL(
        create_trigger(PROTECT.parts, PROTECT.hash).replace(PROTECT.pgid, "my_own")
    )

    assert changes(state, declared()) == []
    assert changes(installed(by_hand), declared()) == []


def test_a_change_without_a_way_back_is_refused() -> None:
    sql = create_trigger(PROTECT.parts, PROTECT.hash)
    by_hand = migrations.RunSQL(sql.replace("LANGUAGE plpgsql", "LANGUAGE plpgsql STRICT"))

    with pytest.raises(MigrationsError, match=r"shop_order:pgtrigger_protect.* SQL of its own"):
        changes(installed(by_hand), declared(PROTECT))


def test_a_trigger_that_is_removed_without_its_uri_has_a_name() -> None:
    anonymous = migrations.RunSQL(create_trigger(PROTECT.parts, PROTECT.hash))

    (operation,) = changes(installed(anonymous), declared())

    assert operation.trigger.name == "protect"
    assert operation.trigger.uri == f"shop_order:{PROTECT.pgid}"
    assert operation.trigger.model_name == "shop_order"


def test_changes_to_what_add_trigger_made_are_told_apart() -> None:
    state = installed(add_trigger(PROTECT), run_sql(AUDIT))
    found = changes(state, declared(moved(PROTECT, func="RETURN OLD;")))

    assert kinds(found) == [(DropTrigger, AUDIT.uri), (AlterTriggerFunction, PROTECT.uri)]
    assert [item.name for item in held_by_django(found, state.triggers)] == [PROTECT.uri]


def test_the_concrete_model_is_what_routers_are_asked_about() -> None:
    proxy = replace(trigger("shop.Mine:protect", table="auth_user"), concrete_model="auth.User")

    (operation,) = changes(installed(), declared(proxy))

    assert operation.trigger.model_name == "user"
