"""SQL that was edited by hand, and still bears the hash of the declaration."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pgtrigger_codegen.migrations.changes import autodetector, edits
from pgtrigger_codegen.migrations.changes.autodetector import as_installed, source_trigger
from pgtrigger_codegen.migrations.changes.edits import edited_part
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import trigger


def written(compiled: CompiledTrigger) -> InstalledTrigger:
    """What the replay finds of a trigger that a `RunSQL` of ours has created."""
    found = as_installed(source_trigger(compiled, {}), ("shop", "0002_triggers"))
    return replace(
        found,
        exact_parts=None,
        trigger_sql=found.trigger_sql.removesuffix(";"),
        function_sql=(found.function_sql or "").removesuffix(";"),
    )


def test_what_is_written_the_same_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = trigger()
    there = written(compiled)

    def parse(sql: str) -> None:
        raise AssertionError(sql)

    monkeypatch.setattr(autodetector, "definitions", parse)
    assert edits.edited_part(there, compiled) is None


def test_another_text_is_parsed() -> None:
    compiled = trigger()
    there = written(compiled)
    body = (there.function_sql or "").replace("BEGIN", "BEGIN  -- laid out otherwise", 1)
    assert body != there.function_sql
    assert edited_part(replace(there, function_sql=body), compiled) is None

    other = autodetector.definition_of(
        replace(compiled.parts, func="RETURN NULL;", when="AFTER"), compiled.hash
    )
    changed = replace(there.definition, function=other.function)
    assert (
        edited_part(replace(there, definition=changed, function_sql=body), compiled) == "function"
    )
    defined = replace(there, definition=other, trigger_sql=f"{there.trigger_sql} ")
    assert edited_part(defined, compiled) == "definition"
    unlike = replace(defined, definition=replace(other, hash="0" * 40))
    assert edited_part(unlike, compiled) is None
