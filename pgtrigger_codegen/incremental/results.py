"""Results of whole commands: output and exit code.

A command that only reads gives the same result again when it is given the same arguments and reads
the same. Then nothing of Django, nor of this project's own stages, has to be loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.incremental import folder
from pgtrigger_codegen.incremental.inputs import VARIABLES, fingerprint, from_json, holds
from pgtrigger_codegen.source.paths import resolved
from pgtrigger_codegen.source.reads import Reads


class Result(Struct, frozen=True):
    """The output and exit code of a command.

    Attributes:
        output: Pieces of text in the order in which they were printed, each with the number of
            the stream: 1 for standard output, 2 for standard error.
    """

    exit_code: int
    output: tuple[tuple[int, bytes], ...]


class Question(Struct, frozen=True):
    """The inputs of a result besides files.

    Attributes:
        directory: The current folder.
        arguments: Those of the command line.
        streams: What is said about the standard streams: whether they are terminals, how wide.
    """

    directory: Path
    arguments: tuple[str, ...]
    streams: str
    environment: Mapping[str, str]

    @property
    def start(self) -> Path:
        """The folder that the project is looked for from."""
        for option, value in zip(self.arguments, self.arguments[1:], strict=False):
            if option == "-C":
                return resolved(self.directory / value)
        return self.directory

    @property
    def name(self) -> str:
        """The name of the file that holds the result."""
        variables = [(name, self.environment.get(name)) for name in VARIABLES]
        parts = [str(self.directory), list(self.arguments), self.streams, variables]
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def recall(question: Question) -> Result | None:
    """The result of an earlier run that would be the same now."""
    root = folder.find(question.start)
    data = folder.read(root, question.name) if root is not None else None
    if root is None or data is None:
        return None
    inputs, _, content = data.partition(b"\n")
    known = from_json(inputs)
    return _decoded(content) if known is not None and holds(known, root) else None


def remember(question: Question, result: Result, reads: Reads, root: Path) -> None:
    """Keeps a result for the next time."""
    if not start_is_inside(question.start, root):
        return
    inputs = fingerprint(reads, root)
    if inputs is not None:
        folder.write(root, question.name, inputs.to_json() + b"\n" + _encoded(result))


def _encoded(result: Result) -> bytes:
    output = [(stream, text.hex()) for stream, text in result.output]
    return json.dumps([result.exit_code, output]).encode()


def _decoded(content: bytes) -> Result | None:
    try:
        exit_code, output = json.loads(content)
        pieces = tuple((stream, bytes.fromhex(text)) for stream, text in output)
    except (RecursionError, TypeError, ValueError):
        return None
    numbers = (exit_code, *(stream for stream, _ in pieces))
    if not all(type(number) is int for number in numbers):
        return None
    return Result(exit_code, pieces)


def start_is_inside(start: Path, root: Path) -> bool:
    """Whether looking for the cache from where a command is called leads to that of the root."""
    return start == root or root in start.parents
