"""All files or none, whatever fails, and whoever kills the run."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.source import reads
from pgtrigger_codegen.transaction.journal import NAME, undo_killed_run
from pgtrigger_codegen.transaction.write_files import Change, write_files


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def _write(folder: Path, files: Mapping[Path, str], removed: tuple[Path, ...] = ()) -> None:
    written = [Change(path, text.encode()) for path, text in files.items()]
    write_files(folder, [*written, *(Change(path, None) for path in removed)])


def test_writes_and_replaces(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("old")

    _write(tmp_path, {tmp_path / "a": "new\nü", tmp_path / "b": "new"})

    assert _contents(tmp_path) == {"a": "new\nü", "b": "new"}


def test_nothing_is_changed_when_a_folder_is_missing(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("old")
    files = {tmp_path / "a": "1", tmp_path / "b": "2", tmp_path / "gone" / "c": "3"}

    with pytest.raises(CodegenError, match=r"gone/c cannot be written: No such file(.|\n)*help:"):
        _write(tmp_path, files)

    assert _contents(tmp_path) == {"b": "old"}


def test_what_was_replaced_is_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").write_text("old")
    replace = Path.replace

    def replace_but_c(self: Path, target: Path) -> Path:
        if target.name == "c":
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_but_c)

    with pytest.raises(CodegenError, match=r"c cannot be written: Permission denied"):
        _write(tmp_path, {tmp_path / name: "new" for name in "abc"})

    assert _contents(tmp_path) == {"b": "old"}


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()

    with pytest.raises(CodegenError, match=r"c cannot be written: Is a directory"):
        _write(tmp_path, {tmp_path / "a": "1", tmp_path / "c": "3"})

    assert _contents(tmp_path) == {}


def test_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o750)
    before = os.umask(0o027)
    try:
        _write(tmp_path, {tmp_path / "a": "new", tmp_path / "b": "new"})
    finally:
        os.umask(before)

    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"]
    assert modes == [0o750, 0o640]


# What fails, and who dies.

_CALLS = "open fdopen fsync replace link unlink chmod chown write scandir".split()


class _KilledError(BaseException):
    """From here on the process does nothing any more."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("0001.py", "0002.py", "0003.py"):
        (tmp_path / name).write_text(f"old {name}")
    (tmp_path / "0002.py").chmod(0o640)
    return tmp_path


_BEFORE = {f"000{number}.py": f"old 000{number}.py" for number in (1, 2, 3)}
_AFTER = {"0001.py": "new 1", "0002.py": "new 2", "0004.py": "new 4"}


def _rewrite(project: Path) -> None:
    write_files(
        project,
        [
            Change(project / "0001.py", b"new 1"),
            Change(project / "0002.py", b"new 2"),
            Change(project / "0004.py", b"new 4", is_new=True),
            Change(project / "0003.py", None),
        ],
    )


def _failing_at(
    number: int, error: Callable[[], BaseException], monkeypatch: pytest.MonkeyPatch, *, once: bool
) -> list[str]:
    """Lets a call to the system fail, counted from 0; gives the calls that were made."""
    calls: list[str] = []

    def failing(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            count = len(calls) - 1
            if count == number or (count > number and not once):
                raise error()
            return real(*args, **kwargs)

        return call

    for name in _CALLS:
        monkeypatch.setattr(os, name, failing(name))
    return calls


def _handles_of_records(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    handles: list[int] = []
    real = os.open

    def call(path: Any, *args: Any) -> int:
        handle = real(path, *args)
        if Path(path).name == NAME:
            handles.append(handle)
        return handle

    monkeypatch.setattr(os, "open", call)
    return handles


def _number_of_calls(project: Path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        calls = _failing_at(-1, _KilledError, patch, once=True)
        _rewrite(project)
    return len(calls)


def test_whatever_fails_all_is_as_before_or_as_it_should_be(tmp_path: Path) -> None:
    """A call that only makes things last or cleans up may fail without an error."""
    failed = 0
    (tmp_path / "count").mkdir()
    for number in range(_number_of_calls(_copy(tmp_path / "count"))):
        project = _copy(tmp_path / str(number))
        with pytest.MonkeyPatch.context() as patch:
            _failing_at(number, lambda: OSError(28, "No space left"), patch, once=True)
            message = _message(project)
        assert "No space left" in message or not message
        expected = _BEFORE if message else _AFTER
        failed += bool(message)
        undo_killed_run(project)
        left = _contents(project)
        assert {name: left.pop(name, None) for name in expected} == expected, number
        assert not [name for name in left if name.endswith(".py")], number
    assert failed > 10


def test_a_run_that_is_killed_is_undone_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "count").mkdir()
    calls = _number_of_calls(_copy(tmp_path / "count"))
    assert calls > 20
    half_done = 0
    for number in range(calls):
        project = _copy(tmp_path / str(number))
        with pytest.MonkeyPatch.context() as patch:
            _failing_at(number, _KilledError, patch, once=False)
            records = _handles_of_records(patch)
            with pytest.raises(_KilledError):
                _rewrite(project)
        for handle in records:  # as the system does for who is dead: that gives the lock back
            with suppress(OSError):
                os.close(handle)
        for name, text in _contents(project).items():  # nothing half written
            assert not name.endswith(".py") or text in (_BEFORE.get(name), _AFTER.get(name))
        half_done += undo_killed_run(project) is not None
        sources = {n: t for n, t in _contents(project).items() if n.endswith(".py")}
        assert sources in (_BEFORE, _AFTER), number
        if sources == _BEFORE:
            _rewrite(project)
        assert _contents(project) == _AFTER, number
        assert stat.S_IMODE((project / "0002.py").stat().st_mode) == 0o640
    assert half_done > 3


def _message(project: Path) -> str:
    """Of the error with which it ends; none where it does not."""
    try:
        _rewrite(project)
    except CodegenError as error:
        return str(error)
    return ""


def _copy(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in _BEFORE.items():
        (folder / name).write_text(text)
    (folder / "0002.py").chmod(0o640)
    return folder


def _record(project: Path, **entry: object) -> Path:
    base = {"path": "0001.py", "before": "Zm9yZ2Vk", "after": None, "mode": None}
    other = {"path": "0009.py", "before": None, "after": "eA==", "mode": None}
    (project / NAME).write_text(json.dumps({"files": [{**base, **entry}, other]}))
    return project


@pytest.mark.parametrize(
    "path",
    [
        ".git/hooks/post.py",
        "../outside.py",
        "/etc/outside.py",
        "link/outside.py",
        "link.py",
        "setup.cfg",
        "a/../../outside.py",
        "nul\0.py",
    ],
)
def test_a_forged_record_reaches_nothing_else(tmp_path: Path, path: str) -> None:
    project = tmp_path / "project"
    (project / ".git" / "hooks").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / "link").symlink_to(outside)
    (project / "link.py").symlink_to(outside / "new.py")
    _record(project, path=path)

    with pytest.raises(CodegenError, match=r"is not what a killed run .* leaves"):
        undo_killed_run(project)

    assert not [*outside.iterdir(), *(project / ".git" / "hooks").iterdir()]
    assert not (tmp_path / "outside.py").exists()


@pytest.mark.parametrize("content", ["[]", '{"files": 1}', '{"files": [1]}', '{"files": [{}]}'])
def test_a_record_of_something_else_is_refused(project: Path, content: str) -> None:
    (project / NAME).write_text(content)

    with pytest.raises(CodegenError, match="is not what a killed run"):
        _rewrite(project)

    assert {n: t for n, t in _contents(project).items() if n != NAME} == _BEFORE


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_record_that_is_no_file_is_refused(project: Path, kind: str) -> None:
    match kind:
        case "link":
            (project / NAME).symlink_to("elsewhere")
        case "folder":
            (project / NAME).mkdir()
        case "pipe":
            os.mkfifo(project / NAME)

    with pytest.raises(CodegenError, match="is not what a killed run"):
        _rewrite(project)


@pytest.mark.parametrize("content", ["", '{"files": [{"path": "0001', "[" * 100_000])
def test_a_record_that_is_cut_off_means_that_nothing_was_changed(
    project: Path, content: str
) -> None:
    (project / NAME).write_text(content)

    _rewrite(project)

    assert _contents(project) == _AFTER


def test_what_somebody_has_edited_since_is_not_undone(project: Path) -> None:
    _record(project, before="b2xkIDAwMDEucHk=", after="ZWRpdGVk")
    (project / "0001.py").write_text("my own")
    (project / "0009.py").write_text("x")

    assert undo_killed_run(project) is None
    assert _contents(project) == {**_BEFORE, "0001.py": "my own", "0009.py": "x"}


def test_two_runs_do_not_write_at_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace
    refusals: list[str] = []

    def replace_while_another_runs(self: Path, target: Path) -> Path:
        with pytest.raises(CodegenError) as refusal:
            _write(project, {project / "0003.py": "other"})
        refusals.append(str(refusal.value))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_while_another_runs)
    _rewrite(project)

    assert refusals
    assert all("another run is writing files" in text for text in refusals)
    assert _contents(project) == _AFTER


# What changes meanwhile.


def test_an_edit_since_the_file_was_read_is_kept(project: Path) -> None:
    with reads.noted():
        (project / "0002.py").read_bytes()
        (project / "0002.py").write_text("edited by somebody")

        with pytest.raises(CodegenError, match=r"0002.py was changed by somebody else(.|\n)*help:"):
            _rewrite(project)

    assert _contents(project) == {**_BEFORE, "0002.py": "edited by somebody"}


def test_an_edit_while_others_are_written_is_kept(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def sync_and_edit(handle: int) -> None:
        fsync(handle)
        (project / "0002.py").write_text("edited by somebody")

    monkeypatch.setattr(os, "fsync", sync_and_edit)
    with pytest.raises(CodegenError, match=r"0002.py was changed by somebody else"):
        _rewrite(project)

    assert _contents(project) == {**_BEFORE, "0002.py": "edited by somebody"}


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_does_not_replace_another(
    project: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    """Even where it appears at the last moment."""
    hardlink_to = Path.hardlink_to

    def appear(self: Path, target: Path) -> None:
        self.write_text("by somebody else")
        if not links:
            raise OSError(95, "Operation not supported")
        hardlink_to(self, target)

    monkeypatch.setattr(Path, "hardlink_to", appear)
    with pytest.raises(CodegenError, match=r"0004.py was changed by somebody else"):
        _rewrite(project)

    assert _contents(project) == {**_BEFORE, "0004.py": "by somebody else"}


def test_a_file_system_without_hard_links(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    _rewrite(project)

    assert _contents(project) == _AFTER


# Where links lead.


def test_a_link_within_the_project_stays_one(project: Path) -> None:
    (project / "app").mkdir()
    (project / "app" / "link.py").symlink_to("../0001.py")

    _write(project, {project / "app" / "link.py": "new"})

    assert (project / "app" / "link.py").is_symlink()
    assert (project / "0001.py").read_text() == "new"


@pytest.mark.parametrize("name", ["link.py", "folder/file.py", "dangling.py"])
def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path, name: str) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    project.mkdir()
    outside.mkdir()
    (outside / "file.py").write_text("mine")
    (project / "link.py").symlink_to(outside / "file.py")
    (project / "folder").symlink_to(outside)
    (project / "dangling.py").symlink_to(outside / "new.py")

    with pytest.raises(CodegenError, match=r"a link in the project leads to .*, out of the proj"):
        _write(project, {project / name: "new"})

    assert _contents(outside) == {"file.py": "mine"}


def test_the_repository_is_the_project(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "services" / "shop").mkdir(parents=True)
    (tmp_path / "libs").mkdir()
    (tmp_path / "services" / "shop" / "link").symlink_to(tmp_path / "libs")
    link = tmp_path / "services" / "shop" / "link"

    _write(tmp_path / "services" / "shop", {link / "a.py": "new", link / "b.py": "new"})

    assert _contents(tmp_path / "libs") == {"a.py": "new", "b.py": "new"}


def test_a_record_lies_in_the_project_where_the_repository_is_only_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    project = tmp_path / "service"
    project.mkdir()
    opened: list[Path] = []
    real = os.open

    def refuse_in_root(path: Any, *args: Any) -> int:
        if Path(path).name == NAME and args[0] & os.O_CREAT:
            opened.append(Path(path).parent)
            if Path(path).parent == tmp_path:
                raise PermissionError(13, "Permission denied")
        return real(path, *args)

    monkeypatch.setattr(os, "open", refuse_in_root)
    _write(project, {project / "a.py": "new", project / "b.py": "new"})

    assert opened == [tmp_path, project]
    assert _contents(project) == {"a.py": "new", "b.py": "new"}


@pytest.mark.parametrize("name", [".git/config", "app/../.git/hooks/post-checkout", "link"])
def test_gits_own_files_are_not_written(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "link").symlink_to(".git/config")

    with pytest.raises(CodegenError, match="part of git's own files"):
        _write(tmp_path, {tmp_path / name: "new"})

    assert not [path for path in (tmp_path / ".git").rglob("*") if path.is_file()]


@pytest.mark.parametrize("count", [1, 2])
def test_a_planted_link_at_a_temporary_name_is_not_followed(
    project: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Though its name cannot be foreseen."""
    import secrets

    monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
    victim = project / "victim"
    victim.write_text("mine")
    (project / ".0001.py.0000000000000000.pgtrigger-codegen~x").symlink_to(victim)
    scandir = os.scandir

    def plant_after(folder: Any) -> Any:
        listing = scandir(folder)
        if not (project / ".0001.py.0000000000000000.pgtrigger-codegen~").is_symlink():
            (project / ".0001.py.0000000000000000.pgtrigger-codegen~").symlink_to(victim)
        return listing

    monkeypatch.setattr(os, "scandir", plant_after)
    names = ["0001.py", "0002.py"][:count]
    with pytest.raises(CodegenError, match=r"0001.py cannot be written: File exists"):
        _write(project, {project / name: "new" for name in names})

    assert victim.read_text() == "mine"


def test_what_a_killed_run_prepared_goes(project: Path) -> None:
    left = project / ".0001.py.0123456789abcdef.pgtrigger-codegen~"
    left.write_text("left")
    own = project / ".0001.py.swp~"
    own.write_text("mine")

    _write(project, {project / "0001.py": "new"})

    assert not left.exists()
    assert own.exists()
