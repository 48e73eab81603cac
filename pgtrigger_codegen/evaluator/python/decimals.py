"""Decimals under a context that the project changes.

`getcontext().prec = 3` changes what every later operation of the process comes to, wherever it
stands; which run before it is not followed. So where a file of the project changes the context, an
operation is taken only if all contexts give the same: one with a precision of one digit, that
traps whatever is rounded, lets nothing else through.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.walking import walk

_CHANGES = re.compile(rb"\b(?:getcontext|setcontext|localcontext|DefaultContext)\b")
_PARTS = (b"tcontext", b"lcontext", b"tContext")
_NOT_ENTERED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
_SIGNALS = [
    decimal.Inexact,
    decimal.Rounded,
    decimal.InvalidOperation,
    decimal.DivisionByZero,
    decimal.Overflow,
]


class ChangedContext(Struct, frozen=True):
    """The context of decimals is not known.

    Attributes:
        place: The file and line that changes it, for the reason.
    """

    place: str

    def strict(self) -> decimal.Context:
        """Lets pass what is the same in all contexts."""
        return decimal.Context(prec=1, traps=_SIGNALS)

    def unknown(self, span: Span) -> Unknown:
        """In place of what depends on the context."""
        reason = f"depends on the context of `decimal`, which is changed in {self.place}"
        return Unknown(reason, span)


def changed_context(roots: Iterable[Path]) -> ChangedContext | None:
    """Where the project's files change the context of decimals; None where none does."""
    for root in roots:
        for path in _sources(root):
            try:
                content = read_bytes(path)
            except OSError:  # which is a gap wherever the file matters
                continue
            if not any(part in content for part in _PARTS):
                continue  # all files of a project are searched: each has a context or two
            if (match := _CHANGES.search(content)) is not None:
                line = content.count(b"\n", 0, match.start()) + 1
                return ChangedContext(f"{path.relative_to(root).as_posix()}:{line}")
    return None


def _sources(root: Path) -> Iterator[Path]:
    for folder, folders, files in walk(root):
        folders[:] = [
            name for name in sorted(folders) if name not in _NOT_ENTERED and name[0] != "."
        ]
        if "pyvenv.cfg" in files:
            folders.clear()
        else:
            yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))
