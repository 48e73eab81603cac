"""Facts about packages: the user's own, of exactly the content that they were found in."""

from __future__ import annotations

import ast
import errno
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pgtrigger_codegen.incremental import console, folder, packages, secret
from pgtrigger_codegen.incremental.packages import TURNED_OFF, PackageFacts, facts_for
from pgtrigger_codegen.incremental.session import use_package_facts
from pgtrigger_codegen.source import deferred, reads
from pgtrigger_codegen.source.deferred import Deferred, Place
from pgtrigger_codegen.source.module import read_module
from tests.support.cli import run_process
from tests.support.projects import write_project

TEXT = """\
def first():
    value = 1
    return value
"""
PLACES = [Place(2, 4, 3, 16)]
LIE = [[1, 1, 2, 2]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    return home / "pgtrigger-codegen"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


def keep(root: Path, name: str = "package.module", text: str = TEXT) -> None:
    facts = PackageFacts(root)
    facts.found(name, text.encode(), PLACES)
    facts.write()


def known(root: Path, name: str = "package.module", text: str = TEXT) -> object:
    return PackageFacts(root).places(name, text.encode())


def only_file(home: Path) -> Path:
    (file,) = (home / "packages").iterdir()
    return file


def test_they_are_kept_for_the_user_alone_and_for_all_projects(home: Path, root: Path) -> None:
    assert known(root) is None
    assert not home.exists(), "nothing is made to read"
    keep(root)
    assert known(root) == PLACES
    assert known(root.parent / "another") == PLACES
    assert (home / "packages").stat().st_mode & 0o777 == 0o700
    assert only_file(home).stat().st_mode & 0o777 == 0o600


def test_they_are_of_one_content_and_one_package(home: Path, root: Path) -> None:
    keep(root)
    assert known(root, text=TEXT + "\n") is None
    assert known(root, name="other.module") is None
    assert known(root, name="package.other") == PLACES, "the same text has the same places"


def test_another_release_begins_anew(
    home: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(root)
    for name, value in (("__version__", "0"), ("_own_code", lambda: "")):
        with monkeypatch.context() as patch:
            patch.setattr(packages, name, value)
            assert known(root) is None
    monkeypatch.setattr(sys, "version", "4")
    assert known(root) is None


def test_what_others_have_kept_stays(home: Path, root: Path) -> None:
    one, other = PackageFacts(root), PackageFacts(root)
    one.found("package", b"1", PLACES)
    other.found("package", b"2", [])
    one.write()
    other.write()
    assert known(root, text="1") == PLACES
    assert known(root, text="2") == []


def test_no_result_depends_on_what_was_known(home: Path, root: Path) -> None:
    for _ in range(2):
        with reads.recorded() as read:
            keep(root)
            known(root)
        assert (read.files, read.folders) == ({}, set())


def test_nothing_new_is_nothing_to_write(home: Path, root: Path) -> None:
    keep(root)
    before = only_file(home).stat()
    facts = PackageFacts(root)
    facts.places("package.module", TEXT.encode())
    facts.write()
    assert only_file(home).stat() == before


def _signed(file: Path, root: Path, content: bytes) -> bytes:
    key = secret.find(root)
    assert key is not None
    return packages._signature(key, file.name, content) + content


CONTENTS = {
    "list": b"[]",
    "number": b"1",
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "text for places": b'{"%s": "ab"}',
    "text for a number": b'{"%s": [[1, 2, 3, "4"]]}',
    "a number more": b'{"%s": [[2, 4, 3, 16, 5]]}',
    "a number less": b'{"%s": [[2, 4, 3]]}',
    "fraction": b'{"%s": [[2.5, 4, 3, 16]]}',
    "null": b'{"%s": null}',
    "huge": b'{"%s": [[1e400, 4, 3, 16]]}',
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_even_signed_nothing_but_places_is_taken(home: Path, root: Path, content: bytes) -> None:
    keep(root)
    file = only_file(home)
    content = content.replace(b"%s", packages._digest(TEXT.encode()).encode())
    file.write_bytes(_signed(file, root, content))
    assert known(root) is None


@pytest.mark.parametrize(
    "places",
    [
        LIE, [[2, 4, 3, 10**30]], [[2, 4, 3, 10**9]], [[2, 4, 10**9, 16]], [[2, 10**30, 3, 16]],
        [[-1, -1, -1, -1]], [[3, 4, 3, 16]], PLACES * 2,
    ],
)  # fmt: skip
def test_even_signed_no_lie_changes_a_tree(
    home: Path, root: Path, tmp_path: Path, places: list[list[int]]
) -> None:
    keep(root)
    file = only_file(home)
    content = json.dumps({packages._digest(TEXT.encode()): places}).encode()
    file.write_bytes(_signed(file, root, content))
    path = tmp_path / "module.py"
    path.write_text(TEXT)
    with deferred.kept_by(PackageFacts(root)):
        module = read_module("package.module", path, is_package=False, first_party=False)
    plain = read_module("package.module", path, is_package=False, first_party=False)
    assert ast.dump(module.tree, include_attributes=True) == ast.dump(
        plain.tree, include_attributes=True
    )


def _unsigned(file: Path, root: Path) -> None:
    content = json.dumps({packages._digest(TEXT.encode()): LIE}).encode()
    file.write_bytes(b"\0" * 32 + content)


def _signed_by_another(file: Path, root: Path) -> None:
    content = json.dumps({packages._digest(TEXT.encode()): LIE}).encode()
    file.write_bytes(packages._signature(b"x" * 32, file.name, content) + content)


def _changed(file: Path, root: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"[2,4,3,16]", b"[2,4,3,15]"))


def _of_another_package(file: Path, root: Path) -> None:
    keep(root, name="other")
    (other,) = (one for one in file.parent.iterdir() if one != file)
    other.replace(file)


def _link(file: Path, root: Path) -> None:
    file.rename(file.parent.parent / "moved")
    file.symlink_to(file.parent.parent / "moved")


def _pipe(file: Path, root: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path, root: Path) -> None:
    file.unlink()
    file.mkdir()


def _open_to_others(file: Path, root: Path) -> None:
    file.chmod(0o644)


def _in_a_folder_open_to_others(file: Path, root: Path) -> None:
    file.parent.chmod(0o777)


def _below_a_folder_open_to_others(file: Path, root: Path) -> None:
    file.parent.parent.chmod(0o777)


def _behind_a_link(file: Path, root: Path) -> None:
    moved = file.parent.rename(file.parent.parent / "moved")
    file.parent.symlink_to(moved)


def _without_the_secret(file: Path, root: Path) -> None:
    (file.parent.parent / "cache.key").unlink()


def _large(file: Path, root: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(packages.LARGEST + 1)


@pytest.mark.parametrize(
    "spoil",
    [
        _unsigned, _signed_by_another, _changed, _of_another_package, _link, _pipe, _folder,
        _open_to_others, _in_a_folder_open_to_others, _below_a_folder_open_to_others,
        _behind_a_link, _without_the_secret, _large,
    ],
)  # fmt: skip
def test_what_this_user_has_not_kept_is_not_read(
    home: Path, root: Path, spoil: Callable[[Path, Path], None]
) -> None:
    keep(root)
    spoil(only_file(home), root)
    assert known(root) is None
    keep(root)  # nothing fails, whether it can be kept again or not


def test_nothing_is_kept_in_a_folder_that_others_can_write(home: Path, root: Path) -> None:
    home.mkdir(parents=True, mode=0o700)
    (home / "packages").mkdir()
    (home / "packages").chmod(0o777)
    keep(root)
    assert [*(home / "packages").iterdir()] == []


def test_nothing_is_kept_or_read_within_the_project(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / ".cache"))
    keep(root)
    assert [*root.iterdir()] == []
    keep(tmp_path / "another")
    assert known(tmp_path / "another") == PLACES
    assert known(root) is None


def test_a_full_disk_leaves_what_was_there(
    home: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(root)

    def full(opened: int, name: str, content: bytes) -> None:
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=opened))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder, "_write_new", full)
    keep(root, text="other")
    assert known(root) == PLACES
    assert known(root, text="other") is None
    assert only_file(home).is_file()


def _keep_many(root: Path, number: int) -> None:
    for count in range(20):
        keep(root, text=f"{number} {count}")
        assert PackageFacts(root).places("package", TEXT.encode()) == PLACES


def test_processes_do_not_disturb_each_other(home: Path, root: Path) -> None:
    keep(root)
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=_keep_many, args=(root, number)) for number in range(3)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0, 0, 0]
    assert known(root) == PLACES
    assert only_file(home).is_file()


def test_there_is_an_end_to_what_is_kept(
    home: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "_MOST_PER_PACKAGE", 2)
    for text in ("1", "2", "3"):
        keep(root, text=text)
    assert [known(root, text=text) for text in ("1", "2", "3")] == [None, None, PLACES]
    monkeypatch.setattr(packages, "MOST_PACKAGES", 4)
    for number in range(8):
        keep(root, name=f"package_{number}")
        assert len([*(home / "packages").iterdir()]) <= 4
    monkeypatch.setattr(packages, "LARGEST", 100)
    keep(root, name="large", text="1")
    assert known(root, name="large", text="1") == PLACES
    large = PackageFacts(root)
    large.found("large", b"2", PLACES * 50)
    large.write()
    assert known(root, name="large", text="1") == PLACES


def test_only_packages_are_asked_about(home: Path, root: Path, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(TEXT)
    facts = PackageFacts(root)
    with deferred.kept_by(facts):
        read_module("package.module", path, is_package=False, first_party=True)
        facts.write()
        assert not home.exists()
        whole = read_module("package.module", path, is_package=False, first_party=False)
        facts.write()
    with deferred.kept_by(PackageFacts(root)):
        own = read_module("package.module", path, is_package=False, first_party=True)
        package = read_module("package.module", path, is_package=False, first_party=False)
    waits = [isinstance(one.tree.body[0].body, Deferred) for one in (whole, own, package)]  # type: ignore[attr-defined]
    assert waits == [False, False, True]


def test_the_variable_turns_them_off(
    home: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert facts_for(root) is not None
    monkeypatch.setenv(TURNED_OFF, "1")
    assert facts_for(root) is None


@pytest.mark.parametrize("arguments", [["show"], ["show", "--no-cache"]])
def test_without_a_cache_nobody_is_asked(
    home: Path, root: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def command() -> int:
        use_package_facts(root)
        asked.append(deferred.keeper() is not None)
        return 0

    with capsys.disabled():
        console.run_or_repeat(command, arguments)
    assert asked == ["--no-cache" not in arguments]
    assert deferred.keeper() is None


COMMANDS = ("makemigrations --check", "show --output-format json", "lint --output-format json")
FILES = {
    ".venv/pyvenv.cfg": "version = 3.11.0\n",
    ".venv/lib/python3.11/site-packages/extra/__init__.py": """\
        import pgtrigger
        from django.db import models


        class Named(models.Model):
            name = models.TextField()

            class Meta:
                abstract = True

            def label(self):
                text = self.name
                return text


        def condition(value):
            column = "old__name"
            return pgtrigger.Q(**{column: value})


        def unknown():
            import secrets
            return pgtrigger.Q(old__name=secrets.token_hex())
        """,
}
MODELS = """\
    import pgtrigger
    from extra import Named, condition, unknown


    class Product(Named):
        class Meta:
            triggers = [
                pgtrigger.Protect(
                    name="keep", operation=pgtrigger.Delete, condition=condition("a")
                ),
                pgtrigger.Protect(
                    name="other", operation=pgtrigger.Delete, condition=unknown()
                ),
            ]
    """


def test_results_are_the_same_with_and_without(home: Path, root: Path) -> None:
    write_project(root, MODELS, FILES)
    for command in COMMANDS:
        outcomes = []
        for variable, extra in (("1", ()), (None, ()), (None, ()), (None, ("--no-cache",))):
            run_process(root, "clean")
            variables = {TURNED_OFF: variable, "PYTHONHASHSEED": "0"}
            outcomes.append(run_process(root, *extra, *command.split(), variables=variables))
            assert (home / "packages").exists() is (len(outcomes) > 1 or command != COMMANDS[0])
        assert "Traceback" not in outcomes[0].stderr
        assert "secrets" in outcomes[0].stdout + outcomes[0].stderr
        assert "2 triggers found, 1 read" in outcomes[0].stderr
        assert outcomes == [outcomes[0]] * 4
    assert known(root, "extra", (root / [*FILES][1]).read_text()) != []
