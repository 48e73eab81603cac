"""What a trigger's body can be read from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgtrigger_codegen.project.text_files import read_text_file
from pgtrigger_codegen.source.files import FileRefusedError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = tmp_path / "work" / "backend"
    (root / "sql").mkdir(parents=True)
    (tmp_path / "work" / ".git").mkdir()
    (tmp_path / "outside.sql").write_text("SECRET")
    return root


@pytest.mark.parametrize(
    "name", ["body.sql", "reset_password.sql", "keys.txt", "environment.sql", "passwords.SQL"]
)
def test_text_of_the_project(root: Path, name: str) -> None:
    (root / "sql" / name).write_text("RETURN NEW; -- ü", encoding="utf-8")

    assert read_text_file(root / "sql" / name, root) == "RETURN NEW; -- ü"


@pytest.mark.parametrize(
    "name",
    [
        ".env", ".env.production", "prod.env", "env.prod", "env", ".git/config", ".ssh/x.sql",
        "sql/.hidden.sql", "server.pem", "server.KEY", "id_rsa", "id_ed25519.bak", "netrc",
        "client_secret.json", "credentials", "db_password.txt", "private-key.txt",
    ],
)  # fmt: skip
def test_what_is_no_text_for_a_trigger(root: Path, name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("SECRET")
    (root / "sql" / "body.sql").symlink_to(root / name)

    for path in (root / name, root / "sql" / "body.sql"):
        with pytest.raises(FileRefusedError, match=r"hidden files|file with secrets"):
            read_text_file(path, root)


def test_what_git_ignores(root: Path) -> None:
    (root.parent / ".gitignore").write_text("local*\n")
    (root / "sql" / "local.sql").write_text("SECRET")

    with pytest.raises(FileRefusedError, match="git ignores it"):
        read_text_file(root / "sql" / "local.sql", root)


@pytest.mark.parametrize("way", ["link", "folder", "dots", "proc"])
def test_nothing_outside(root: Path, way: str) -> None:
    (root / "sql" / "link.sql").symlink_to(root.parents[1] / "outside.sql")
    (root / "up").symlink_to(root.parents[1])
    (root / "sql" / "environment.sql").symlink_to("/proc/self/environ")
    path = {
        "link": root / "sql" / "link.sql",
        "folder": root / "up" / "outside.sql",
        "dots": root / ".." / ".." / "outside.sql",
        "proc": root / "sql" / "environment.sql",
    }[way]

    with pytest.raises(FileRefusedError, match=r"lead?s out of the project|outside of the project"):
        read_text_file(path, root)


def test_only_files_of_a_sensible_size(root: Path) -> None:
    os.mkfifo(root / "sql" / "pipe.sql")
    with (root / "sql" / "large.sql").open("wb") as file:
        file.truncate(4 * 1024 * 1024 + 1)

    with pytest.raises(FileRefusedError, match="not a regular file"):
        read_text_file(root / "sql" / "pipe.sql", root)
    with pytest.raises(FileRefusedError, match="larger than 4 MiB"):
        read_text_file(root / "sql" / "large.sql", root)
