"""What a provider is given of the project's values."""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.providers.conversion import ProvidedValues
from tests.evaluator.code import execute


def test_classes_of_the_projects_are_real_ones_to_a_library(tmp_path: Path) -> None:
    source = """
class A:
    column = "name"
class B(A): pass
b = B()
"""
    ran = execute(tmp_path, source)
    values = object.__new__(ProvidedValues)  # models alone need the project

    given, (same,), b = (values.inward(value) for value in (ran["A"], [ran["A"]], ran["b"]))

    assert isinstance(given, type)
    assert given is same
    assert given.column == type(b).column == "name"
    assert isinstance(b, given)
