"""Facts survive; anything that would run code is refused."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.cache import pickles
from pgtrigger_codegen.migrations.watching.renamings import Renamings
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.names import QualifiedName


def test_facts_come_back_as_they_were() -> None:
    value = {
        "span": Span("/a.py", 1, 2, 3, 4),
        "table": QualifiedName("s", "t"),
        "set": frozenset({"x"}),
    }
    assert pickles.loads(pickles.dumps(value)) == value
    assert isinstance(pickles.loads(pickles.dumps(Renamings())), Renamings)


class Command:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("true",)


class Printed:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("run",)


class Forked:
    """A class of ours that does something when it is made."""

    def __reduce__(self) -> tuple[object, ...]:
        from pgtrigger_codegen.migrations.replaying.background import BackgroundHistory

        return BackgroundHistory, (None, None)


class Called:
    """A function of ours."""

    def __reduce__(self) -> tuple[object, ...]:
        from pgtrigger_codegen.cache.folder import remove

        return remove, (Path("/nowhere"),)


@pytest.mark.parametrize("value", [Command(), Printed(), Forked(), Called(), Path("/a"), print])
def test_what_is_more_than_data_is_refused(value: object) -> None:
    data = with_digest(pickle.dumps(value))
    with pytest.raises(pickle.UnpicklingError, match="is not data"):
        pickles.loads(data)


def with_digest(data: bytes) -> bytes:
    return pickles._digest(data) + data


def test_classes_of_ours_stay_as_they_are() -> None:
    # BUILD sets attributes of whatever is there, be it a class.
    name, cls = b"pgtrigger_codegen.sql.names", b"QualifiedName"
    text = b"".join(b"\x8c" + bytes([len(part)]) + part for part in (name, cls))
    data = b"\x80\x04" + text + b"\x93N}\x8c\x06schema\x8c\x01xs\x8c\x03newK\x01s\x86b."
    with pytest.raises(pickle.UnpicklingError, match="changes a class"):
        pickles.loads(with_digest(data))
    assert QualifiedName("s", "t").schema == "s"
    assert not hasattr(QualifiedName, "new")


def test_a_process_that_has_made_nothing_yet_can_read() -> None:
    """Records get their methods when the first is made, and that is then no forgery."""
    data = pickles.dumps([Span("/a.py", 1, 2, 3, 4), QualifiedName("s", "t")])
    script = (
        "import sys; from pgtrigger_codegen.cache import pickles;"
        "print(pickles.loads(sys.stdin.buffer.read()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], input=data, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr.decode()
    assert b"path='/a.py'" in result.stdout


@pytest.mark.parametrize("cut", [0, 5, 40])
def test_half_a_file_is_refused(cut: int) -> None:
    with pytest.raises(pickle.UnpicklingError, match="damaged"):
        pickles.loads(pickles.dumps([QualifiedName("s", "t")])[:cut])


def test_names_of_names_are_refused() -> None:
    # Protocol 4 looks up dotted names: `module.Class.method`.
    data = b"\x80\x04\x8c\x1cpgtrigger_codegen.cache.inputs\x94\x8c\x09os.system\x94\x93\x94."
    with pytest.raises((pickle.UnpicklingError, UnicodeDecodeError, EOFError)):
        pickles.loads(with_digest(data))
