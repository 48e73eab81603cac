"""`include` of django-split-settings, and the same with Python's own `exec`."""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from tests.evaluator.code import execute

_MAIN = """
from split_settings.tools import include, optional

NAMES = ["main"]
include("base.py", optional("local.py"), optional(None), "parts/*.py")
LAST = NAMES
"""


def test_files_share_the_names_of_the_module(tmp_path: Path) -> None:
    files = {
        "base.py": "BASE = __file__\nNAMES += ['base']\nfrom other import VALUE",
        "parts/b.py": "NAMES.append('b')",
        "parts/a.py": "NAMES = [*NAMES, 'a']",
        "other.py": "VALUE = 1",
    }
    ours = execute(tmp_path, _MAIN, files=files)

    assert ours["LAST"] == ["main", "base", "a", "b"]
    assert ours["BASE"] == str(tmp_path / "main.py")
    assert ours["VALUE"] == 1


def test_an_optional_file_that_is_there_is_executed(tmp_path: Path) -> None:
    files = {"base.py": "", "parts/a.py": "", "local.py": "NAMES = ['local']"}

    assert execute(tmp_path, _MAIN, files=files)["LAST"] == ["local"]


def test_what_stops_python_makes_names_unknown(tmp_path: Path) -> None:
    assert execute(tmp_path, _MAIN, files={"parts/a.py": "X = 1"})["X"] is not None
    missing = execute(tmp_path, "from split_settings.tools import include\na = include('no.py')")
    assert isinstance(missing["a"], Unknown)
    assert "No such file: no.py" in missing["a"].reason


def test_names_of_files_that_cannot_be_read_are_not_denied(tmp_path: Path) -> None:
    source = "from split_settings.tools import include\n"
    broken = execute(tmp_path, source + "include('broken.py')", files={"broken.py": "X = = 1"})
    assert "does not parse" in _reason(broken["X"])
    unknown = execute(tmp_path, source + "include(input())")
    assert "`input`" in _reason(unknown["X"])
    elsewhere = execute(tmp_path, source + "a = include('b.py', scope={})", files={"b.py": ""})
    assert "into other names" in _reason(elsewhere["a"])
    maybe = execute(tmp_path, source + "if input():\n    include('b.py')")
    assert "`input`" in _reason(maybe["X"])


def _reason(value: object) -> str:
    assert isinstance(value, Unknown), value
    return value.reason
