"""What a run keeps for the next one, besides its result, so that an edit does not cost everything.

Kept are the replayed migrations, with all that they were made from, and answers about SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgtrigger_codegen.cache import folder, pickles
from pgtrigger_codegen.cache.inputs import (
    VARIABLES,
    belongs_to,
    fingerprint,
    holds,
    seen,
    tools,
)
from pgtrigger_codegen.migrations.replaying.background import Replayed
from pgtrigger_codegen.source import reads
from pgtrigger_codegen.source.reads import Reads
from pgtrigger_codegen.sql import remembered


@dataclass
class Memory:
    """The memory of one project, asked for the same settings.

    Attributes:
        settings: The settings module that was asked for, if any.
    """

    settings: str | None
    environment: Mapping[str, str]
    _histories: dict[str, tuple[Replayed, Reads]] = field(default_factory=dict)

    def history(self, root: Path, kind: str) -> Replayed | None:
        """The replayed migrations, if nothing that they were replayed from has changed."""
        kept = self._read(root, f"history {kind}")
        if kept is None or not belongs_to(kept["inputs"], root):
            return None
        before = _stamps(kept["inputs"])
        if not holds(kept["inputs"]) or not isinstance(kept["value"], Replayed):
            return None
        self._count_as_read(kept["inputs"], before)
        replayed: Replayed = kept["value"]
        return replayed

    def recall_sql(self, root: Path) -> None:
        """Lets questions about SQL be answered as in earlier runs."""
        remembered.recall(lambda: self._sql(root))

    def _sql(self, root: Path) -> remembered.Answers:
        kept = self._read(root, "sql")
        known = kept is not None and kept["inputs"] == tools() and isinstance(kept["value"], dict)
        return kept["value"] if known else {}

    def keep_history(self, kind: str, replayed: Replayed, read: Reads) -> None:
        """Takes replayed migrations, and what they were replayed from."""
        self._histories[kind] = (replayed, read)

    def write(self, root: Path) -> None:
        """Writes what was taken into the cache."""
        for kind, (replayed, history_reads) in self._histories.items():
            self._write(root, f"history {kind}", replayed, history_reads)
        if (answers := remembered.answers()) is not None:
            kept = pickles.dumps({"inputs": tools(), "value": answers})
            folder.write(root, self._name("sql"), kept)

    def _count_as_read(self, inputs: Mapping[str, Any], stamps: Reads) -> None:
        """What is used again was read, as far as the result of this run is concerned."""
        if (current := reads.current()) is not None:
            current.merge(stamps)

    def _read(self, root: Path, what: str) -> Any:
        data = folder.read(root / folder.NAME, self._name(what))
        if data is None:
            return None
        try:
            kept = pickles.loads(data)
        except Exception:  # noqa: BLE001  (damaged, of another version, or not ours at all)
            return None
        return kept if isinstance(kept, dict) and {"inputs", "value"} <= kept.keys() else None

    def _write(self, root: Path, what: str, value: object, read: Reads) -> None:
        inputs = fingerprint(read, root)
        if inputs is not None:
            kept = pickles.dumps({"inputs": inputs, "value": value})
            folder.write(root, self._name(what), kept)

    def _name(self, what: str) -> str:
        variables = [(name, self.environment.get(name)) for name in VARIABLES]
        parts = json.dumps([what, self.settings, variables])
        return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


def _stamps(inputs: Mapping[str, Any]) -> Reads:
    """What inputs consist of, as it is now."""
    return Reads({path: seen(path)[0] for path in inputs["files"]}, set(inputs["folders"]))
