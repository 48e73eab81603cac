from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.lint.places.statements import Statements
from pgtrigger_codegen.source.module import parse_module

SOURCE = """\
import one

@register(
    1,
)
@other
class Order(
    Base,
):
    # about the first statement

    @property
    def total(self): return 1

    triggers = [
        1,
        2,
    ]

try:
    a = 1; b = (
        2)
except E:
    pass
match a:
    case 1:
        c = 3
async def f(
    x
): pass
"""


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (1, (1, 1)),
        (2, (2, 2)),
        (3, (3, 9)),
        (7, (3, 9)),
        (9, (3, 9)),
        (10, (10, 10)),
        (12, (12, 13)),
        (13, (12, 13)),
        (16, (15, 18)),
        (20, (20, 20)),
        (21, (21, 22)),
        (22, (21, 22)),
        (23, (23, 23)),
        (24, (24, 24)),
        (25, (25, 25)),
        (26, (26, 26)),
        (27, (27, 27)),
        (28, (28, 30)),
        (30, (28, 30)),
        (99, (99, 99)),
    ],
)
def test_lines_of_a_statement(line: int, lines: tuple[int, int]) -> None:
    found = Statements(parse_module("", Path("m.py"), SOURCE)).lines(line)

    assert (found.start, found.stop - 1) == lines


def test_a_file_that_does_not_parse_has_lines() -> None:
    assert Statements(None).lines(3) == range(3, 4)
