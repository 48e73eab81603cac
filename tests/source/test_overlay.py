from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.source.finder import ModuleFinder
from pgtrigger_codegen.source.module import read_module
from pgtrigger_codegen.source.overlay import overlaid, overlaid_names, read_bytes


def test_another_content_holds_inside_only(tmp_path: Path) -> None:
    path = tmp_path / "models.py"
    path.write_bytes(b"saved = 1\n")

    with overlaid({str(path): b"typed = 1\n"}):
        module = read_module("models", path, is_package=False, first_party=True)

    assert module.text == "typed = 1\n"
    assert read_bytes(path) == b"saved = 1\n"


def test_overlays_nest(tmp_path: Path) -> None:
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_bytes(b"")

    with overlaid({str(one): b"1", str(two): b"2"}):
        with overlaid({str(two): b"22"}):
            assert (read_bytes(one), read_bytes(two)) == (b"1", b"22")
        assert read_bytes(two) == b"2"


def test_a_file_that_is_not_saved_yet_is_found(tmp_path: Path) -> None:
    with overlaid({str(tmp_path / "new.py"): b""}):
        assert overlaid_names(str(tmp_path)) == {"new.py"}
        assert overlaid_names(str(tmp_path.parent)) == frozenset()
        location = ModuleFinder([tmp_path]).find("new")
    assert location is not None
    assert location.path == tmp_path / "new.py"
    assert overlaid_names(str(tmp_path)) == frozenset()


def test_it_ends_with_an_error_too(tmp_path: Path) -> None:
    path = tmp_path / "gone.py"
    with pytest.raises(ZeroDivisionError), overlaid({str(path): b""}):
        raise ZeroDivisionError

    with pytest.raises(FileNotFoundError):
        read_bytes(path)
