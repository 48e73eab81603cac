"""Facts of bodies: whatever the text, reading it ends, and places lie in it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pgtrigger_codegen.sql.body import Body, BodyUnread, read_body
from pgtrigger_codegen.sql.body_error import BodyError
from pgtrigger_codegen.sql.body_facts import Dynamic, ReturnStatement, RowUse
from pgtrigger_codegen.sql.body_installed import read_installed_body
from pgtrigger_codegen.sql.body_reads import read_columns
from pgtrigger_codegen.sql.body_targets import tables_named, written_columns
from pgtrigger_codegen.sql.body_writes import writes
from pgtrigger_codegen.sql.names import QualifiedName, dollar_quote
from tests.lint.bodies import FOLDER, BodyCase, compiled, read_bodies

BODIES = read_bodies(sorted(FOLDER.glob("*.sql")))
PIECES = ("END IF;", "IF", "'", "$$", "(", ")", ";", "/*", "--", "NEW.", "CASE", "<<a>>", "ä", "\n")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BODIES), st.randoms(use_true_random=False), st.integers(1, 4))
def test_random_edits_are_read(body: BodyCase, chance: random.Random, edits: int) -> None:
    text = body.func
    for _ in range(edits):
        text = edited(text, chance)
    facts = read_body(replace(compiled(body).parts, func=text))

    assert isinstance(facts, Body | BodyError), facts
    found: list[BodyError | ReturnStatement | RowUse | Dynamic] = (
        [facts] if isinstance(facts, BodyError) else [*facts.returns, *facts.uses, *facts.dynamic]
    )
    for one in found:
        assert one.place is None or 0 <= one.place.start < one.place.end <= len(text)
        if isinstance(one, RowUse) and one.place is not None:
            assert text[one.place.start : one.place.end].upper().startswith(one.row)
    if isinstance(facts, Body):
        assert_statements_are_read(facts, text)


def assert_statements_are_read(body: Body, text: str) -> None:
    tables = {"some_rows": QualifiedName(None, "shop_order")}
    for query in body.queries:
        places = [one.place for one in written_columns(query)]
        places += [one.place for one in read_columns(query, body.variables, tables)]
        for place in places:
            assert place is None or 0 <= place.start < place.end <= len(text)
        assert all(table.name for table in tables_named(query))
    for write in writes(body):
        assert write.events <= set(body.definition.events)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(BODIES), st.randoms(use_true_random=False), st.integers(0, 3))
def test_random_edits_of_functions_are_read(
    body: BodyCase, chance: random.Random, edits: int
) -> None:
    source = f"{body.declare}\nBEGIN\n{body.func}\nEND;"
    for _ in range(edits):
        source = edited(source, chance)
    table = QualifiedName(None, "shop_order")
    trigger = (
        "CREATE TRIGGER t AFTER INSERT OR UPDATE ON shop_order FOR EACH ROW EXECUTE FUNCTION f()"
    )
    function = f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS {dollar_quote(source)}"

    found = read_installed_body(table, trigger, function)

    assert found is None or found.func in source
    assert edits or found is not None


def edited(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    end = min(len(text), start + chance.randrange(12))
    return chance.choice(
        (
            text[:start] + text[end:],
            text[:start] + chance.choice(PIECES) + text[start:],
            text[:start] + text[end:] + text[start:end],
            text[:start],
        )
    )


def test_places_of_what_is_read() -> None:
    body = next(one for one in BODIES if one.name == "a column of OLD in a query with INTO")
    facts = read_body(compiled(body).parts)

    assert isinstance(facts, Body)
    (use,) = facts.uses
    assert use.place is not None
    assert body.func[use.place.start : use.place.end] == "OLD.id"


def test_a_tree_of_an_unknown_shape_is_one_bodys_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the parser may give tomorrow must not end the run."""

    def parsed(_: str) -> dict[str, Any]:
        return {"action": {"PLpgSQL_stmt_block": {"body": [{"PLpgSQL_stmt_if": {}}]}}}

    monkeypatch.setattr("pgtrigger_codegen.sql.body.parse_function", parsed)
    body = replace(compiled(BODIES[0]).parts, func="-- of an unknown shape\nRETURN NEW;")

    facts = read_body(body)

    assert isinstance(facts, BodyUnread)
    assert "unknown shape (KeyError)" in facts.reason
