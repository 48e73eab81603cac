"""Stage models: the models that an app's migrations create, read from the text of the files alone.

For what cannot be said of the source: whether there are models that were not read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.span import Span

_CREATED = re.compile(rb"CreateModel\(\s*(?:name\s*=\s*)?[\"'](\w+)[\"']")


def created_names(app: App) -> frozenset[str]:
    """The names, in lower case, of all models that an app's migrations make at some time."""
    found: set[str] = set()
    for path in _migration_files(app):
        try:
            content = read_bytes(path)
        except OSError:  # of which the certificate says so elsewhere
            continue
        found.update(name.decode().lower() for name in _CREATED.findall(content))
    return frozenset(found)


def made_models(app: App) -> dict[str, Span]:
    """The models that an app's migrations leave, each with the operation that makes it."""
    made: dict[str, Span] = {}
    for path in _migration_files(app):
        try:
            tree = ast.parse(read_bytes(path))
        except (OSError, SyntaxError, ValueError):
            continue
        calls = (node for node in walk(tree) if isinstance(node, ast.Call))
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            _apply(call, path, made)
    return made


def _apply(call: ast.Call, path: Path, made: dict[str, Span]) -> None:
    operation = getattr(call.func, "attr", getattr(call.func, "id", ""))
    texts = {keyword.arg: keyword.value for keyword in call.keywords}
    names = [
        node.value.lower() if operation != "CreateModel" else node.value
        for node in (*call.args[:2], *map(texts.get, ("name", "old_name", "new_name")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    if not names:
        return
    known = {name.lower(): name for name in made}
    if operation == "CreateModel":
        made[names[0]] = Span(str(path), call.lineno, 1, call.lineno, 1)
    elif operation == "DeleteModel" and names[0] in known:
        del made[known[names[0]]]
    elif operation == "RenameModel" and names[0] in known and len(names) > 1:
        made[names[1]] = made.pop(known[names[0]])


def _migration_files(app: App) -> Iterable[Path]:
    folder = app.migrations_dir
    try:
        paths = sorted(folder.iterdir()) if folder is not None else []
    except OSError:  # of which the certificate says so elsewhere
        return ()
    return [path for path in paths if path.suffix == ".py" and path.name[0] not in "_~"]
