# ruff: noqa: E501  (one case, one line)
"""The second wall holds when the first, the evaluator's own, does not."""

from __future__ import annotations

import ast
import builtins
import contextlib
import dataclasses
import gc
import importlib
import marshal
import os
import pickle
import pty
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import types
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pgtrigger_codegen
from pgtrigger_codegen.confinement.wall import DOORS, Escape, check, confined, trusted
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.incremental.worker import Worker
from pgtrigger_codegen.migrations.planning.history import Replayed, replay_apps
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from tests.evaluator.code import execute
from tests.support.cli import run_cli
from tests.support.projects import copy_project

# Before, a thread is not refused, but what it does is.
_REPORTS_THREADS = sys.version_info >= (3, 12)
PLAIN = compile("1", "<test>", "eval")


_NOTHING = Unknown("no migrations here")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.getpid, ()


# Nothing of it does harm, should the wall not hold; files are in the test's own folder.
DEEDS: dict[str, Callable[[], object]] = {
    "system": lambda: os.system("true"),
    "popen": lambda: os.popen("true").close(),
    "subprocess": lambda: subprocess.run(["true"], check=False),
    "exec": lambda: os.execv("/nonexistent", ["x"]),
    "spawn": lambda: os.spawnv(os.P_WAIT, "/nonexistent", ["x"]),
    "posix_spawn": lambda: os.posix_spawn("/nonexistent", ["x"], {}),
    "fork": _fork,
    "pty": lambda: pty.spawn(["true"]),
    "kill": lambda: os.kill(os.getpid(), 0),
    "signal": lambda: signal.pthread_kill(threading.get_ident(), 0),
    **({"thread": threading.Thread(target=int).start} if _REPORTS_THREADS else {}),
    "socket": lambda: socket.socket().close(),
    "look-up of a host": lambda: socket.getaddrinfo("localhost", 80),
    "ctypes": lambda: importlib.import_module("ctypes").CDLL(None),
    "write": lambda: Path("written").write_text("x"),
    "append": lambda: open("there", "a").close(),
    "open for writing": lambda: os.close(os.open("there", os.O_RDWR)),
    "touch": lambda: Path("written").touch(),
    "temporary file": lambda: tempfile.mkdtemp(dir="."),
    "remove": lambda: os.remove("there"),
    "rename": lambda: os.rename("there", "written"),
    "truncate": lambda: os.truncate("there", 0),
    "mkdir": lambda: os.mkdir("written"),
    "rmdir": lambda: os.rmdir("folder"),
    "chmod": lambda: os.chmod("there", 0o600),
    "link": lambda: os.link("there", "written"),
    "symlink": lambda: os.symlink("there", "written"),
    "utime": lambda: os.utime("there", (0, 0)),
    "chdir": lambda: os.chdir("folder"),
    "environment": lambda: os.environ.update(WRITTEN="x"),
    "copy": lambda: shutil.copyfile("there", "written"),
    "rmtree": lambda: shutil.rmtree("folder"),
    "sqlite": lambda: sqlite3.connect(":memory:").close(),
    "browser": lambda: webbrowser.get("true %s").open("nowhere"),
    "exec of text": lambda: exec("x = 1"),
    "eval of text": lambda: eval("1"),
    "eval of code": lambda: eval(PLAIN),
    "compile": lambda: compile("1", "x", "eval"),
    "make code": lambda: PLAIN.replace(co_name="x"),
    "make a function": lambda: types.FunctionType(PLAIN, {}),
    "marshal": lambda: marshal.loads(marshal.dumps(PLAIN)),
    "pickle": lambda: pickle.loads(pickle.dumps(_Evil())),
    "import by a call": lambda: importlib.import_module("antigravity"),
    "import by another call": lambda: __import__("this"),
    "import of what is not ours": lambda: importlib.import_module("stranger"),
    "all objects": gc.get_objects,
    "input": builtins.input,
    "an open door": lambda: trusted().__enter__(),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("there").write_text("as it was")
    Path("stranger.py").write_text("from pathlib import Path\nPath('there').unlink()")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("this", "antigravity", "ctypes"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def _contents(folder: Path) -> dict[str, str | None]:
    return {p.name: p.read_text() if p.is_file() else None for p in folder.iterdir()}


@pytest.mark.parametrize("name", DEEDS)
def test_what_acts_is_refused(name: str, folder: Path) -> None:
    before = _contents(folder)
    with pytest.raises(Escape, match="tried to"), confined():
        DEEDS[name]()
    assert _contents(folder) == before


@pytest.mark.parametrize("name", ["system", "remove", "exec of text", "import by a call"])
def test_a_refusal_that_is_swallowed_ends_the_run_all_the_same(name: str) -> None:
    def swallow() -> None:
        with contextlib.suppress(BaseException):
            DEEDS[name]()

    with pytest.raises(Escape), confined():
        swallow()
    with pytest.raises(Escape), confined():
        with contextlib.suppress(BaseException), confined():
            swallow()
        check()
    with confined():  # and it is over then
        check()


def test_an_error_after_a_refusal_does_not_hide_it() -> None:
    with pytest.raises(Escape), confined():
        with contextlib.suppress(BaseException):
            os.remove("there")
        raise ValueError


def test_a_thread_that_was_there_before_is_confined_too() -> None:
    begin, ended = threading.Event(), threading.Event()

    def act() -> None:
        begin.wait(10)
        with contextlib.suppress(BaseException):
            os.remove("there")
        ended.set()

    thread = threading.Thread(target=act)
    thread.start()
    with pytest.raises(Escape, match="change the system"), confined():
        begin.set()
        ended.wait(10)
    thread.join()
    assert Path("there").exists()


def _swallowed_removal() -> None:
    with contextlib.suppress(BaseException):
        os.remove("there")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no second process")
@pytest.mark.parametrize(
    ("deed", "answers"),
    [(int, True), (lambda: os.remove("there"), False), (_swallowed_removal, False)],
)
def test_the_second_process_is_confined_too(deed: Callable[[], object], *, answers: bool) -> None:
    def work() -> Replayed:
        deed()
        return replay_apps(MigrationReader({}, lambda *_: _NOTHING), [])

    with confined():
        assert (Worker(work).take() is not None) is answers
    assert Path("there").exists()


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("class C: pass\nC.__module__ = 'x'\na = C.__module__", "x"),
        ("class C: pass\nC.__name__ = 'D'\na = C.__name__", "D"),
        ("class C: pass\nC.__qualname__ = 'D.E'\na = 1", 1),
        ("def f(): pass\nf.__module__ = 'x'\na = f.__module__", "x"),
        ("def f(x=1): pass\nf.__defaults__ = (2,)\na = 1", 1),
        ("def f(): pass\nf.__kwdefaults__ = {}\na = 1", 1),
    ],
)
def test_names_of_functions_and_classes_may_be_set(
    source: str, value: object, tmp_path: Path
) -> None:
    assert execute(tmp_path / "code", source).scope.names["a"] == value


@pytest.mark.parametrize(
    "expression", ["f.__code__", "f.__code__.co_varnames", "g().gi_frame", "f.__globals__"]
)
def test_what_leads_to_code_is_not_known_and_ends_no_run(expression: str, tmp_path: Path) -> None:
    source = f"def f(): pass\ndef g(): yield 1\na = {expression}\nb = 1"
    names = execute(tmp_path / "code", source).scope.names
    assert isinstance(names["a"], Unknown)
    assert "is not evaluated" in names["a"].reason
    assert names["b"] == 1


def test_reading_is_not_refused(folder: Path) -> None:
    with confined():
        assert Path("there").read_text() == "as it was"
        assert sorted(os.listdir(folder)) == ["folder", "stranger.py", "there"]
        assert ast.parse("a = 1").body
        made = dataclasses.make_dataclass("Made", [("open", int)], frozen=True)
        assert repr(made(1)).endswith("Made(open=1)")


@pytest.mark.parametrize(
    "annotation",
    [
        "x:{__import__('os').getpid()}",
        "x:{().__class__.__base__.__subclasses__()}",
        "x:{open('there').read()}",
        "x:{eval('1')}",
    ],
)
def test_a_field_that_is_no_name_is_not_run(annotation: str) -> None:
    with pytest.raises(Escape, match="run code made from text"), confined():
        made: Any = type("C", (), {"__annotations__": {annotation: int}})
        repr(dataclasses.dataclass(init=False, eq=False)(made)())


LIBRARIES = """
import sys
before = set(sys.modules)
from pgtrigger_codegen.confinement.wall import confined
with confined():
    import libcst, psycopg, rich.console, rich.progress, pgparse, click, sqlparse, json.tool
    import django.db.models, django.contrib.postgres.fields, pgtrigger, pghistory
    import importlib
    importlib.import_module("django.db.migrations")
    importlib.import_module("fractions")
print(len(set(sys.modules) - before))
"""


def test_libraries_are_imported_as_ever(tmp_path: Path) -> None:
    """Their compiled modules are written as ever, too."""
    compiled = tmp_path / "compiled"
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    result = subprocess.run(
        [sys.executable, "-c", LIBRARIES],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    assert int(result.stdout) > 300
    assert len(list(compiled.rglob("*.pyc"))) > 300


def test_doors_are_in_functions_that_there_are() -> None:
    root = Path(pgtrigger_codegen.__file__).parent
    for file, name in DOORS:
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        body = next(ast.unparse(node) for node in functions if node.name == name)
        assert "trusted()" in body, f"{file}: {name}"


@pytest.fixture
def broken_first_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The evaluator calls whatever interpreted code names in some modules."""
    monkeypatch.setattr(lookup, "LIBRARY", lookup.Library())
    builtins_ = " ".join(lookup.LIBRARY.modules["builtins"].calls)
    lookup.admit(
        ("runpy", "shutil", "subprocess", "tempfile", "threading"),
        {
            "runpy": "run_path",
            "shutil": "rmtree",
            "subprocess": "call",
            "tempfile": "mkdtemp",
            "threading": "Thread",
            "builtins": f"{builtins_} compile eval exec",
        },
        {"Path": "unlink touch", "Thread": "join start"},
    )


BREAKS = {
    "a call": "import subprocess\na = subprocess.call(['touch', 'written'])",
    "in a try": "import shutil\ntry:\n    shutil.rmtree('folder')\nexcept BaseException:\n    a = 1",
    "in a bare try": "import tempfile\ntry:\n    tempfile.mkdtemp('', '', '.')\nexcept:\n    a = 1",
    "in a finally": "import shutil\ndef f():\n    try: shutil.rmtree('folder')\n    finally: return 1\na = f()",
    "in a function": "import shutil\ndef f(x): return shutil.rmtree('folder')\na = list(map(f, [1]))",
    "in a key": "import shutil\na = sorted([1, 2], key=lambda x: shutil.rmtree('folder'))",
    "in a method": "import shutil\nclass C:\n    def __str__(self): return str(shutil.rmtree('folder'))\na = f'{C()}'",
    "by a real function": "import shutil\na = list(map(shutil.rmtree, ['folder']))",
    "by a path": "import pathlib\na = pathlib.Path('there').unlink()",
    "by a thread": "import shutil, threading\na = threading.Thread(None, shutil.rmtree, None, ['folder'])\na.start(), a.join()",
    "by eval": 'a = eval(\'__import__("os").remove("there")\')',
    "by exec": "a = exec('import os; os.remove(\"there\")')",
    "by compile": "a = compile('1', 'x', 'eval')",
    "by running a file": "import runpy\na = runpy.run_path('stranger.py')",
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.usefixtures("broken_first_wall")
@pytest.mark.parametrize("name", BREAKS)
def test_the_second_wall_holds_when_the_first_breaks(name: str, folder: Path) -> None:
    (folder / "code").mkdir()
    before = _contents(folder)
    with pytest.raises(Escape) as caught:
        execute(folder / "code", BREAKS[name])
    assert str(caught.value).startswith("internal error: the code at ")
    assert "main.py:" in str(caught.value)
    assert _contents(folder) == before


@pytest.mark.usefixtures("broken_first_wall")
@pytest.mark.parametrize(
    "command", [("show",), ("lint",), ("lint", "--exit-zero"), ("makemigrations", "--check")]
)
def test_a_refusal_ends_the_command(command: tuple[str, ...], tmp_path: Path) -> None:
    project = copy_project("shop", tmp_path / "projects")
    models = project / "shop" / "catalog" / "models.py"
    models.write_text(
        "import shutil\ntry:\n    shutil.rmtree('folder')\nexcept BaseException:\n    pass\n"
        + models.read_text()
    )
    outcome = run_cli(project, *command)
    assert outcome.exit_code == 2
    assert "internal error: the code at " in outcome.stderr
    assert "models.py:2 tried to change files (shutil.rmtree: 'folder')" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert Path("folder").exists()
