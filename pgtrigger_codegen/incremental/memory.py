"""Data that a run keeps for the next one besides its result, so that an edit does not cost
everything.

Kept are the replayed migrations, with all that they were made from, and answers about SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.incremental import folder
from pgtrigger_codegen.incremental.facts import (
    DecodingError,
    EncodingError,
    decode_answers,
    decode_history,
    encode_answers,
)
from pgtrigger_codegen.incremental.inputs import (
    VARIABLES,
    Fingerprint,
    fingerprint,
    from_json,
    holds,
    tools,
)
from pgtrigger_codegen.migrations.planning.history import Replayed
from pgtrigger_codegen.source import reads
from pgtrigger_codegen.source.reads import Reads
from pgtrigger_codegen.sql.remembered import BOOK, Answers


class Memory(Struct):
    """The memory of one project, asked for the same settings.

    Attributes:
        settings: The settings module that was asked for, if any.
    """

    settings: str | None
    environment: Mapping[str, str]
    _kept: tuple[bytes, Reads] | None = None

    def history(self, root: Path) -> Replayed | None:
        """The replayed migrations, if nothing that they were replayed from has changed."""
        known, content = self.stored_history(root)
        if known is None:
            return None
        before = _stamps(known)
        if not holds(known, root):
            return None
        try:
            replayed = decode_history(content)
        except DecodingError:
            return None
        if (current := reads.current()) is not None:
            # What is used again was read, as far as the result of this run is concerned.
            current.merge(before)
        return replayed

    def stored_history(self, root: Path) -> tuple[Fingerprint | None, bytes]:
        """What the cache has of the migrations: what it was made from, and the facts, encoded."""
        data = folder.read(root, self._name("history"))
        inputs, _, content = (data or b"").partition(b"\n")
        return from_json(inputs), content

    def recall_sql(self, root: Path) -> None:
        """Lets questions about SQL be answered as in earlier runs."""
        BOOK.recall(lambda: self.sql(root))

    def sql(self, root: Path) -> Answers:
        """Answers of earlier runs, by the names of the functions that gave them."""
        data = folder.read(root, self._name("sql"))
        known, _, content = (data or b"").partition(b"\n")
        if known != tools().encode():
            return {}
        try:
            return decode_answers(BOOK.functions, content)
        except DecodingError:
            return {}

    def keep_history(self, replayed: bytes, read: Reads) -> None:
        """Takes replayed migrations, encoded, and what they were replayed from."""
        self._kept = (replayed, read)

    def write(self, root: Path) -> None:
        """Writes what was taken into the cache."""
        if self._kept is not None:
            replayed, read = self._kept
            inputs = fingerprint(read, root)
            if inputs is not None:
                folder.write(root, self._name("history"), inputs.to_json() + b"\n" + replayed)
        if (answers := BOOK.answers()) is not None:
            try:
                content = encode_answers(BOOK.functions, answers)
            except EncodingError:
                return
            folder.write(root, self._name("sql"), tools().encode() + b"\n" + content)

    def _name(self, what: str) -> str:
        variables = [(name, self.environment.get(name)) for name in VARIABLES]
        parts = json.dumps([what, self.settings, variables])
        return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


def _stamps(known: Fingerprint) -> Reads:
    """What a fingerprint consists of, as it is now."""
    return Reads({path: reads.stamp(path) for path in known.files}, set(known.folders))
