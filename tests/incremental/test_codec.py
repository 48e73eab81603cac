"""Facts survive; data that is not what was written gives an error, and never anything else."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec import Struct

from pgtrigger_codegen.incremental.codec import Codec, DecodingError, EncodingError
from pgtrigger_codegen.incremental.facts import (
    decode_answers,
    decode_history,
    encode_answers,
    encode_history,
    history_codec,
)
from pgtrigger_codegen.migrations.planning.history import Replayed, replay_apps
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.remembered import BOOK, Answers
from tests.migrations.builders import LiteralReader, add_trigger, create_model, migration, trigger


class Leaf(Struct, frozen=True):
    name: str
    size: int | None = None


class Tree(Struct, frozen=True):
    kind: Literal["a", "b"]
    table: QualifiedName
    leaves: tuple[Leaf, ...]
    by_key: Mapping[tuple[str, str], Sequence[int]]
    either: Leaf | Span | str | None
    names: frozenset[str]
    more: tuple[Tree, ...] = ()


CODEC = Codec(Tree)
LEAF = Leaf("x", 1)
TREE = Tree(
    "a",
    QualifiedName(None, "t"),
    (LEAF, Leaf("é\ud800\0", None), LEAF),
    {("a", "b"): (1, 2), ("a", "c"): ()},
    Span("/a.py", 1, 2, 3, 4),
    frozenset({"x", "y"}),
    (Tree("b", QualifiedName("s", "t"), (), {}, "text", frozenset()),),
)


def test_facts_come_back_as_they_were() -> None:
    assert CODEC.decode(CODEC.encode(TREE)) == TREE
    again = CODEC.decode(CODEC.encode(TREE))
    assert again.leaves[0] is again.leaves[2]
    assert type(again.table) is QualifiedName


@pytest.mark.parametrize(
    "leaf", [Leaf("x", 10**30), Leaf("\ud800"), Leaf("\U0001f600 é", -(2**63))]
)
def test_what_a_quick_reader_of_json_refuses_comes_back_too(leaf: Leaf) -> None:
    codec = Codec(tuple[Leaf, ...])
    assert codec.decode(codec.encode((leaf, LEAF))) == (leaf, LEAF)


def test_the_same_facts_are_the_same_bytes() -> None:
    assert CODEC.encode(TREE) == CODEC.encode(CODEC.decode(CODEC.encode(TREE)))


def test_no_other_class_travels() -> None:
    assert CODEC.classes == {Tree, Leaf, Span, QualifiedName}


@pytest.mark.parametrize("annotation", [Any, object, Path, list, type, Literal[1], complex])
def test_types_that_may_hold_anything_do_not_travel(annotation: Any) -> None:
    with pytest.raises(TypeError, match="does not travel"):
        Codec(tuple[annotation, int])


class Busy(Struct):
    name: str

    def __post_init__(self) -> None:
        raise AssertionError


def test_a_class_that_does_something_when_it_is_made_does_not_travel() -> None:
    with pytest.raises(TypeError, match="more than its fields"):
        Codec(Busy)


class Text(str):
    """Not quite a text."""

    __slots__ = ()


@pytest.mark.parametrize(
    "leaf",
    [Leaf(Text("a")), Leaf("a", True), Leaf(1), "leaf", None, Leaf("a", 1.5)],  # type: ignore[arg-type]
)
def test_a_value_of_another_type_is_not_written(leaf: Any) -> None:
    with pytest.raises(EncodingError):
        Codec(Leaf).encode(leaf)


WRONG = {
    "no JSON": b"{",
    "not in UTF-8": b'["\xff"]',
    "nested deeply": b"[" * 100_000,
    "a number": b"1",
    "no root": b"[[]]",
    "a number of no record": b"[[],0]",
    "a later record": b'[[[1,"x",null]],1]',
    "a negative number": b'[[[1,"x",null]],-1]',
    "a record of no class": b'[[[99,"x",null]],0]',
    "a class by its name": b'[[["Leaf","x",null]],0]',
    "an empty record": b"[[[]],0]",
    "a field less": b'[[[0,"x"]],0]',
    "a field more": b'[[[0,"x",null,1]],0]',
    "another type": b"[[[0,1,null]],0]",
    "a truth for a number": b'[[[0,"x",[0,true]]],0]',
    "no alternative": b'[[[0,"x",[7,1]]],0]',
    "no pair": b'[[[0,"x",[0]]],0]',
}


@pytest.mark.parametrize("what", WRONG)
def test_data_that_is_not_what_was_written_is_refused(what: str) -> None:
    with pytest.raises(DecodingError):
        Codec(Leaf).decode(WRONG[what])


def history() -> Replayed:
    files = {
        "shop": [
            migration("0001_initial", create_model()),
            migration("0002", add_trigger(trigger()), dependencies=[("shop", "0001_initial")]),
        ]
    }
    return replay_apps(LiteralReader(files), ["shop"])


def test_a_history_comes_back_as_it_was() -> None:
    replayed = history()
    again = decode_history(encode_history(replayed))
    assert (again.state, again.operations) == (replayed.state, replayed.operations)
    assert again.graph.parents == replayed.graph.parents
    assert again.graph.migrations == {}


def test_what_travels_is_a_closed_list() -> None:
    """A class more is a class that a damaged cache can make: look at it before you add it here."""
    modules = {cls.__module__.partition(".")[0] for cls in history_codec().classes}
    assert modules == {"pgtrigger_codegen"}
    assert {cls.__name__ for cls in history_codec().classes} == set(
        "AuthoringOperations AvoidableLock CascadingKey Contest Disturbance DroppedColumn"
        " DroppedTable FaultySql InstalledTrigger Irreversible LongLock MigrationState"
        " MissingDependency OperationFacts OrderFault QualifiedName ReasonStep Recreation"
        " RenamedColumn RenamedTable Renaming Replacement RetypedColumn SchemaChange Span Table"
        " TriggerDefinition TriggerParts Unknown Unreadable Writing _History".split()
    )


def test_answers_come_back_as_they_were() -> None:
    from pgtrigger_codegen.sql.usage import function_facts, statement_facts

    body = "CREATE FUNCTION f() RETURNS TRIGGER AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql"
    answers: Answers = {
        function_facts.name: {(body, frozenset({"old"})): function_facts(body)},
        statement_facts.name: {("no SQL",): statement_facts("no SQL")},
    }
    known = BOOK.functions
    assert decode_answers(known, encode_answers(known, answers)) == answers


def changed(data: Any, chance: random.Random) -> Any:
    """A copy of JSON with one value changed, at random depth."""
    if isinstance(data, list) and data and chance.random() < 0.9:
        index = chance.randrange(len(data))
        copy = [*data]
        copy[index] = changed(data[index], chance)
        return copy
    return chance.choice(
        [
            None,
            True,
            0,
            1,
            -1,
            7,
            10**30,
            1.5,
            "",
            "x",
            "builtins.eval",
            [],
            [0],
            [[]],
            {},
            {"a": 1},
        ]
    )


@pytest.mark.parametrize("seed", range(4))
def test_changed_facts_are_refused_or_are_facts(seed: int) -> None:
    """Even behind a valid signature: data cannot do more than be wrong."""
    chance = random.Random(seed)
    data = json.loads(encode_history(history()))
    for _ in range(250):
        forged = json.dumps(changed(data, chance)).encode()
        try:
            found = decode_history(forged)
        except DecodingError:
            continue
        assert decode_history(encode_history(found)).state == found.state
