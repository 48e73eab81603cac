"""Annotations are evaluated only where Python evaluates them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluator.code import execute

_FUTURE = "from __future__ import annotations\n"
_TEXT = "a = str(A(1))\n"


def test_classes_that_name_each_other_in_annotations_are_read(tmp_path: Path) -> None:
    """Each class would otherwise be made before the one that names it, until the stack is full."""
    classes = [f"class C{i}:\n    x: C{(i + 1) % 500}\n    y = {i}\n" for i in range(500)]

    asked = "a = C0.y, C499.y, C0.__annotations__['x']"

    ours = execute(tmp_path, _FUTURE + "".join(classes) + asked)

    assert ours["a"] == (0, 499, "C1")


def test_a_name_that_is_not_there_does_no_harm(tmp_path: Path) -> None:
    ours = execute(tmp_path, _FUTURE + "class A:\n    x: Nothing[1 / 0]\n    y = 1\na = A.y")

    assert ours["a"] == 1


@pytest.mark.parametrize(
    "source",
    [
        "from typing import ClassVar\nclass A:\n    x: int\n    y: ClassVar[int] = 1\n",
        "from typing import ClassVar as Shared\nclass A:\n    x: int\n    y: Shared = 1\n",
        "import typing\nclass A:\n    x: int\n    y: typing.ClassVar[int] = 1\n",
        "import typing as t\nclass A:\n    x: int\n    y: t.ClassVar = 1\n",
        "class A:\n    x: int\n    y: InitVar[int] = 1\n",
        "import dataclasses as d\nclass A:\n    x: int\n    y: d.InitVar[int] = 1\n",
    ],
)
@pytest.mark.parametrize("future", ["", _FUTURE])
def test_what_is_no_field_of_a_data_class_is_none(source: str, future: str, tmp_path: Path) -> None:
    source = source.replace("class A", "@dataclass\nclass A")
    start = f"{future}from dataclasses import InitVar, dataclass\n"

    assert execute(tmp_path, start + source + _TEXT)["a"] == "A(x=1)"


@pytest.mark.parametrize("future", ["", _FUTURE])
def test_fields_by_keyword_only(future: str, tmp_path: Path) -> None:
    source = (
        f"{future}from dataclasses import KW_ONLY, dataclass\n"
        "@dataclass\nclass A:\n    x: int\n    _: KW_ONLY\n    y: int = 2\n"
        "a = A.__match_args__, str(A(1, y=3))\n"
    )

    assert execute(tmp_path, source)["a"] == (("x",), "A(x=1, y=3)")


@pytest.mark.parametrize("text", ["ClassVar[int]", "typing.ClassVar", "Shared"])
def test_a_name_of_the_projects_own_makes_a_field(text: str, tmp_path: Path) -> None:
    source = (
        "from dataclasses import dataclass\nclass ClassVar:\n    pass\nShared = typing = ClassVar\n"
        f"@dataclass\nclass A:\n    y: {text} = 1\n"
    )

    assert execute(tmp_path, _FUTURE + source + _TEXT)["a"] == "A(y=1)"
