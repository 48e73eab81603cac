"""Edits that make migrations, and places in those that are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from pgtrigger_codegen.server.documents import Workspace
from pgtrigger_codegen.server.messages import Planned, PlannedFile, TriggerFacts
from pgtrigger_codegen.server.migrations import migration_edit, migration_place, report
from pgtrigger_codegen.source.span import Span


@pytest.fixture
def files(tmp_path: Path) -> Workspace:
    found = Workspace()
    found.add_folder(tmp_path.as_uri())
    return found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('x = 1\nsql = "DROP pgtrigger_keep_12345"\nCREATE TRIGGER pgtrigger_keep_12345\n', 2),
        ('x = 1\n"COMMENT ON pgtrigger_keep_12345"\n', 1),
        ('x = 1\ny = 2\n\nAddTrigger(name="keep")\n', 3),
        ("x = 1\n", 0),
    ],
)
def test_the_line_that_makes_the_trigger_is_the_place(
    text: str, named: int, files: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "0002_x.py"
    path.write_text(text)
    trigger = TriggerFacts(
        uri="shop.Order:keep",
        span=Span("/m.py", 1, 1, 1, 2),
        pgid="pgtrigger_keep_12345",
        table="shop_order",
        migration_app="shop",
        events="BEFORE DELETE",
        sql="",
        migration_path=str(path),
    )

    place = migration_place(trigger, files, "utf-16")

    assert place is not None
    assert (place.uri, place.range.start.line) == (path.as_uri(), named)


def test_files_are_made_and_others_get_their_new_text(files: Workspace, tmp_path: Path) -> None:
    old, new = tmp_path / "0001_a.py", tmp_path / "0002_b.py"
    old.write_text("one\ntwo")
    files.put(old.as_uri(), 7, "one\ntwo\n")
    planned = [PlannedFile(str(old), "1\n", False), PlannedFile(str(new), "2\n", True)]

    changes = migration_edit(planned, files, "utf-16").document_changes or ()

    replaced, made, written = changes
    assert isinstance(replaced, types.TextDocumentEdit)
    assert replaced.text_document.version == 7
    assert replaced.edits[0] == types.TextEdit(
        types.Range(types.Position(0, 0), types.Position(2, 0)), "1\n"
    )
    assert made == types.CreateFile(new.as_uri())
    assert isinstance(written, types.TextDocumentEdit)
    assert written.edits[0] == types.TextEdit(
        types.Range(types.Position(0, 0), types.Position(0, 0)), "2\n"
    )


def test_a_file_without_a_line_end_is_replaced_to_its_end(files: Workspace, tmp_path: Path) -> None:
    old = tmp_path / "0001_a.py"
    old.write_text("one\ntwo")

    (change,) = (
        migration_edit([PlannedFile(str(old), "", False)], files, "utf-8").document_changes or ()
    )

    assert isinstance(change, types.TextDocumentEdit)
    (edit,) = change.edits
    assert isinstance(edit, types.TextEdit)
    assert edit.range.end == types.Position(1, 3)


def test_what_the_user_is_told() -> None:
    error, warning, info = (
        types.MessageType.Error,
        types.MessageType.Warning,
        types.MessageType.Info,
    )

    assert report(Planned(1, (), (), ()), None) == (info, "No trigger migrations are missing.")
    assert report(Planned(1, (), (), (), ("a gap",)), None) == (
        warning,
        "No migrations were written.\nnote: a gap",
    )
    made = Planned(1, (PlannedFile("/a", "", True),), (), ("a: Add trigger x",))
    assert report(made, None) == (info, "Made, to be saved: a: Add trigger x")
    assert report(made, "no")[0] == error
    assert report(Planned(1, (), ("/a",), ("a: Add trigger x",)), None)[1].startswith("Wrote a")
