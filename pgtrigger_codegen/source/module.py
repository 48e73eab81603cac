"""A file of Python source as a tree whose nodes know where they stand."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.source import deferred
from pgtrigger_codegen.source.encoding import decode
from pgtrigger_codegen.source.grammar import OURS
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.span import Span


class SourceSyntaxError(Exception):
    """A file that is not Python, as far as can be told.

    Attributes:
        message: The parser's message.
        span: Where it gave up.
        may_be_newer: Whether LibCST, which knows the grammar of every Python, takes it for Python.
    """

    def __init__(self, message: str, span: Span, *, may_be_newer: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.may_be_newer = may_be_newer


class Module(Struct, frozen=True, eq=False, dict=True):
    """One parsed file.

    Attributes:
        name: Dotted name.
        path: Absolute path.
        first_party: Whether the file belongs to the project.
        text: The decoded source, all line ends normalised to a single newline.
    """

    name: str
    path: Path
    is_package: bool
    first_party: bool
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def is_stub(self) -> bool:
        """Whether the file tells only a part of what the package has."""
        return self.path.suffix == ".pyi"

    @functools.cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.split("\n")

    @functools.cached_property
    def postpones_annotations(self) -> bool:
        """Whether annotations stay text here: `from __future__ import annotations`."""
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in self.tree.body
        )

    @functools.cached_property
    def _path(self) -> str:
        return str(self.path)

    @functools.cached_property
    def _is_ascii(self) -> bool:
        return self.text.isascii()

    def span(self, node: ast.AST) -> Span:
        """Where a node stands; decorators are not part of a class or function."""
        line: int = getattr(node, "lineno", 1)
        end_line: int = getattr(node, "end_lineno", None) or line
        column: int = getattr(node, "col_offset", 0)
        end_column: int = getattr(node, "end_col_offset", None) or 0
        if self._is_ascii:  # asked for once for nearly every node that is evaluated
            return Span(self._path, line, column + 1, end_line, end_column + 1)
        return Span(
            self._path,
            line,
            self._column(line, column),
            end_line,
            self._column(end_line, end_column),
        )

    def name_span(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
        """Where the name stands in a `class` or `def` statement."""
        whole = self.span(node)
        keyword = "class" if isinstance(node, ast.ClassDef) else "def"
        line = self.lines[whole.line - 1]
        column = line.find(node.name, line.find(keyword, whole.column - 1) + len(keyword)) + 1
        if column == 0:  # the name stands on a continuation line
            return Span(whole.path, whole.line, whole.column, whole.line, len(line) + 1)
        return Span(whole.path, whole.line, column, whole.line, column + len(node.name))

    def _column(self, line: int, byte_offset: int) -> int:
        """`ast` counts UTF-8 bytes from 0; spans count code points from 1."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return byte_offset + 1
        return len(text.encode()[:byte_offset].decode(errors="replace")) + 1


def read_module(name: str, path: Path, *, is_package: bool, first_party: bool) -> Module:
    """Reads and parses a file.

    Raises:
        SourceSyntaxError: It cannot be decoded or parsed.
        OSError: It cannot be read.
    """
    data = read_bytes(path)
    text = _decoded(path, data)
    if (tree := _kept.get(text)) is not None:
        return Module(name, path, is_package, first_party, text, tree)
    keeper = None if first_party else deferred.keeper()
    if keeper is not None and (tree := _parse_around(text, keeper.places(name, data))) is not None:
        return Module(name, path, is_package, first_party, text, tree)
    parsed_anew.add(path)
    module = parse_module(name, path, text, is_package=is_package, first_party=first_party)
    if keeper is not None:
        keeper.found(name, data, deferred.body_places(text, module.tree))
    return module


def parse_module(
    name: str, path: Path, text: str, *, is_package: bool = False, first_party: bool = True
) -> Module:
    """Parses text as the module of that name and path.

    Raises:
        SourceSyntaxError: It does not parse, in this Python's grammar or in a newer one.
    """
    try:
        tree = deferred.parsed(text)
    except SyntaxError as error:
        tree = _parse_newer(path, text, error)
    except (ValueError, RecursionError, MemoryError) as error:
        span = Span(str(path), 1, 1, 1, 1)
        reason = str(error) or type(error).__name__
        raise SourceSyntaxError(f"cannot be parsed: {reason}", span) from error
    return Module(name, path, is_package, first_party, text, tree)


def keep_tree(path: Path) -> None:
    """Parses a file now, for every run of this process to come in which it is the same.

    Nobody changes the trees of modules; what is kept at their nodes follows from the nodes alone.
    What was kept of the file before goes.
    """
    if (before := _kept_texts.pop(path, None)) is not None:
        _kept.pop(before, None)
    try:
        text = _decode(path)
        tree = deferred.parsed(text)
    except (OSError, SourceSyntaxError, SyntaxError, ValueError, RecursionError, MemoryError):
        return  # the run that comes upon the file says what is wrong with it
    _kept[text], _kept_texts[path] = tree, text


parsed_anew: set[Path] = set()
"""Files that were parsed in this process, since no tree of their text was kept."""
_kept: dict[str, ast.Module] = {}
_kept_texts: dict[Path, str] = {}


def _parse_around(text: str, places: Sequence[deferred.Place] | None) -> ast.Module | None:
    """The tree with bodies of functions that wait to be looked at; None where that cannot be."""
    if places is None:
        return None
    try:
        return deferred.parse_around(text, places)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parse_newer(path: Path, text: str, error: SyntaxError) -> ast.Module:
    """Parses what may be syntax of a newer Python: a hook's can be older than the project's."""
    from pgtrigger_codegen.source.translation.module import CannotTranslate, translate

    try:
        return translate(text)
    except CannotTranslate as newer:
        raise _syntax_error(path, error, newer.reason) from error


def _decode(path: Path) -> str:
    return _decoded(path, read_bytes(path))


def _decoded(path: Path, data: bytes) -> str:
    try:
        text, _ = decode(data)
    except SyntaxError as error:
        raise SourceSyntaxError(
            f"cannot be decoded: {error}", Span(str(path), 1, 1, 1, 1)
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _syntax_error(path: Path, error: SyntaxError, not_read: str | None) -> SourceSyntaxError:
    line, column = error.lineno or 1, max(error.offset or 1, 1)
    end_line, end_column = error.end_lineno or line, error.end_offset or 0
    if (end_line, end_column) <= (line, column):
        end_line, end_column = line, column + 1
    message = error.msg
    if not_read is not None:
        message += f" (a newer Python than {OURS} may be able to read the file: {not_read})"
    span = Span(str(path), line, column, end_line, end_column)
    return SourceSyntaxError(message, span, may_be_newer=not_read is not None)
