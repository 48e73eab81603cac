"""What git ignores, as git itself says it."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from pgtrigger_codegen.source.ignored import is_ignored

_PATHS = (
    "a.sql", "b.secret", ".env", "local/a.sql", "local/deep/b.sql", "app/sql/a.sql",
    "app/sql/b.secret", "app/local/c.sql", "build/x", "app/build/x", "app/x y", "app/[a].sql",
    "app/ü.sql", "app/a1.sql", "doc/frotz/a", "a/doc/frotz/b",
)  # fmt: skip
_LINES = (
    "*.secret", "*.sql", "!a.sql", "/a.sql", "local/", "local", "/local", "app/sql", "app/*/a.sql",
    "**/build", "build/**", "app/**/c.sql", "# a.sql", "\\#", "x\\ y", "a?.sql", "[ab].sql",
    "a[0-9].sql", "[!a].sql", "\\[a].sql", "ü.*", "  ", "b.sql ", "/", "*", "!*/", "doc/frotz/",
    "frotz/", "!app/", "!/app/sql/", "a*l", "**", "[", "a[", "*.s?cret", "!local/deep/", ".env*",
)  # fmt: skip


@pytest.fixture
def work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    root = tmp_path / "work"
    for path in _PATHS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def _as_git_says(root: Path) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
    ).stdout
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


def _as_we_say(root: Path) -> set[str]:
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    paths = [path for path in found if path.parts[0] != ".git"]
    return {path.as_posix() for path in paths if is_ignored(root / path, root)}


def test_the_same_as_git_on_random_files(work_tree: Path) -> None:
    choice = random.Random(20261130)
    differing = 0
    for _ in range(30):
        for place in (".gitignore", "app/.gitignore", ".git/info/exclude"):
            lines = choice.sample(_LINES, choice.randrange(4))
            (work_tree / place).write_text("\n".join(lines) + choice.choice(["", "\n", "\r\n"]))
        expected = _as_git_says(work_tree)
        differing += bool(expected)
        assert _as_we_say(work_tree) == expected, [
            (work_tree / place).read_text()
            for place in (".git/info/exclude", ".gitignore", "app/.gitignore")
        ]
    assert differing > 15


def test_the_users_own_list_counts(work_tree: Path, tmp_path: Path) -> None:
    (tmp_path / "home/.config/git").mkdir(parents=True)
    (tmp_path / "home/.config/git/ignore").write_text("*.secret\n")

    assert _as_we_say(work_tree) == _as_git_says(work_tree) == {"b.secret", "app/sql/b.secret"}


@pytest.mark.parametrize("place", [".gitconfig", ".config/git/config"])
def test_the_users_configuration_names_another_list(
    work_tree: Path, tmp_path: Path, place: str
) -> None:
    config = tmp_path / "home" / place
    config.parent.mkdir(parents=True)
    config.write_text("[user]\n\tname = x\n[Core]\n\teditor = vi\n\texcludesFile = ~/mine\n")
    (tmp_path / "home" / "mine").write_text("*.secret\n")

    assert _as_we_say(work_tree) == _as_git_says(work_tree) == {"b.secret", "app/sql/b.secret"}
