"""Pieces of work that do not depend on each other, done by this process and a fork of it.

Each takes the next piece as it has done one. What the fork finds comes back as plain facts; where
it fails, for whatever reason, its pieces are done in this process.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from pgtrigger_codegen.incremental import worker
from pgtrigger_codegen.incremental.facts import (
    DecodingError,
    decode_answers,
    decode_reads,
    encode_answers,
    encode_reads,
)
from pgtrigger_codegen.source import edited, module, reads
from pgtrigger_codegen.sql.remembered import BOOK

T = TypeVar("T")

WORTH_IT = 100
"""Triggers from which on a second process gains more time than starting it takes."""
_MOST_PIECES = 255  # whose numbers are a byte each


class _Done(Struct, frozen=True):
    """What the fork has done.

    Attributes:
        results: By the number of the piece, encoded.
        read, answers: What it has read, and found out about SQL, encoded.
        parsed: Files that it has parsed.
    """

    results: dict[int, bytes]
    read: bytes
    answers: bytes
    parsed: list[str]


# Made as this is imported: to read annotations is nothing that the wall admits.
_DECODER = msgspec.msgpack.Decoder(_Done)


def share(
    work: Sequence[Callable[[], T]],
    decode: Callable[[bytes], T],
    size: int,
    worth_it: int | None = None,
) -> list[T]:
    """Does all pieces, and gives their results in order.

    Args:
        decode: Reads a result that msgspec has written as MessagePack.
        size: How many triggers the work is about.
        worth_it: The least number of triggers, unless it is `WORTH_IT`.
    """
    if (
        size < (WORTH_IT if worth_it is None else worth_it)
        or not 1 < len(work) <= _MOST_PIECES
        or not hasattr(os, "fork")
        or (os.cpu_count() or 1) < 2
        # Both processes would stand, and the one that goes on would wait for the other.
        or edited.is_awaited()
    ):
        return [do() for do in work]
    numbers, given = os.pipe()
    os.write(given, bytes(range(len(work))))
    os.close(given)
    process, pipe = worker.fork(lambda: _done(work, numbers))
    try:
        found = dict(_taken(work, numbers))
        data = worker.read_all(pipe)
    except BaseException:
        os.close(pipe)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        raise
    finally:
        os.close(numbers)
        os.waitpid(process, 0)
    found.update(_received(data, decode))
    return [found[number] if number in found else do() for number, do in enumerate(work)]


def _taken(work: Sequence[Callable[[], T]], numbers: int) -> Iterator[tuple[int, T]]:
    """The results of the pieces that this process takes."""
    while number := os.read(numbers, 1):
        yield number[0], work[number[0]]()


def _done(work: Sequence[Callable[[], Any]], numbers: int) -> bytes:
    """What the fork does."""
    before = {function.name: len(function.new) for function in BOOK.functions}
    parsed = set(module.parsed_anew)
    with reads.recorded() if reads.current() is not None else contextlib.nullcontext() as read:
        results = {
            number: msgspec.msgpack.encode(result) for number, result in _taken(work, numbers)
        }
    answers = {
        function.name: dict(islice(function.new.items(), before[function.name], None))
        for function in BOOK.functions
    }
    done = _Done(
        results,
        b"" if read is None else encode_reads(read),
        encode_answers(BOOK.functions, answers),
        sorted(map(str, module.parsed_anew - parsed)),
    )
    return msgspec.msgpack.encode(done)


def _received(data: bytes, decode: Callable[[bytes], T]) -> Mapping[int, T]:
    if not data:
        return {}
    try:
        done = _DECODER.decode(data)
        answers = decode_answers(BOOK.functions, done.answers)
        results = {number: decode(result) for number, result in done.results.items()}
    except (DecodingError, msgspec.DecodeError):
        return {}
    BOOK.take_in(answers)
    module.parsed_anew.update(map(Path, done.parsed))
    if done.read and (here := reads.current()) is not None:
        here.merge(decode_reads(done.read))
    return results
