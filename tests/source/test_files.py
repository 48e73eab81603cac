"""Files are read, and nothing that only looks like one."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from pgtrigger_codegen.source.boundary import Boundary
from pgtrigger_codegen.source.files import (
    MOST_BYTES,
    FileRefusedError,
    read_regular,
    read_within,
)


def test_content_and_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\0\xff\r\n" * 100_000)
    path.chmod(0o640)

    found = read_regular(path)

    assert (found.data, found.mode) == (b"\0\xff\r\n" * 100_000, 0o640)


def test_the_largest_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x" * MOST_BYTES)
    assert len(read_regular(path).data) == MOST_BYTES
    path.write_bytes(b"x" * (MOST_BYTES + 1))

    with pytest.raises(FileRefusedError, match="it is larger than 4 MiB") as caught:
        read_regular(path)

    assert caught.value.filename == str(path)
    assert len(read_regular(path, most=2 * MOST_BYTES).data) == MOST_BYTES + 1


def test_a_file_that_grows_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of `/proc` do, which have no size beforehand."""
    path = tmp_path / "a.py"
    path.write_bytes(b"x")
    fstat = os.fstat

    def look_and_grow(handle: int) -> os.stat_result:
        found = fstat(handle)
        path.write_bytes(b"x" * (MOST_BYTES + 1))
        return found

    monkeypatch.setattr(os, "fstat", look_and_grow)
    with pytest.raises(FileRefusedError, match="larger than"):
        read_regular(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path / "link"):
        with pytest.raises(FileRefusedError):
            read_regular(path)
    for path in (tmp_path, tmp_path / "socket", tmp_path / "gone"):
        with pytest.raises(OSError, match=str(path)):
            read_regular(path)


def test_links_within_the_project(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "a.txt").write_text("a")
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "link.txt").symlink_to("../libs/a.txt")
    (tmp_path / "backend" / "libs").symlink_to("../libs")

    assert read_within(tmp_path / "backend" / "link.txt") == b"a"
    assert read_within(tmp_path / "backend" / "libs" / "a.txt") == b"a"


@pytest.mark.parametrize("git", [True, False])
def test_links_out_of_the_project(tmp_path: Path, *, git: bool) -> None:
    project = tmp_path / "project"
    project.mkdir()
    if git:
        (project / ".git").mkdir()
    (tmp_path / "secret").write_text("secret")
    (project / "link").symlink_to("../secret")
    (project / "folder").symlink_to("..")
    (project / "environ").symlink_to("/proc/self/environ")
    (project / "twice").symlink_to("link")

    for name in ("link", "folder/secret", "environ", "twice"):
        with pytest.raises(FileRefusedError, match="leads out of the project"):
            read_within(project / name, Boundary.of(project))
    with pytest.raises(FileRefusedError, match="leads out of the project"):
        read_within(project / "link")


def test_a_boundary_around_everything_lets_no_window_into_the_system_in(tmp_path: Path) -> None:
    boundary = Boundary("/")

    assert boundary.may_read(str(tmp_path))
    assert not boundary.may_read("/proc/self/environ")
    assert not boundary.may_read("/dev/stdin")
