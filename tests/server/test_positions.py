"""Columns of the protocol count code units, and ours code points."""

from __future__ import annotations

import pytest
from lsprotocol import types

from pgtrigger_codegen.server.positions import Positions
from pgtrigger_codegen.source.span import Span

LINES = ["a = 1", 'x = "é𝕏z"', ""]


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 11), ("utf-16", 8), ("utf-32", 7)])
def test_columns_are_counted_as_agreed(encoding: str, character: int) -> None:
    positions = Positions(LINES, encoding)

    assert positions.position(2, 8) == types.Position(1, character)
    assert positions.place(types.Position(1, character)) == (2, 8)


def test_a_place_within_a_character_is_the_next_character() -> None:
    assert Positions(LINES, "utf-16").place(types.Position(1, 7)) == (2, 8)


def test_a_span_becomes_a_range_that_does_not_end_before_it_begins() -> None:
    positions = Positions(LINES, "utf-16")

    assert positions.range(Span("/m.py", 1, 3, 2, 2)) == types.Range(
        types.Position(0, 2), types.Position(1, 1)
    )
    assert positions.range(Span("/m.py", 2, 4, 1, 1)) == types.Range(
        types.Position(1, 3), types.Position(1, 3)
    )


def test_past_the_end_is_the_end() -> None:
    positions = Positions(LINES, "utf-16")

    assert positions.position(1, 99) == types.Position(0, 5)
    assert positions.position(4, 1) == types.Position(3, 0)
    assert positions.position(9, 7) == types.Position(2, 0)
    assert positions.place(types.Position(0, 99)) == (1, 6)
    assert positions.place(types.Position(99, 3)) == (100, 1)
    assert Positions([], "utf-8").position(1, 5) == types.Position(0, 0)
