"""The messages between the process that speaks with the editor and the one that reads projects.

Each is a MessagePack document behind its length (8 bytes, the most significant first). Paths are
absolute, with symbolic links followed; places are spans, which count code points.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Edit
from pgtrigger_codegen.source.span import Span


class Check(Struct, frozen=True, tag=True):
    """Asks for the findings of a project.

    Attributes:
        number: Of the question; the answer bears it too.
        folder: As for `-C`.
        settings: As for `--settings`.
        unsaved: The texts that stand for files on disk, by path.
        open_files: Files of which the editor wants to know more than findings.
        edited: The file that was changed last, and so may well be changed next.
    """

    number: int
    folder: str
    settings: str | None
    unsaved: Mapping[str, bytes]
    open_files: tuple[str, ...] = ()
    edited: str | None = None


class Plan(Struct, frozen=True, tag=True):
    """Asks for the migrations that are missing, as `makemigrations` would write them.

    Attributes:
        writes: Whether they are to be written here, since the editor cannot make files.
    """

    number: int
    folder: str
    settings: str | None
    unsaved: Mapping[str, bytes]
    writes: bool = False


class Cancel(Struct, frozen=True, tag=True):
    """Says that nobody waits for an answer any more."""

    number: int


Question = Check | Plan | Cancel


class Finding(Struct, frozen=True):
    """A finding, with what can be done about it in an open file.

    Attributes:
        url: Of the page of its rule.
        has_fix: Whether its fix may be applied: it is no sketch, and all files are the project's.
        ignore: What silences it.
        writes_migration: Whether a migration would settle it.
    """

    diagnostic: Diagnostic
    url: str
    has_fix: bool = False
    ignore: Edit | None = None
    writes_migration: bool = False


class TriggerFacts(Struct, frozen=True):
    """A trigger that is declared in an open file.

    Attributes:
        span: Of its declaration.
        pgid: Its name in the database.
        events: When it fires, in SQL.
        sql: What installs it, without the function that all triggers share.
        locks: For each lock that this takes: its name, table, and what waits.
        migration: The migration that installs it, as `app.name`; None where none does.
        migration_path: The file of that one.
        is_current: Whether that migration leaves it as it is declared.
    """

    uri: str
    span: Span
    pgid: str
    table: str
    migration_app: str
    events: str
    sql: str
    locks: tuple[tuple[str, str, str], ...] = ()
    migration: str | None = None
    migration_path: str | None = None
    is_current: bool = False


class Checked(Struct, frozen=True, tag=True):
    """What was found.

    Attributes:
        notices: What the user should know of how the project was read.
        crashes: Bugs of ours that were met on the way.
    """

    number: int
    root: str
    findings: tuple[Finding, ...]
    triggers: tuple[TriggerFacts, ...]
    notices: tuple[str, ...] = ()
    crashes: tuple[str, ...] = ()


class PlannedFile(Struct, frozen=True):
    """A file to write.

    Attributes:
        is_new: Whether there is none yet.
    """

    path: str
    content: str
    is_new: bool


class Planned(Struct, frozen=True, tag=True):
    """The missing migrations.

    Attributes:
        files: None where they have been written.
        written: Paths of what was written.
        summary: What they do, in lines.
        notes: What the user should know besides.
    """

    number: int
    files: tuple[PlannedFile, ...]
    written: tuple[str, ...]
    summary: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Failed(Struct, frozen=True, tag=True):
    """There is no answer, and why.

    Attributes:
        message: What is wrong, and what to do.
    """

    number: int
    message: str


class Ready(Struct, frozen=True, tag=True):
    """Says that questions can be asked.

    Attributes:
        pages: Markdown that explains each rule, by its code.
        codes: The codes of the rules by their names.
        marker: What comments that ignore findings have in common.
    """

    pages: Mapping[str, str]
    codes: Mapping[str, str]
    marker: str


Answer = Ready | Checked | Planned | Failed

_LENGTH = struct.Struct(">Q")


def framed(content: bytes) -> bytes:
    """A message as it goes through a pipe."""
    return _LENGTH.pack(len(content)) + content


class Frames:
    """The messages in what comes out of a pipe, in pieces of any size."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The messages that are complete with this piece."""
        self._rest += piece
        while len(self._rest) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._rest)
            end = _LENGTH.size + length
            if len(self._rest) < end:
                return
            content = bytes(self._rest[_LENGTH.size : end])
            del self._rest[:end]
            yield content


encode = msgspec.msgpack.Encoder().encode
decode_question = msgspec.msgpack.Decoder(Question).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode
