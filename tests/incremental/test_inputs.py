"""What a result was made from, and what makes it out of date."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import pytest

from pgtrigger_codegen.incremental import inputs
from pgtrigger_codegen.incremental.folder import NAME
from pgtrigger_codegen.incremental.inputs import MARKERS, Fingerprint, fingerprint, from_json, holds
from pgtrigger_codegen.project import discovery
from pgtrigger_codegen.source.files import Content, read_regular
from pgtrigger_codegen.source.reads import recorded


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository" / "project"
    (root / "shop" / "sql").mkdir(parents=True)
    (root / "shop" / "models.py").write_text("a = 1\n")
    (root / "shop" / "other.py").write_text("b = 1\n")
    (root / "shop" / "sql" / "body.sql").write_text("RETURN NEW;")
    (tmp_path / "packages" / "lib").mkdir(parents=True)
    return root


def read(root: Path, began: float | None = None) -> Fingerprint:
    """A run that reads a model, a body and a package, and looks for a file that is not there."""
    with recorded() as reads:
        (root / "shop" / "models.py").read_text()
        (root / "shop" / "sql" / "body.sql").read_text()
        list((root.parent.parent / "packages").iterdir())
        (root / "shop" / "apps.py").is_file()
        with pytest.raises(FileNotFoundError):
            (root.parent.parent / "packages" / "gone.pth").read_text()
    known = fingerprint(reads, root, began)
    assert known is not None
    return known


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("models.py")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file that was read": lambda root: (root / "shop/models.py").write_text("a = 2\n"),
    "SQL that was read": lambda root: (root / "shop/sql/body.sql").write_text("RETURN OLD;"),
    "a file that was read is gone": lambda root: (root / "shop/models.py").unlink(),
    "a file that was looked for": lambda root: (root / "shop/apps.py").write_text(""),
    "a new file": lambda root: (root / "shop/sql/new.sql").write_text(""),
    "a file that was not read is gone": lambda root: (root / "shop/other.py").unlink(),
    "a file turned into a link": lambda root: _link(root / "shop/other.py"),
    "an environment": lambda root: (root / ".venv").mkdir(),
    "a package": lambda root: (root.parent.parent / "packages/lib-2.0.dist-info").mkdir(),
    "a file of a package": lambda root: (root.parent.parent / "packages/gone.pth").write_text(""),
    "configuration above": lambda root: (root.parent / "pyproject.toml").write_text(""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_result_is_out_of_date_when_what_it_was_made_from_changes(
    root: Path, change: str
) -> None:
    known = read(root)
    assert holds(known, root)
    CHANGES[change](root)
    assert not holds(known, root)


def test_a_result_that_is_out_of_date_holds_again_when_all_is_as_before(root: Path) -> None:
    known = read(root)
    model = root / "shop" / "models.py"
    model.write_text("a = 2\n")
    assert not holds(known, root)
    model.write_text("a = 1\n")  # as after `git stash`
    assert holds(known, root)


def test_the_same_size_and_time_do_not_make_a_file_the_same(root: Path) -> None:
    known = read(root)
    model = root / "shop" / "models.py"
    before = model.stat()
    model.write_text("a = 2\n")
    os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not holds(known, root)


def test_a_file_that_was_long_untouched_is_not_read_again_until_it_is_touched(root: Path) -> None:
    model = root / "shop" / "models.py"
    known = read(root, began=time.time() + 60)

    with recorded() as reads:
        assert holds(known, root)
    assert str(model) not in reads.files

    before = model.stat()
    model.write_text("a = 2\n")
    os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not holds(known, root)


def test_a_file_that_was_just_touched_is_read_again(root: Path) -> None:
    known = read(root)
    with recorded() as reads:
        assert holds(known, root)
    assert str(root / "shop" / "models.py") in reads.files


@pytest.mark.parametrize(
    "leave",
    [
        lambda root: (root / "shop" / "other.py").write_text("b = 2\n"),
        lambda root: os.utime(root / "shop" / "models.py"),
        lambda root: (root / NAME).mkdir(),
        lambda root: (root / "shop" / "__pycache__").mkdir(),
        lambda root: (
            (root / ".git" / "refs").mkdir(parents=True) if (root / ".git").exists() else None
        ),
    ],
)
def test_what_it_was_not_made_from_does_not_matter(
    root: Path, leave: Callable[[Path], object]
) -> None:
    known = read(root)
    leave(root)
    assert holds(known, root)


def test_another_version_of_a_package_of_ours_counts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site-packages"
    (site / "django_pgtrigger-4.17.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(site))
    known = read(root)
    assert holds(known, root)
    (site / "django_pgtrigger-4.17.0.dist-info").rename(site / "django_pgtrigger-5.0.dist-info")
    assert not holds(known, root)


def test_another_version_of_ours_counts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = read(root)
    monkeypatch.setattr(inputs, "__version__", "99")
    assert not holds(known, root)


def test_a_file_that_changed_while_it_was_read_gives_no_result(root: Path) -> None:
    with recorded() as reads:
        (root / "shop" / "models.py").read_text()
    (root / "shop" / "models.py").write_text("longer = 1\n")
    assert fingerprint(reads, root) is None


def test_what_writes_gives_no_result(root: Path) -> None:
    with recorded() as reads:
        (root / "shop" / "new.py").write_text("")
    assert fingerprint(reads, root) is None


def test_environments_are_not_entered(root: Path) -> None:
    (root / "env" / "lib").mkdir(parents=True)
    (root / "env" / "pyvenv.cfg").write_text("")
    known = read(root)
    (root / "env" / "lib" / "a.py").write_text("")
    assert holds(known, root)
    (root / "env" / "pyvenv.cfg").unlink()
    assert not holds(known, root)


def test_a_copy_of_a_project_is_another_project(root: Path) -> None:
    assert not holds(read(root), root.parent / "copy")


def test_what_is_kept_is_what_was_seen(root: Path) -> None:
    known = read(root)
    assert from_json(known.to_json()) == known


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "[]",
        "{}",
        '["", "", "", [], {}, {}]',
        '["", "", "", [1], {}, {}, {}]',
        '["", "", "", [], [], {}, {}]',
        '["", "", "", [], {"a": 1}, {}, {}]',
        '["", "", "", [], {}, {}, {"a": 1}]',
        '["", "", "", [], {}, {}, []]',
        '["", "", "", 1, {}, {}, {}]',
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_fingerprint(text: str) -> None:
    assert from_json(text.encode()) is None


def test_the_markers_are_those_that_the_project_is_found_by() -> None:
    assert {*discovery._ROOT_MARKERS} <= {*MARKERS}


def test_a_file_that_changes_while_it_is_looked_at_is_not_taken_for_either(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = root / "shop" / "models.py"
    real = read_regular

    def change_after(path: str, most: int) -> Content:
        found = real(path, most)
        models.write_text("a = 2222\n")
        return found

    with inputs.digests_taken_once():
        monkeypatch.setattr(inputs, "read_regular", change_after)
        inputs.seen(str(models))
        monkeypatch.setattr(inputs, "read_regular", real)
        with recorded() as reads:
            models.read_text()
        known = fingerprint(reads, root)  # what was seen still counts
        assert known is None
        inputs.look_again()
        known = fingerprint(reads, root)
        assert known is not None
        assert known.files[str(models)] == blake2b(models.read_bytes(), digest_size=16).hexdigest()
