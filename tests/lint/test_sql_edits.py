"""Changes of SQL find their way into whatever literals the SQL stands in."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.lint.fixes.sql_edits import sql_edits
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.migrations.watching.recreations import Replacement
from pgtrigger_codegen.source.module import parse_module

SCRIPT = "DROP TRIGGER é ON t;\nCREATE TRIGGER é\n\tBEFORE DELETE ON \"t\" 'it''s \\ ';\n"
DROP, REPLACE = Replacement(0, 21, ""), Replacement(27, 27, " OR REPLACE")
AFTER = SCRIPT[21:27] + " OR REPLACE" + SCRIPT[27:]


def edited(source: str, script: str, changes: Sequence[Replacement]) -> str | None:
    """The source with the changes; the operation is the last statement's value."""
    module = parse_module("m", Path("/m.py"), source.replace("\r\n", "\n"))
    operation = module.tree.body[-1]
    assert isinstance(operation, ast.Expr)
    edits = sql_edits(module, operation.value, script, changes)
    return None if edits is None else SourceText(source).apply(edits).text


def value(source: str) -> str:
    """The first argument of the last statement's call."""
    operation = ast.parse(source).body[-1]
    assert isinstance(operation, ast.Expr)
    assert isinstance(operation.value, ast.Call)
    text = ast.literal_eval(operation.value.args[0])
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize(
    "source",
    [
        f"RunSQL({SCRIPT!r})",
        f"RunSQL(\n    {SCRIPT!r},  # why\n    hints={{}},\n)",
        'RunSQL("""' + SCRIPT.replace("\\", "\\\\") + '""")',
        'RunSQL("""\\\n' + SCRIPT.replace("\\", "\\\\") + '""", "back")',
        'RunSQL(r"""' + SCRIPT + '""")',
        'RunSQL(\r\n    """' + SCRIPT.replace("\\", "\\\\").replace("\n", "\r\n") + '"""\r\n)',
        f"RunSQL(({SCRIPT[:9]!r}\n    {SCRIPT[9:24]!r}  # a part\n    {SCRIPT[24:]!r}))",
        f"if x: pass\nRunSQL({SCRIPT!r}); RunSQL({SCRIPT!r})",
        "\N{BYTE ORDER MARK}"[1:] + f"'ä'; RunSQL({SCRIPT!r})",
    ],
)
def test_literals(source: str) -> None:
    after = edited(source, SCRIPT, [DROP, REPLACE])

    assert after is not None
    assert value(after) == AFTER
    assert after.count("\r\n") in (0, source.count("\r\n") - 1)


@given(st.lists(st.integers(0, len(SCRIPT)), max_size=4), st.booleans())
def test_literals_in_pieces(cuts: list[int], is_parenthesised: bool) -> None:
    places = sorted({0, len(SCRIPT), *cuts})
    pieces = [repr(SCRIPT[a:b]) for a, b in itertools.pairwise(places)]
    between = "  # é\n    "
    source = f"RunSQL(\n    {between.join(pieces)}\n)"
    if is_parenthesised:
        source = f"RunSQL(({' '.join(pieces)}))"

    after = edited(source, SCRIPT, [DROP, REPLACE])

    assert after is not None
    assert value(after) == AFTER


@pytest.mark.parametrize("space", ["    ", "\t"])
def test_a_literal_without_its_indentation(space: str) -> None:
    script = "DROP\n\nCREATE x\n  ON t\n"
    lines = ["DROP", "", "CREATE x", "  ON t"]
    literal = "".join(f"{space}{line}\n" if line else "\n" for line in lines)
    source = f'RunSQL(dedent("""\n{literal}{space}""").lstrip())'

    after = edited(source, script, [Replacement(0, 6, ""), Replacement(12, 12, " OR REPLACE")])

    left = f"{space}CREATE OR REPLACE x\n{space}  ON t\n"
    assert after == f'RunSQL(dedent("""\n{left}{space}""").lstrip())'


def test_a_constant_of_the_module() -> None:
    source = f"SQL = {SCRIPT!r}\nOTHER = {SCRIPT!r}\nRunSQL(SQL)\n"

    after = edited(source, SCRIPT, [REPLACE])

    assert after is not None
    assert after.count("OR REPLACE") == 1
    assert after.index("OR REPLACE") < after.index("OTHER")


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ('["DROP", "b"]', '["b"]'),
        ('["a", "DROP"]', '["a"]'),
        ('[\n    "a",\n    "DROP",\n]', '[\n    "a",\n]'),
        ('[\n    "DROP",  # gone\n    "b",\n]', '[\n    "b",\n]'),
        ('("a", "DROP", "b")', '("a", "b")'),
        ('[("DROP", None), ("b", None)]', '[("b", None)]'),
        ('[("a", None), ("DROP", None),]', '[("a", None),]'),
        ('[("DROP", None)]', '[("", None)]'),
        ('["DROP"]', '[""]'),
    ],
)
def test_a_statement_of_a_list(listed: str, left: str) -> None:
    assert edited(f"RunSQL({listed})", "DROP", [Replacement(0, 4, "")]) == f"RunSQL({left})"


@pytest.mark.parametrize(
    "source",
    [
        f"RunSQL(transformed({SCRIPT + 'x'!r}))",
        f"RunSQL({SCRIPT!r}, {SCRIPT!r})",
        f"RunSQL(f'{{x}}' {SCRIPT!r})",
        "RunSQL(sql())",
    ],
)
def test_where_it_is_not_found_for_certain(source: str) -> None:
    assert edited(source, SCRIPT, [DROP]) is None
