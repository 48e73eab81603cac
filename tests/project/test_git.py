"""Git is asked, and nothing that a repository names is run."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.project.git import (
    GitError,
    Repository,
    is_committed,
    repository_of,
    was_known,
)


def _git(folder: Path, *arguments: str) -> str:
    identity = (
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "protocol.file.allow=always",
    )
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(autouse=True)
def _outside_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from a git hook, the tests' own variables would lead elsewhere."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a committed, a changed and a new file."""
    root = tmp_path / "work"
    (root / "app" / "migrations").mkdir(parents=True)
    (root / "app" / "migrations" / "0001_initial.py").write_text("old = 1\n")
    (root / "app" / "models.py").write_text("old = 1\n")
    _git(root, "init", "-q", "-b", "main")
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "all")
    (root / "app" / "models.py").write_text("new = 2\n")
    (root / "app" / "new.py").write_text("new = 2\n")
    return root


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a trace."""
    path = tmp_path / "trap"
    path.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\nexit 1\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    return tmp_path / "ran"


def _ask_everything(root: Path) -> tuple[object, ...]:
    repository = repository_of(root / "app")
    assert repository is not None
    migration = root / "app" / "migrations" / "0001_initial.py"
    return (
        repository.has_committed(migration),
        repository.changed(root),
        repository.untracked([root / "app" / "new.py", migration]),
        repository.knew(migration, migration),
    )


_ANSWERS = (True, ["app/models.py"], ["app/new.py"], True)


def test_what_git_answers(root: Path) -> None:
    repository = repository_of(root / "app" / "migrations")

    assert repository == Repository(root)
    assert _ask_everything(root) == _ANSWERS
    assert is_committed(root / "app" / "new.py") is False
    assert is_committed(root / "app" / "models.py") is True


def test_which_file_came_first(root: Path) -> None:
    old, new, other = (root / "app" / name for name in ("models.py", "later.py", "beside.py"))
    _git(root, "checkout", "-q", "-b", "beside")
    other.touch()
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "beside")
    _git(root, "checkout", "-q", "-b", "later", "HEAD~1")
    new.touch()
    assert was_known(old, new) is None
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "later")

    assert (was_known(old, new), was_known(new, old)) == (True, False)
    assert was_known(new, other) is None
    _git(root, "merge", "-q", "--no-edit", "beside")
    assert (was_known(new, other), was_known(other, new)) == (False, False)


def test_names_that_look_like_something_else(root: Path) -> None:
    repository = repository_of(root)
    assert repository is not None
    names = ["-rf", "--help", ":(exclude)x", "*.py", "\nx", "ü", "[a]"]
    for name in names:
        (root / "app" / name).touch()
    assert repository.untracked([root / "app" / name for name in names]) == sorted(
        f"app/{name}" for name in names
    )
    assert [repository.has_committed(root / "app" / name) for name in names] == [False] * 7
    _git(root, "--literal-pathspecs", "add", "--", *(f"app/{name}" for name in names))
    _git(root, "commit", "-q", "-m", "odd")
    assert [repository.has_committed(root / "app" / name) for name in names] == [True] * 7


def test_a_repository_without_commits_and_none_at_all(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.py").touch()
    assert is_committed(tmp_path / "new" / "a.py") is None
    _git(tmp_path / "new", "init", "-q")
    assert is_committed(tmp_path / "new" / "a.py") is False


def test_a_damaged_repository_is_not_one_without_commits(root: Path) -> None:
    head = _git(root, "rev-parse", "HEAD").strip()
    (root / ".git" / "objects" / head[:2] / head[2:]).unlink()
    migration = root / "app" / "migrations" / "0001_initial.py"
    repository = repository_of(root)

    assert is_committed(migration) is None
    assert repository is not None
    with pytest.raises(CodegenError, match="git does not answer"):
        repository.has_committed(migration)


def test_the_configuration_of_the_repository_runs_nothing(
    root: Path, trap: Path, ran: Path
) -> None:
    (root / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    _git(root, "add", ".gitattributes")
    _git(root, "commit", "-q", "-m", "attributes")
    for name in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.gitProxy",
        "alias.status", "alias.ls-files", "alias.ls-tree", "diff.external", "diff.evil.textconv",
        "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
        "filter.a=b.clean", "pager.status", "pager.ls-files", "credential.helper", "gpg.program",
        "uploadpack.packObjectsHook", "remote.origin.uploadpack", "sequence.editor",
    ):  # fmt: skip
        _git(root, "config", name, str(trap))
    _git(root, "config", "filter.evil.required", "true")
    included = root / ".git" / "more"
    included.write_text(f"[core]\n\tfsmonitor = {trap}\n")
    _git(root, "config", "include.path", str(included))
    hooks = root / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (hooks / hook).symlink_to(trap)
        (root / ".git" / "hooks" / hook).symlink_to(trap)
    _git(root, "config", "core.hooksPath", str(hooks))
    (root / "app" / "migrations" / "0001_initial.py").touch()  # to be compared once more
    ran.unlink(missing_ok=True)

    subprocess.run(["git", "status"], cwd=root, check=False, capture_output=True)
    assert ran.exists(), "the trap does not work"
    ran.unlink()
    os.utime(root / "app" / "migrations" / "0001_initial.py", (1, 1))

    assert _ask_everything(root)[:2] == (True, ["app/models.py"])
    assert not ran.exists()


def test_a_folder_that_is_a_repository_is_not_asked(root: Path, trap: Path, ran: Path) -> None:
    migrations = root / "app" / "migrations"
    for folder in ("objects", "refs"):
        (migrations / folder).mkdir()
    (migrations / "HEAD").write_text("ref: refs/heads/main\n")
    (migrations / "config").write_text(
        f"[core]\n\trepositoryformatversion = 1\n\tbare = false\n\tfsmonitor = {trap}\n"
        "\tworktree = ..\n[extensions]\n\tpartialClone = origin\n"
        f'[remote "origin"]\n\turl = {root}\n\tpromisor = true\n\tuploadpack = {trap}\n'
    )
    (migrations / "refs" / "heads").mkdir()
    (migrations / "refs" / "heads" / "main").write_text("1" * 40 + "\n")
    subprocess.run(["git", "status"], cwd=migrations, check=False, capture_output=True)
    subprocess.run(["git", "ls-tree", "HEAD"], cwd=migrations, check=False, capture_output=True)
    assert ran.exists(), "the trap does not work"
    ran.unlink()

    assert is_committed(migrations / "0001_initial.py") is True
    assert _ask_everything(root)[1] == ["app/models.py"]
    assert not ran.exists()


def test_a_partial_clone_fetches_nothing(root: Path, trap: Path, ran: Path) -> None:
    blob = _git(root, "rev-parse", "HEAD^{tree}").strip()
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    _git(root, "config", "core.repositoryformatversion", "1")
    _git(root, "config", "extensions.partialClone", "origin")
    _git(root, "config", "remote.origin.promisor", "true")
    _git(root, "config", "remote.origin.url", str(root))
    _git(root, "config", "remote.origin.uploadpack", str(trap))
    subprocess.run(["git", "ls-tree", "HEAD"], cwd=root, check=False, capture_output=True)
    assert ran.exists(), "the trap does not work"
    ran.unlink()

    assert is_committed(root / "app" / "migrations" / "0001_initial.py") is None
    assert not ran.exists()


def test_a_submodule_runs_nothing(root: Path, trap: Path, ran: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    _git(inner, "init", "-q", "-b", "main")
    (inner / "a.py").touch()
    _git(inner, "add", ".")
    _git(inner, "commit", "-q", "-m", "all")
    _git(root, "submodule", "--quiet", "add", str(inner), "sub")
    _git(root, "commit", "-q", "-m", "submodule")
    _git(root / "sub", "config", "core.fsmonitor", str(trap))
    ran.unlink(missing_ok=True)
    subprocess.run(["git", "status"], cwd=root, check=False, capture_output=True)
    assert ran.exists(), "the trap does not work"
    ran.unlink()

    assert _ask_everything(root)[1] == ["app/models.py"]
    assert is_committed(root / "sub" / "a.py") is True
    assert not ran.exists()


@pytest.mark.parametrize("entry", ["", ".", "tools", "{root}/tools", "{link}/tools"])
def test_a_planted_git_is_not_run(
    root: Path,
    trap: Path,
    ran: Path,
    tmp_path: Path,
    entry: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "link").symlink_to(root)
    (root / "tools").mkdir()
    for folder in (root, root / "tools", root / "app"):
        (folder / "git").write_bytes(trap.read_bytes())
        (folder / "git").chmod(0o755)
    entry = entry.format(root=root, link=tmp_path / "link")
    monkeypatch.setenv("PATH", f"{entry}:{os.environ['PATH']}")
    monkeypatch.chdir(root)

    assert _ask_everything(root)[0:2] == _ANSWERS[:2]
    assert not ran.exists()


def test_a_link_to_a_planted_git_is_not_run(
    root: Path, trap: Path, ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "git").write_bytes(trap.read_bytes())
    (root / "git").chmod(0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(root / "git")
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")

    assert _ask_everything(root)[1] == ["app/models.py"]
    assert not ran.exists()


def test_variables_do_not_lead_elsewhere(
    root: Path, trap: Path, ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    _git(other, "init", "-q")
    for name, value in {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / "index"),
        "GIT_EXTERNAL_DIFF": str(trap),
        "GIT_SSH": str(trap),
        "GIT_PAGER": str(trap),
        "GIT_EXEC_PATH": str(other),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(trap),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={trap}'",
    }.items():
        monkeypatch.setenv(name, value)

    assert _ask_everything(root) == _ANSWERS
    assert not ran.exists()


def test_without_git_it_is_not_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    repository = repository_of(root)

    assert repository is not None
    assert is_committed(root / "app" / "models.py") is None
    with pytest.raises(GitError, match="git is not installed"):
        repository.changed(root)


def test_nothing_is_written_to_the_repository(root: Path) -> None:
    os.utime(root / "app" / "migrations" / "0001_initial.py", (1, 1))
    index = root / ".git" / "index"
    before = index.read_bytes(), stat.S_IMODE(index.stat().st_mode), index.stat().st_mtime_ns

    _ask_everything(root)

    assert (
        index.read_bytes(),
        stat.S_IMODE(index.stat().st_mode),
        index.stat().st_mtime_ns,
    ) == before
