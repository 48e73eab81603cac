"""The data exchanged between processes and runs: replayed migrations, and answers about SQL.

Facts alone: no operation, and nothing of Django's or of django-pgtrigger's. Whoever needs an
operation reads its migration again, which happens only where something is to be written.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.incremental.codec import Codec, DecodingError, EncodingError
from pgtrigger_codegen.incremental.codec_types import evaluated_annotations
from pgtrigger_codegen.migrations.planning.history import Replayed
from pgtrigger_codegen.migrations.reading.graph import (
    MigrationGraph,
    MissingDependency,
    Unreadable,
)
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import MigrationState
from pgtrigger_codegen.migrations.watching.operation_facts import OperationFacts
from pgtrigger_codegen.source.reads import Reads
from pgtrigger_codegen.sql.remembered import Answers, Remembered


class _History(Struct, frozen=True):
    parents: Mapping[Key, tuple[Key, ...]]
    replaced: Mapping[Key, Key]
    missing: tuple[MissingDependency, ...]
    unreadable: tuple[Unreadable, ...]
    state: MigrationState
    operations: OperationFacts | None


def encode_history(replayed: Replayed) -> bytes:
    """Replayed migrations without their operations.

    Raises:
        EncodingError: Something in it is no plain fact.
    """
    graph, state = replayed.graph, replayed.state
    history = _History(
        graph.parents,
        graph.replaced,
        graph.missing,
        _plain(graph.unreadable),
        replace(state, unreadable=_plain(state.unreadable)),
        replayed.operations,
    )
    return history_codec().encode(history)


def decode_history(data: bytes) -> Replayed:
    """Replayed migrations; the graph has no migrations.

    Raises:
        DecodingError: The data is not what `encode_history` gives.
    """
    known = history_codec().decode(data)
    graph = MigrationGraph({}, known.parents, known.replaced, known.missing, known.unreadable)
    return Replayed(graph, known.state, known.operations)


@functools.cache
def history_codec() -> Codec:
    """For replayed migrations."""
    return Codec(_History)


def encode_reads(read: Reads) -> bytes:
    """What a process has read, as one line."""
    parts = [read.files, sorted(read.folders), read.effect, sorted(read.overlaid)]
    return json.dumps(parts).encode()


def decode_reads(line: bytes) -> Reads:
    """What a process has read; our own child's word."""
    files, folders, effect, overlaid = json.loads(line)
    stamps = {path: None if stamp is None else tuple(stamp) for path, stamp in files.items()}
    return Reads(stamps, set(folders), effect, set(overlaid))


def encode_answers(functions: Iterable[Remembered[..., Any]], answers: Answers) -> bytes:
    """Answers about SQL, by the names of the functions that gave them.

    Raises:
        EncodingError: Some answer is no plain fact.
    """
    parts = []
    for function in functions:
        given = answers.get(function.name)
        if given:
            parts.append((function.name, _answers_codec(function).encode(dict(given)).decode()))
    return json.dumps(parts).encode()


def decode_answers(functions: Iterable[Remembered[..., Any]], data: bytes) -> Answers:
    """The answers.

    Raises:
        DecodingError: The data is not what `encode_answers` gives.
    """
    by_name = {function.name: function for function in functions}
    try:
        return {
            name: _answers_codec(by_name[name]).decode(text.encode())
            for name, text in json.loads(data)
            if name in by_name
        }
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        raise DecodingError(str(error)) from error


@functools.cache
def _answers_codec(function: Remembered[..., Any]) -> Codec:
    """From the annotations: the arguments are the key, and what is returned is the value."""
    *arguments, answer = evaluated_annotations(function.__wrapped__).values()
    return Codec(Mapping[tuple[tuple(arguments)], answer])  # type: ignore[misc]


def _plain(unreadable: Sequence[Unreadable]) -> tuple[Unreadable, ...]:
    """Why something cannot be read, in words alone: what defeats us may hold real exceptions."""
    return tuple(
        replace(one, unknown=Unknown(one.unknown.reason, one.unknown.span, one.unknown.notes))
        for one in unreadable
    )


__all__ = [
    "DecodingError",
    "EncodingError",
    "decode_answers",
    "decode_history",
    "decode_reads",
    "encode_answers",
    "encode_history",
    "encode_reads",
    "history_codec",
]
