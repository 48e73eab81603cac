"""The fix of a `Meta` that drops the triggers of a base: derive it from the base's `Meta`.

Pure: from the sources of the class and of its base to a `Fix`, or to None where deriving would
not bring the triggers back, where there is no `Meta`, or where the base has no plain name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix
from pgtrigger_codegen.models.facts import LostTriggers
from pgtrigger_codegen.source.elements import Place, tokens_of
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

# What a base's Meta may say without a change in the class besides its triggers. Django itself
# sets `abstract` back to False on the Meta of an abstract base.
_HARMLESS_OPTIONS = frozenset({"abstract", "triggers"})


def meta_fix(lost: LostTriggers, module: Module, base_module: Module) -> Fix | None:
    """The fix for one finding.

    It is safe when `Meta` has no bases yet, and the base's `Meta` says nothing besides
    `triggers` and `abstract` that the class does not say too. Otherwise the class may inherit
    more than triggers, and the fix is unsafe.

    Args:
        module: The module of the class.
        base_module: The module of the base.
    """
    base = lost.base.partition("[")[0]  # a generic base: `Audited[int]`
    base_meta = f"{base}.Meta"
    classes = _class_and_meta(module, lost.span)
    if lost.cause != "own-meta" or classes is None:
        return None
    if lost.keeps_others or base_meta in lost.meta_bases:
        return None
    model, meta = classes
    if "triggers" in _bound(meta.body) or not _is_in_scope(base, model):
        return None
    edit = _edit(meta, base_meta, lost.span, module)
    if edit is None:
        return None
    has_bases = not all(map(_is_object, meta.bases))
    safe = not has_bases and _adds_only_triggers(_meta_of(base_module, lost.base_span), meta)
    return Fix(
        title=f"Derive `Meta` from `{base_meta}`",
        applicability=Applicability.SAFE if safe else Applicability.UNSAFE,
        edits=(edit,),
    )


def _class_and_meta(module: Module, span: Span) -> tuple[ast.ClassDef, ast.ClassDef] | None:
    for model in _classes(module):
        for node in model.body:
            if isinstance(node, ast.ClassDef) and module.name_span(node) == span:
                return model, node
    return None


def _classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def _is_in_scope(base: str, model: ast.ClassDef) -> bool:
    """Whether what the class says for its base means the same inside of it."""
    names = base.split(".")
    return all(map(str.isidentifier, names)) and names[0] not in _bound(model.body)


def _bound(body: list[ast.stmt]) -> set[str]:
    """Names that the statements of a class body bind."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        else:
            names |= {
                child.id
                for child in ast.walk(node)
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)
            }
    return names


def _edit(meta: ast.ClassDef, base: str, name: Span, module: Module) -> Edit | None:
    if meta.bases:
        last = module.span(meta.bases[-1])
        if _is_object(meta.bases[-1]):  # nothing can be derived from both in this order
            return Edit(last, base)
        place = _behind_brackets(module, name, last)
        return Edit(Span(name.path, *place, *place), f", {base}") if place else None
    rest = module.lines[name.end_line - 1][name.end_column - 1 :]
    match = re.match(r"\s*(\(\s*\))?(?=\s*:)", rest)
    if match is None:
        return None
    end = name.end_column + match.end()
    return Edit(Span(name.path, name.end_line, name.end_column, name.end_line, end), f"({base})")


def _is_object(base: ast.expr) -> bool:
    return isinstance(base, ast.Name) and base.id == "object"


def _behind_brackets(module: Module, name: Span, last: Span) -> Place | None:
    """Behind the last base and the brackets that are around it alone."""
    depth = 0
    passed = False
    for token in tokens_of(module):
        if (token.start[0], token.start[1] + 1) < (name.end_line, name.end_column):
            continue
        end = (token.end[0], token.end[1] + 1)
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
        passed = passed or end >= (last.end_line, last.end_column)
        if passed and depth == 1:
            return end
    return None


def _meta_of(module: Module, span: Span) -> ast.ClassDef | None:
    for model in _classes(module):
        if module.name_span(model) == span:
            for node in model.body:
                if isinstance(node, ast.ClassDef) and node.name == "Meta":
                    return node
    return None


def _adds_only_triggers(base_meta: ast.ClassDef | None, meta: ast.ClassDef) -> bool:
    if base_meta is None or base_meta.bases or base_meta.keywords:
        return False
    return _bound(base_meta.body) <= _HARMLESS_OPTIONS | _bound(meta.body)
