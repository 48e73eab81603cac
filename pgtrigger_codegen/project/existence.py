"""Stage project: whether a path in a question of the project's code exists.

The answer is an assumption of whoever uses it: another checkout, or a deployment, may have other
files. Only the project's own folder is looked into, and no hidden folder in it, so that a result
that is kept is known to be old when the answer changes.
"""

from __future__ import annotations

import os
from pathlib import Path

from pgtrigger_codegen.evaluator.protocols.host import PathKind
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.files import LEADS_OUT, FileRefusedError
from pgtrigger_codegen.source.paths import resolved
from pgtrigger_codegen.source.span import Span

_NOT_ENTERED = frozenset({"node_modules", "__pycache__"})


def found_at(path: Path, root: Path, span: Span) -> tuple[str, PathKind] | Unknown:
    """The path, relative to the project's folder, and what is there, links followed."""
    try:
        return _found(path, root)
    except FileRefusedError as error:
        return Unknown(f"whether `{path.name}` is there is not known: {error.strerror}", span)
    except (OSError, ValueError) as error:
        return Unknown(f"whether `{path.name}` is there is not known: {error}", span)


def _found(path: Path, root: Path) -> tuple[str, PathKind]:
    given, real, root = Path(os.path.normpath(path)), resolved(path), resolved(root)
    if not real.is_relative_to(root):
        outside = "it lies outside of the project"
        raise FileRefusedError(path, LEADS_OUT if given.is_relative_to(root) else outside)
    for folder in real.relative_to(root).parts[:-1]:
        if folder.startswith(".") or folder in _NOT_ENTERED:
            raise FileRefusedError(path, f"`{folder}` is not looked into")
    shown = real.relative_to(root).as_posix()
    if real.is_dir():
        return shown, "folder"
    return shown, "file" if real.is_file() else "nothing"
