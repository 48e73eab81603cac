"""What a process keeps in memory that goes on after a run: the server of an editor.

Each run is done by a fork, so that it can be ended at any moment and leaves nothing behind. What a
later run can use again comes back from the fork as bytes: the replayed migrations with all that
they were made from, answers about SQL, and the paths of files that had to be parsed. Whether that
still holds is asked as for the cache on disk, which is read here too and never written.
"""

from __future__ import annotations

import functools
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
from msgspec import Struct

from pgtrigger_codegen.incremental.engine import Incremental
from pgtrigger_codegen.incremental.facts import (
    DecodingError,
    EncodingError,
    decode_answers,
    decode_history,
    encode_answers,
)
from pgtrigger_codegen.incremental.inputs import (
    Fingerprint,
    digests_taken_once,
    fingerprint,
    from_json,
    holds,
)
from pgtrigger_codegen.incremental.memory import Memory
from pgtrigger_codegen.migrations.planning.history import Replayed
from pgtrigger_codegen.source import module, reads
from pgtrigger_codegen.source.overlay import overlaid, overlaid_paths
from pgtrigger_codegen.source.reads import Reads
from pgtrigger_codegen.sql.remembered import BOOK, Answers

_ONE_FILE = 1
"""Another process replays even a single migration: only so its outcome can be kept."""


class _Found(Struct, frozen=True):
    """What a run leaves for later ones.

    Attributes:
        inputs: What the migrations were replayed from; empty where there is nothing to keep.
        history: The replayed migrations, encoded.
        answers: About SQL, encoded; empty where none is new.
        are_all: Whether the answers take the place of those that the process has.
        parsed: Files that were parsed anew.
    """

    folder: str
    settings: str | None
    inputs: bytes
    history: bytes
    answers: bytes
    are_all: bool
    parsed: list[str]


class _Known(Struct, frozen=True):
    inputs: Fingerprint
    replayed: Replayed


class _RunMemory(Memory):
    """The memory of one run.

    Attributes:
        known: The migrations as an earlier run replayed them.
        earlier: Answers about SQL that earlier runs found.
        new: Migrations that this run knows, and the process does not: inputs and facts, encoded.
        began: Before the run read anything, in seconds of `time.time`.
        is_checked: Whether `known` was found to hold as the run began.
    """

    known: _Known | None = None
    earlier: Answers | None = None
    new: tuple[bytes, bytes] | None = None
    began: float = 0.0
    root: Path | None = None
    is_checked: bool = False

    def check(self) -> bool:
        """Whether what is known of the migrations holds, so that nothing need be noted for it."""
        known = self.known
        self.is_checked = known is not None and _still_holds(known.inputs, Path(known.inputs.root))
        return self.is_checked

    def history(self, root: Path) -> Replayed | None:
        self.root = root
        if self.known is not None and self.is_checked and self.known.inputs.root == str(root):
            return self.known.replayed
        inputs, content = self.stored_history(root)
        if inputs is None or not _still_holds(inputs, root):
            return None
        try:
            replayed = decode_history(content)
        except DecodingError:
            return None
        self.new = inputs.to_json(), content
        return replayed

    def sql(self, root: Path) -> Answers:
        return super().sql(root) if self.earlier is None else self.earlier

    def keep_history(self, replayed: bytes, read: Reads) -> None:
        is_noted = not self.is_checked and not read.overlaid
        if not is_noted or self.root is None or not _are_saved(overlaid_paths()):
            return
        inputs = fingerprint(read, self.root, self.began)
        if inputs is not None:
            self.new = inputs.to_json(), replayed


class ProcessMemory:
    """What the process that goes on has kept of earlier runs, by project."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], _Known] = {}
        self._answers: dict[tuple[str, str | None], Answers] = {}
        self._run: tuple[str, _RunMemory] | None = None
        self._pieces: deque[Callable[[], None]] = deque()
        self._stood_on: Fingerprint | None = None

    @contextmanager
    def run(
        self, folder: Path, settings: str | None, *, stands: bool = False
    ) -> Iterator[Incremental]:
        """Gives how a run gets its work done; for the fork that does the run in this block.

        Args:
            stands: Whether the run will stand somewhere (`stand`), and go on later.
        """
        key = str(folder), settings
        memory = _RunMemory(
            settings,
            os.environ,
            known=self._known.get(key),
            earlier=self._answers.get(key),
            began=time.time(),
        )
        module.parsed_anew.clear()
        self._run = str(folder), memory
        # To note all that is read takes a tenth of the time.
        with nullcontext() if memory.check() and not stands else reads.recorded():
            yield Incremental(memory, _ONE_FILE)

    def stand(self) -> bool:
        """Takes down what the run of this fork was made from so far; whether it can go on later.

        It cannot where its migrations are not known from an earlier run: a process replays them.
        """
        read = reads.stop()
        if self._run is None or read is None:
            return False
        _, memory = self._run
        if memory.known is None or not memory.is_checked:
            return False
        root = Path(memory.known.inputs.root)
        self._stood_on = fingerprint(read, root, memory.began)
        return self._stood_on is not None

    def goes_on(self) -> bool:
        """Whether all that the run was made from before it stood is as it was.

        For a fork of the one that stands, with the texts that now stand for files on disk.
        """
        if self._run is None or self._stood_on is None:
            return False
        with digests_taken_once():
            return self._run[1].check() and holds(self._stood_on, Path(self._stood_on.root))

    def found(self) -> bytes:
        """What the run leaves for later ones, of the fork that has done it."""
        if self._run is None:
            return b""
        folder, memory = self._run
        inputs, history = memory.new or (b"", b"")
        # One edit after the other asks about texts that nobody will ask about again.
        are_all = memory.earlier is None or BOOK.is_mostly_old()
        found = _Found(
            folder,
            memory.settings,
            inputs,
            history,
            _encoded(BOOK.answers() if are_all else BOOK.new_answers()),
            are_all,
            sorted(map(str, module.parsed_anew)),
        )
        return msgspec.msgpack.encode(found)

    def take(self, found: bytes, unsaved: Mapping[str, bytes]) -> None:
        """Puts by what a fork has found, for `keep`.

        Args:
            unsaved: The texts that stood for files on disk there.
        """
        if not found:
            return
        new = msgspec.msgpack.decode(found, type=_Found)
        self._pieces.append(lambda: self._keep_history(new))
        self._pieces.append(lambda: self._keep_answers(new))
        for path in map(Path, new.parsed):
            self._pieces.append(functools.partial(_keep_tree, path, unsaved))

    def keep(self) -> bool:
        """Keeps a piece of what was found, which takes a moment; tells whether there was one."""
        if self._pieces:
            self._pieces.popleft()()
            return True
        return False

    def _keep_history(self, new: _Found) -> None:
        if (inputs := from_json(new.inputs)) is not None:
            try:
                known = _Known(inputs, decode_history(new.history))
            except DecodingError:
                return
            self._known[new.folder, new.settings] = known

    def _keep_answers(self, new: _Found) -> None:
        if new.answers:
            try:
                answers = decode_answers(BOOK.functions, new.answers)
            except DecodingError:
                return
            known = {} if new.are_all else self._answers.get((new.folder, new.settings), {})
            merged = {name: {**known.get(name, {}), **given} for name, given in answers.items()}
            self._answers[new.folder, new.settings] = {**known, **merged}


def _keep_tree(path: Path, unsaved: Mapping[str, bytes]) -> None:
    with overlaid(unsaved):
        module.keep_tree(path)


def _still_holds(inputs: Fingerprint, root: Path) -> bool:
    """Whether all is as it was, the texts that stand for files on disk included."""
    overlaid = overlaid_paths()
    return overlaid.isdisjoint(inputs.files) and _are_saved(overlaid) and holds(inputs, root)


def _are_saved(paths: frozenset[str]) -> bool:
    """Whether there are such files: new ones change the names that a project has."""
    return all(os.path.lexists(path) for path in paths)


def _encoded(answers: Mapping[str, Mapping[object, object]] | None) -> bytes:
    if not answers:
        return b""
    try:
        return encode_answers(BOOK.functions, answers)
    except EncodingError:
        return b""
