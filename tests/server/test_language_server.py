"""A real client speaks with the server over pipes, as an editor does."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from lsprotocol import types

from tests.support.cli import run_cli
from tests.support.editor import ABILITIES, Editor, edited
from tests.support.projects import small_project, write_files

WIDE = types.Range(types.Position(0, 0), types.Position(999, 0))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_project(tmp_path)


@pytest.fixture
def models(root: Path) -> Path:
    return root / "shop/catalog/models.py"


def place(text: str, needle: str) -> tuple[int, int]:
    before = text[: text.index(needle)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def names(path: Path) -> set[str]:
    return {one.name for one in path.iterdir()}


def test_a_session(root: Path, models: Path) -> None:
    """Findings of a text that is not saved, hover, symbols, actions, and no file is touched."""
    asyncio.run(_session(root, models))


async def _session(root: Path, models: Path) -> None:
    text = models.read_text()
    before = names(root)
    async with edited(root) as editor:
        editor.open(models)
        assert sorted(set(await editor.codes(models))) == ["PGT103", "PGT401"]

        edited_text = "# é𝕏\n" + text.replace("pgtrigger.Delete", "pgtrigger.Nothing")
        editor.change(models, "class")
        editor.change(models, edited_text)
        codes = await editor.codes(models)
        assert "PGT001" in codes or "PGT002" in codes

        commented = text.replace(
            "ordering =", "# pgtrigger-codegen: ignore[PGT103]\n        ordering ="
        )
        editor.change(models, commented)
        assert "PGT103" in await editor.codes(models)
        line, character = place(commented, "PGT103")
        assert "# lost-inherited-triggers (PGT103)" in await editor.hover(
            models, line, character + 2
        )

        editor.change(models, text)
        await editor.codes(models)
        line, character = place(text, 'pgtrigger.ReadOnly(name="fixed_title"')
        shown = await editor.hover(models, line, character + 3)
        assert "CREATE OR REPLACE TRIGGER pgtrigger_fixed_title_" in shown
        assert "No migration installs this trigger yet." in shown
        assert await editor.hover(models, 0, 0) == ""

        symbols = await editor.text_document_document_symbol_async(
            types.DocumentSymbolParams(types.TextDocumentIdentifier(models.as_uri()))
        )
        assert symbols is not None
        assert [one.name for one in symbols] == [
            "catalog.Product:archived",
            "catalog.Product:fixed_title",
        ]

        by_title = {one.title: one for one in await editor.actions(models, WIDE)}
        assert set(by_title) == {
            "Derive `Meta` from `Archivable.Meta`",
            "Ignore PGT103 (lost-inherited-triggers) here",
            "Ignore PGT401 (pending-trigger-changes) here",
            "Write the missing trigger migrations",
        }
        fix = by_title["Derive `Meta` from `Archivable.Meta`"]
        assert isinstance(fix, types.CodeAction)
        assert fix.is_preferred
        assert fix.edit is not None
        (document,) = fix.edit.document_changes or ()
        assert isinstance(document, types.TextDocumentEdit)
        (change,) = document.edits
        assert isinstance(change, types.TextEdit)
        assert change.new_text == "(Archivable.Meta)"
        lines = text.split("\n")
        at = change.range.start
        assert lines[at.line][: at.character].endswith("class Meta")

    assert names(root) == before
    assert models.read_text() == text
    assert not editor.messages


async def _write(root: Path, models: Path, abilities: types.ClientCapabilities) -> Editor:
    async with edited(root, abilities=abilities) as editor:
        editor.open(models)
        await editor.codes(models)
        await editor.workspace_execute_command_async(
            types.ExecuteCommandParams(
                "pgtrigger-codegen.writeMigrations", arguments=[models.as_uri()]
            )
        )
        await editor.until(lambda: editor.messages)
    return editor


def test_migrations_are_made_by_the_editor(root: Path, models: Path, tmp_path: Path) -> None:
    folder = models.parent / "migrations"
    before = names(folder)

    editor = asyncio.run(_write(root, models, ABILITIES))

    assert names(folder) == before
    (edit,) = editor.edits
    create, content = edit.document_changes or ()
    assert isinstance(create, types.CreateFile)
    assert isinstance(content, types.TextDocumentEdit)
    (change,) = content.edits
    assert isinstance(change, types.TextEdit)
    run_cli(root, "makemigrations")
    (written,) = names(folder) - before - {"__pycache__"}
    assert create.uri == (folder / written).as_uri()
    assert change.new_text == (folder / written).read_text()
    assert written in editor.messages[0]


@pytest.mark.slow
def test_migrations_are_written_for_an_editor_that_makes_no_files(root: Path, models: Path) -> None:
    editor = asyncio.run(_write(root, models, types.ClientCapabilities()))

    assert not editor.edits
    assert run_cli(root, "makemigrations", "--check").exit_code == 0
    assert editor.messages[0].startswith("Wrote shop/catalog/migrations/0002_")


@pytest.mark.slow
def test_a_project_that_cannot_be_read_is_told_once_and_the_server_goes_on(
    root: Path, models: Path
) -> None:
    async def session() -> Editor:
        config = root / "pyproject.toml"
        config.write_text("[tool.pgtrigger-codegen]\nnonsense = 1\n")
        async with edited(root) as editor:
            editor.open(models)
            await editor.until(lambda: editor.messages)
            editor.change(models, models.read_text() + "\n")
            await editor.text_document_document_symbol_async(
                types.DocumentSymbolParams(types.TextDocumentIdentifier(models.as_uri()))
            )
            config.unlink()
            editor.save(models)
            assert await editor.codes(models)
        return editor

    (message,) = asyncio.run(session()).messages
    assert "nonsense" in message


@pytest.mark.slow
def test_odd_documents_do_no_harm(root: Path, models: Path, tmp_path: Path) -> None:
    async def session() -> Editor:
        (tmp_path / "outside").mkdir()
        outside = tmp_path / "outside" / "models.py"
        outside.write_text(models.read_text())
        async with edited(root, options={"python": "/bin/sh"}) as editor:
            for uri in ("untitled:Untitled-1", "file:///%00", outside.as_uri(), "x:" * 5000):
                editor.text_document_did_open(
                    types.DidOpenTextDocumentParams(
                        types.TextDocumentItem(uri, "python", 1, "import pgtrigger")
                    )
                )
                found = await editor.text_document_hover_async(
                    types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(9, 9))
                )
                assert found is None
            editor.open(models, "(" * 50_000)
            await editor.codes(models)
            editor.change(models, "x = '\ud800'\n\0")
            await editor.codes(models)
            editor.change(models, models.read_text())
            assert "PGT103" in await editor.codes(models)
            assert outside not in editor.shown
            with pytest.raises(Exception, match="nonsense"):
                await editor.workspace_execute_command_async(types.ExecuteCommandParams("nonsense"))
            await editor.workspace_execute_command_async(
                types.ExecuteCommandParams(
                    "pgtrigger-codegen.writeMigrations", arguments=[outside.as_uri()]
                )
            )
            await editor.until(lambda: len(editor.messages) > 1)
        return editor

    messages = asyncio.run(session()).messages
    assert "there is no option 'python'" in messages[0]
    assert "takes the URI of a file of the workspace" in messages[1]


@pytest.mark.slow
def test_an_editor_may_know_no_workspaces(root: Path, models: Path) -> None:
    async def session() -> Editor:
        async with edited(root=root) as editor:
            editor.open(models)
            assert "PGT103" in await editor.codes(models)
        async with edited() as editor:
            editor.open(models)
            await editor.until(lambda: editor.messages)
            assert await editor.hover(models, 19, 20) == ""
        return editor

    editor = asyncio.run(session())

    assert not editor.shown
    assert "open the project's folder" in editor.messages[0]


@pytest.mark.slow
def test_the_definition_of_a_trigger_is_its_migration(root: Path, models: Path) -> None:
    run_cli(root, "makemigrations")

    async def session() -> None:
        async with edited(root) as editor:
            editor.open(models)
            line, character = place(models.read_text(), "pgtrigger.ReadOnly(")
            found = await editor.text_document_definition_async(
                types.DefinitionParams(
                    types.TextDocumentIdentifier(models.as_uri()),
                    types.Position(line, character + 2),
                )
            )
            assert isinstance(found, list)
            (location,) = found
            assert isinstance(location, types.Location)
            path = Path(location.uri.removeprefix("file://"))
            assert path.parent == models.parent / "migrations"
            named = path.read_text().split("\n")[location.range.start.line]
            start, end = location.range.start.character, location.range.end.character
            assert named[start:end].startswith("pgtrigger_fixed_title_")

    asyncio.run(session())


@pytest.mark.slow
def test_each_of_several_projects_has_its_own_findings(tmp_path: Path) -> None:
    one, other = small_project(tmp_path / "one"), small_project(tmp_path / "other")
    write_files(other, {"shop/catalog/models.py": "x = 1\n"})
    first, second = (folder / "shop/catalog/models.py" for folder in (one, other))

    async def session() -> None:
        async with edited(one, other) as editor:
            editor.open(first)
            assert "PGT103" in await editor.codes(first)
            editor.open(second, first.read_text())
            assert "PGT103" in await editor.codes(second)
            editor.change(second, "x = 2\n")
            assert await editor.codes(second) == []
            assert "PGT103" in {one.code for one in editor.shown[first]}
            editor.workspace_did_change_workspace_folders(
                types.DidChangeWorkspaceFoldersParams(
                    types.WorkspaceFoldersChangeEvent(
                        [], [types.WorkspaceFolder(one.as_uri(), one.name)]
                    )
                )
            )
            assert await editor.codes(first) == []

    asyncio.run(session())


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks Linux's /proc")


@needs_proc
@pytest.mark.slow
def test_the_server_goes_on_when_the_process_that_reads_is_killed(root: Path, models: Path) -> None:
    async def session() -> Editor:
        async with edited(root) as editor:
            editor.open(models)
            await editor.codes(models)
            (reader,) = children(editor.server_pid)
            os.kill(reader, signal.SIGKILL)
            editor.shown.clear()
            editor.change(models, models.read_text() + "\n")
            await editor.until(lambda: models in editor.shown)  # an answer, or that there is none
            editor.change(models, models.read_text())
            assert "PGT103" in await editor.codes(models)
        return editor

    asyncio.run(session())


@needs_proc
@pytest.mark.slow
def test_nothing_is_left_when_the_editor_goes_away(root: Path, models: Path) -> None:
    async def session() -> list[int]:
        async with edited(root, ends_well=False) as editor:
            editor.open(models)
            await editor.codes(models)
            editor.change(models, "x = 1\n")
            return [editor.server_pid, *children(editor.server_pid)]

    left = asyncio.run(session())

    assert len(left) == 2
    for _ in range(300):
        if not any(map(is_there, left)):
            return
        time.sleep(0.1)
    pytest.fail("a process of the server is left")


@pytest.mark.slow
def test_a_newer_edit_is_answered_in_place_of_older_ones(root: Path, models: Path) -> None:
    text = models.read_text()

    async def session() -> tuple[int, list[types.Diagnostic]]:
        async with edited(root) as editor:
            editor.open(models)
            await editor.codes(models)
            editor.published = 0
            for number in range(40):
                editor.change(models, f"# {number}\n" * number + text)
                await asyncio.sleep(0.01)
            await editor.text_document_document_symbol_async(
                types.DocumentSymbolParams(types.TextDocumentIdentifier(models.as_uri()))
            )
            return editor.published, editor.shown[models]

    published, shown = asyncio.run(session())

    assert published < 10
    (lost,) = [one for one in shown if one.code == "PGT103"]
    assert lost.range.start.line == 39 + text[: text.index("class Meta:\n        ordering")].count(
        "\n"
    )
