from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pgtrigger_codegen.incremental import folder


def test_the_folder_keeps_itself_out_of_version_control_and_backups(tmp_path: Path) -> None:
    folder.write(tmp_path, "a", b"1")
    assert folder.find(tmp_path) == tmp_path
    cache = tmp_path / ".pgtrigger_codegen_cache"
    assert (cache / ".gitignore").read_text() == "*\n"
    signature = b"Signature: 8a477f597d28d172789f06886806bc55\n"
    assert (cache / "CACHEDIR.TAG").read_bytes().startswith(signature)
    assert folder.read(tmp_path, "a") == b"1"
    assert folder.read(tmp_path, "b") is None


def test_the_cache_of_the_project_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    inside = tmp_path / "shop" / "orders"
    inside.mkdir(parents=True)
    assert folder.find(inside) is None
    folder.write(tmp_path, "a", b"1")
    assert folder.find(inside) == tmp_path


def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    folder.write(tmp_path, "a", b"1")
    left = {path.name for path in (tmp_path / folder.NAME).iterdir()}
    assert left == {".gitignore", "CACHEDIR.TAG"}


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / folder.NAME).write_text("mine")
    folder.write(tmp_path, "a", b"1")
    assert (tmp_path / folder.NAME).read_text() == "mine"


def test_old_results_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_FILES", 4)
    names = [f"{number:032x}" for number in range(6)]
    for number, name in enumerate(names):
        folder.write(tmp_path, name, b"")
        os.utime(tmp_path / folder.NAME / name, ns=(number, number))
    left = {path.name for path in (tmp_path / folder.NAME).glob("0*")}
    assert len(left) <= 4
    assert names[5] in left
    assert names[0] not in left


def test_it_can_be_removed(tmp_path: Path) -> None:
    assert folder.remove(tmp_path) is False
    folder.write(tmp_path, "a" * 32, b"1")
    assert folder.remove(tmp_path) is True
    assert list(tmp_path.iterdir()) == []


KEPT = "0" * 32


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder outside of the project that holds what looks like a cache, and a `.gitignore`."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number:032x}").write_text(f"mine {number}")
    (folder / ".gitignore").write_text("mine")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    return project


def test_a_link_in_the_place_of_the_folder_is_not_followed(project: Path, elsewhere: Path) -> None:
    (project / folder.NAME).symlink_to(elsewhere)
    before = content_of(elsewhere)
    folder.write(project, KEPT, b"1")
    assert folder.read(project, KEPT) is None
    assert folder.find(project) is None
    with pytest.raises(folder.NotOurs, match="symbolic link"):
        folder.remove(project)
    assert content_of(elsewhere) == before
    assert (project / folder.NAME).is_symlink()


def test_links_in_the_folder_are_not_followed(project: Path, elsewhere: Path) -> None:
    before = content_of(elsewhere)
    cache = project / folder.NAME
    cache.mkdir()
    for name in (".gitignore", "CACHEDIR.TAG", KEPT, "f" * 32):
        (cache / name).symlink_to(elsewhere / ".gitignore")
    folder.write(project, KEPT, b"1")
    assert folder.read(project, KEPT) == b"1"  # the link has given way to a file
    assert folder.read(project, "f" * 32) is None
    assert content_of(elsewhere) == before
    assert folder.remove(project) is True
    assert content_of(elsewhere) == before


def test_a_link_to_what_we_have_written_is_not_read(project: Path) -> None:
    folder.write(project, KEPT, b"1")
    cache = project / folder.NAME
    (cache / KEPT).rename(project / "moved")
    (cache / KEPT).symlink_to(project / "moved")
    assert folder.read(project, KEPT) is None


def test_only_what_we_have_named_is_deleted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_FILES", 1)
    cache = project / folder.NAME
    cache.mkdir()
    theirs = {"notes.txt": b"mine", "0" * 31: b"mine", "G" * 32: b"mine", ".new-1": b"mine"}
    for name, text in theirs.items():
        (cache / name).write_bytes(text)
    (cache / ("1" * 32)).mkdir()
    for number in range(4):
        folder.write(project, f"{number:032x}", b"1")
    assert folder.remove(project) is None
    (cache / ("1" * 32)).rmdir()
    assert content_of(cache) == theirs


def test_files_and_folder_are_the_users_alone(project: Path) -> None:
    folder.write(project, KEPT, b"1")
    cache = project / folder.NAME
    assert cache.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in cache.iterdir()} == {0o600}


@pytest.mark.parametrize("which", ["folder", "file"])
def test_what_belongs_to_another_user_is_not_read(
    project: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    folder.write(project, KEPT, b"1")
    cache = project / folder.NAME
    inode = (cache if which == "folder" else cache / KEPT).stat().st_ino
    real = os.fstat

    def fstat(number: int) -> os.stat_result:
        found = real(number)
        if found.st_ino != inode:
            return found
        owner = found.st_uid + 1
        return os.stat_result((*found[:4], owner, *found[5:]))

    monkeypatch.setattr(os, "fstat", fstat)
    assert folder.read(project, KEPT) is None


@pytest.mark.parametrize("kind", ["folder", "pipe", "large", "empty", "unsigned", "short"])
def test_what_is_no_file_of_ours_is_not_read(project: Path, kind: str) -> None:
    folder.write(project, KEPT, b"1")
    path = project / folder.NAME / KEPT
    path.unlink()
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)  # to open it would wait for a writer
        case "large":
            with path.open("wb") as file:
                file.truncate(folder.LARGEST + 1)
        case "unsigned":
            path.write_bytes(bytes(32) + b"1")
        case _:
            path.write_bytes(b"" if kind == "empty" else bytes(31))
    assert folder.read(project, KEPT) is None


def test_what_is_too_large_is_not_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "LARGEST", 100)
    folder.write(project, KEPT, bytes(69))
    assert not (project / folder.NAME).exists()
    folder.write(project, KEPT, bytes(68))
    assert folder.read(project, KEPT) == bytes(68)


def test_a_signature_holds_for_one_file_of_one_project(project: Path, tmp_path: Path) -> None:
    folder.write(project, KEPT, b"1")
    written = (project / folder.NAME / KEPT).read_bytes()
    (project / folder.NAME / ("1" * 32)).write_bytes(written)
    assert folder.read(project, "1" * 32) is None
    copy = tmp_path / "copy"
    project.rename(copy)
    assert folder.read(copy, KEPT) is None


def test_nothing_is_kept_in_a_project_that_is_only_to_be_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refuse)
    folder.write(project, KEPT, b"1")
    assert list(project.iterdir()) == []


def test_what_a_crash_has_left_is_deleted_after_a_while(project: Path) -> None:
    folder.write(project, KEPT, b"1")
    cache = project / folder.NAME
    old, new = cache / f".new-{'0' * 16}", cache / f".new-{'1' * 16}"
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    folder.write(project, KEPT, b"1")
    assert (old.exists(), new.exists()) == (False, True)


def test_two_at_once_leave_a_whole_file(project: Path) -> None:
    def many(text: bytes) -> None:
        for _ in range(50):
            folder.write(project, KEPT, text * 10_000)

    threads = [threading.Thread(target=many, args=(text,)) for text in (b"1", b"2", b"3")]
    for thread in threads:
        thread.start()
    seen = set()
    while any(thread.is_alive() for thread in threads):
        seen.add(folder.read(project, KEPT))
    assert seen <= {None, b"1" * 10_000, b"2" * 10_000, b"3" * 10_000}
    assert folder.read(project, KEPT) in seen | {b"1" * 10_000, b"2" * 10_000, b"3" * 10_000}
    names = {path.name for path in (project / folder.NAME).iterdir()}
    assert names == {".gitignore", "CACHEDIR.TAG", KEPT}
