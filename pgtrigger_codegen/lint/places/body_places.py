"""Finds the place in the project that holds the text of a trigger's body.

A finding about a body points into the literal that the body was made of: one in the declaration
itself, else one in the trigger's class, else one, or an `.sql` file, that alone accounts for most
of the body. When none is certain, it points at the trigger's expression.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.project_files import sql_files, text_of
from pgtrigger_codegen.lint.places.alignment import Alignment, align
from pgtrigger_codegen.lint.places.installed_places import characters, installed_span
from pgtrigger_codegen.source.literals import Run, literal_runs, string_literals
from pgtrigger_codegen.source.module import Module, SourceSyntaxError, read_module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.body_facts import TextRange
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

# Their bodies come from their arguments; those of other library classes from the library.
_WITH_FUNC = frozenset({"Trigger", "Composer"})
_MOST = 0.6

_Literal = tuple[str, list[Run]]
"""The file that it stands in, and its characters."""


class BodyPlaces:
    """Finds places for the bodies of one analysis; files are read when first needed."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._modules: dict[Path, Module | None] = {}

    def span(self, trigger: BodyTrigger, place: TextRange | None) -> Span:
        """Where a stretch of the body stands, else the trigger's expression or its migration."""
        if trigger.declared is None:
            return installed_span(self._analysis, trigger, place)
        return self._declared_span(trigger.declared, place)

    def _declared_span(self, trigger: CompiledTrigger, place: TextRange | None) -> Span:
        if place is None or _is_library_body(trigger):
            return trigger.span
        for literals, share in self._tiers(trigger):
            alignments = list(_alignments(literals, trigger.parts.func, place, share))
            if alignments:
                return _best(alignments, place) or trigger.span
        return trigger.span

    def _tiers(self, trigger: CompiledTrigger) -> Iterator[tuple[Iterable[_Literal], float]]:
        own = self._module(Path(trigger.span.path))
        if own is not None:
            yield _literals((own, node) for node in _below(own, trigger.span)), 0
        yield _literals(self._class_bodies(trigger.class_name)), 0
        modules = (self._module(path) for path in sorted(self._analysis.read_files))
        yield _literals((module, module.tree) for module in modules if module is not None), _MOST
        files = sql_files(self._analysis)
        yield ((str(path), [characters(text_of(path))]) for path in files), _MOST

    def _class_bodies(self, class_name: str) -> Iterator[tuple[Module, ast.AST]]:
        """The class statements of that name in the file that the dotted name says."""
        module_name, _, name = class_name.rpartition(".")
        tail = Path(*module_name.split("."))
        for path in sorted(self._analysis.read_files):
            stem = path.parent if path.name == "__init__.py" else path.with_suffix("")
            if stem.parts[-len(tail.parts) :] != tail.parts:
                continue
            module = self._module(path)
            for node in ast.walk(module.tree) if module is not None else ():
                if isinstance(node, ast.ClassDef) and node.name == name and module is not None:
                    yield module, node

    def _module(self, path: Path) -> Module | None:
        if path not in self._modules:
            self._modules[path] = _read(path)
        return self._modules[path]


def literals_in(span: Span) -> Iterator[_Literal]:
    """The string literals in the arguments of a call, the trigger's name aside."""
    module = _read(Path(span.path))
    if module is not None:
        yield from _literals((module, tree) for tree in _below(module, span))


def _literals(nodes: Iterable[tuple[Module, ast.AST]]) -> Iterator[_Literal]:
    for module, tree in nodes:
        for node in string_literals(tree):
            yield str(module.path), literal_runs(module, node)


def _alignments(
    literals: Iterable[_Literal], func: str, place: TextRange, share: float
) -> Iterator[tuple[str, Alignment]]:
    for path, runs in literals:
        alignment = align(runs, func)
        if (
            alignment is not None
            and alignment.size >= share * len("".join(func.split()))
            and _looks_like_code(alignment, place)
        ):
            yield path, alignment


def _read(path: Path) -> Module | None:
    try:
        return read_module(path.stem, path, is_package=False, first_party=True)
    except (SourceSyntaxError, OSError):
        return None


def _is_library_body(trigger: CompiledTrigger) -> bool:
    package, _, name = trigger.class_name.rpartition(".")
    return package.partition(".")[0] == "pgtrigger" and name not in _WITH_FUNC


def _below(module: Module, span: Span) -> Iterator[ast.AST]:
    """The arguments of the call there, the trigger's name aside."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and module.span(node) == span:
            yield ast.List([*node.args, *(one.value for one in node.keywords if one.arg != "name")])


def _looks_like_code(alignment: Alignment, place: TextRange) -> bool:
    """Whether the place is in the literal, and the literal more than a name."""
    texts = ["".join(char.text for char in piece.chars) for piece in alignment.pieces]
    code = any(len(text) >= 12 or " " in text or ";" in text for text in texts)
    return code and alignment.piece_at(place.start) is not None


def _best(alignments: list[tuple[str, Alignment]], place: TextRange) -> Span | None:
    """The place by the literal that accounts for most; None when two do."""
    size = max(alignment.size for _, alignment in alignments)
    spans = {
        _span(path, alignment, place) for path, alignment in alignments if alignment.size == size
    }
    return spans.pop() if len(spans) == 1 else None


def _span(path: str, alignment: Alignment, place: TextRange) -> Span | None:
    piece = alignment.piece_at(place.start)
    if piece is None:
        return None
    chars = piece.chars[place.start - piece.start : max(place.end, place.start + 1) - piece.start]
    on_line = [char for char in chars if char.line == chars[0].line]
    return Span(path, chars[0].line, chars[0].column, chars[0].line, on_line[-1].end_column)
