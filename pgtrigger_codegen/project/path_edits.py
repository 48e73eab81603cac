"""Stage project: folders that a file adds to `sys.path`.

A manage.py or settings file with `sys.path.insert(0, os.path.join(BASE_DIR, "apps"))` makes
apps importable that lie under no usual root. The common ways to write such a folder are read;
what is written in another way needs `source-roots`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from pgtrigger_codegen.project.constants import MAX_DEPTH, once_assigned
from pgtrigger_codegen.source.files import read_within
from pgtrigger_codegen.source.paths import resolved

_SAME = frozenset({"abspath", "realpath", "normpath", "fspath", "resolve", "absolute", "str"})


def read_path_edits(path: Path) -> list[Path]:
    """Folders that the file appends to or inserts into `sys.path`, resolved, in order."""
    try:
        data = read_within(path)
        module = ast.parse(data) if b"sys.path" in data else ast.Module([], [])
    except (OSError, SyntaxError, ValueError):
        # An unreadable file adds nothing; whoever reads it for its content reports it.
        return []
    paths = _Paths(path, once_assigned(module))
    folders = (paths.read(node) for node in _additions(module))
    return list(dict.fromkeys(resolved(folder) for folder in folders if folder is not None))


def _additions(module: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(module):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id="sys"), attr="path"),
                    attr="append" | "insert",
                ),
                args=[*_, folder],
            ):
                yield folder
            case _:
                pass


class _Paths:
    """Reads expressions of paths, strings and `pathlib` alike, that start at `__file__`."""

    def __init__(self, file: Path, constants: Mapping[str, ast.expr]) -> None:
        self._file = file
        self._constants = constants

    def read(self, node: ast.expr, depth: int = 0) -> Path | None:
        """The path, None when it cannot be told or is relative to the current folder."""
        path = self._read(node, depth)
        return path if path is not None and path.is_absolute() else None

    def _read(self, node: ast.expr, depth: int) -> Path | None:
        if depth > MAX_DEPTH:
            return None
        match node:
            case ast.Constant(value=str(text)):
                return Path(text)
            case ast.Name(id="__file__"):
                return self._file
            case ast.Name(id=name) if name in self._constants:
                return self._read(self._constants[name], depth + 1)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._join([left, right], depth)
            case ast.Attribute(value=inner, attr="parent"):
                return _above(self._read(inner, depth + 1), 1)
            case ast.Subscript(
                value=ast.Attribute(value=inner, attr="parents"),
                slice=ast.Constant(value=int(index)),
            ) if index >= 0:
                return _above(self._read(inner, depth + 1), index + 1)
            case ast.Call(keywords=[] | [ast.keyword(arg="strict")]):
                return self._call(node, depth)
            case _:
                return None

    def _call(self, node: ast.Call, depth: int) -> Path | None:
        match node.func, node.args:
            case ((ast.Attribute(attr="dirname") | ast.Name(id="dirname")), [inner]):
                return _above(self._read(inner, depth + 1), 1)
            case ((ast.Attribute(attr="join" | "Path") | ast.Name(id="join" | "Path")), [_, *_]):
                return self._join(node.args, depth)
            case ((ast.Attribute(attr=name) | ast.Name(id=name)), [inner]) if name in _SAME:
                return self._read(inner, depth + 1)
            case ast.Attribute(value=inner, attr="joinpath"), [_, *_]:
                return self._join([inner, *node.args], depth)
            case ast.Attribute(value=inner, attr=name), [] if name in _SAME:
                return self._read(inner, depth + 1)
            case _:
                return None

    def _join(self, nodes: list[ast.expr], depth: int) -> Path | None:
        parts = [self._read(node, depth + 1) for node in nodes]
        known = [part for part in parts if part is not None]
        return Path(*known) if len(known) == len(parts) else None


def _above(path: Path | None, levels: int) -> Path | None:
    if path is None or levels > len(path.parents):
        return None
    return path.parents[levels - 1]
