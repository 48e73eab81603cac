"""The findings of an editor are those of `lint`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pgtrigger_codegen.engine import COLD
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.server.checking import check
from pgtrigger_codegen.server.messages import Check, Checked, decode_answer, encode
from tests.support.cli import run_cli
from tests.support.projects import copy_project, small_project, write_files


def checked(
    root: Path, unsaved: Mapping[Path, str] = MappingProxyType({}), *, opened: tuple[Path, ...] = ()
) -> Checked:
    texts = {str(path): text.encode() for path, text in unsaved.items()}
    question = Check(1, str(root), None, texts, tuple(map(str, opened)))
    answer = decode_answer(encode(check(question, COLD)))
    assert isinstance(answer, Checked)
    return answer


def places(root: Path, findings: list[Diagnostic]) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "message": one.message,
            "path": Path(one.span.path).relative_to(root).as_posix(),
            "line": one.span.line,
            "column": one.span.column,
            "end_line": one.span.end_line,
            "end_column": one.span.end_column,
        }
        for one in findings
    ]


@pytest.mark.parametrize("name", ["broken", "shop"])
def test_the_same_is_found_as_by_lint(name: str, tmp_path: Path) -> None:
    root = copy_project(name, tmp_path)
    listed = json.loads(run_cli(root, "lint", "--output-format", "json").stdout)
    wanted = [{key: one[key] for key in KEYS} for one in listed]

    found = checked(root)

    assert wanted
    assert places(root, [one.diagnostic for one in found.findings]) == wanted
    assert found.root == str(root)


def test_a_baseline_holds_here_too(tmp_path: Path) -> None:
    root = copy_project("broken", tmp_path)
    write_files(
        root, {"pyproject.toml": '[tool.pgtrigger-codegen.lint]\nbaseline = "known.json"\n'}
    )
    run_cli(root, "lint", "--write-baseline")

    assert checked(root).findings == ()


def test_a_text_stands_for_the_file_on_disk(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    models = root / "shop/catalog/models.py"
    text = models.read_text()
    assert "Protect(" in text

    def codes(unsaved: dict[Path, str]) -> set[str]:
        return {one.diagnostic.code for one in checked(root, unsaved).findings}

    before = codes({})
    broken = text.replace("pgtrigger.Delete", "pgtrigger.Nothing")

    assert codes({models: broken}) - before
    assert models.read_text() == text
    assert codes({}) == before


KEYS = ("code", "message", "path", "line", "column", "end_line", "end_column")

BODY = '''
class Noted(models.Model):
    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="note",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    -- é𝕏
                    RETURN NEW;
                """,
            ),
        ]
'''


def test_a_finding_in_a_body_stands_in_the_string(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    models = root / "shop/catalog/models.py"
    text = models.read_text() + BODY

    found = checked(root, {models: text}, opened=(models,)).findings

    (one,) = [one for one in found if one.diagnostic.code == "PGT303"]
    line = text.split("\n")[one.diagnostic.span.line - 1]
    assert line[one.diagnostic.span.column - 1 :].startswith(("RETURN NEW", "NEW"))


def test_more_is_said_of_what_stands_in_open_files(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    models = root / "shop/catalog/models.py"
    text = models.read_text() + BODY

    closed = checked(root, {models: text})
    opened = checked(root, {models: text}, opened=(models,))

    assert not closed.triggers
    assert all(one.ignore is None and not one.has_fix for one in closed.findings)
    (note,) = [one for one in opened.triggers if one.uri == "catalog.Noted:note"]
    assert (note.table, note.migration_app) == ("catalog_noted", "catalog")
    assert note.events == "BEFORE DELETE FOR EACH ROW"
    assert "CREATE OR REPLACE TRIGGER pgtrigger_note_" in note.sql
    assert note.locks == (("SHARE ROW EXCLUSIVE", "catalog_noted", "writes"),)
    assert note.migration is None
    by_code = {one.diagnostic.code: one for one in opened.findings}
    assert by_code["PGT103"].has_fix
    assert by_code["PGT401"].writes_migration
    finding = by_code["PGT303"]
    assert not finding.has_fix
    assert finding.ignore is not None
    assert "ignore[PGT303]" in finding.ignore.content
    assert "/rules/PGT303" in finding.url


def test_the_migration_that_installs_a_trigger_is_known(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    models = root / "shop/catalog/models.py"
    run_cli(root, "makemigrations")
    edited = models.read_text().replace('fields=["title"]', 'exclude=["is_archived"]')

    before = checked(root, opened=(models,)).triggers
    after = checked(root, {models: edited}, opened=(models,)).triggers

    assert before
    assert all(one.is_current and one.migration_path for one in before)
    assert [one.uri for one in after if not one.is_current] == ["catalog.Product:fixed_title"]
