"""The fix of a `Meta` that drops the triggers of a base: derive it from the base's `Meta`.

Pure: from the sources of the class and of its base to a `Fix`, or to None where deriving would
not bring the triggers back, or where it cannot be told how to name the base.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix
from pgtrigger_codegen.models.facts import LostTriggers
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

# What a base's Meta may say without a change in the class besides its triggers. Django itself
# sets `abstract` back to False on the Meta of an abstract base.
_HARMLESS_OPTIONS = frozenset({"abstract", "triggers"})


@dataclass(frozen=True, slots=True)
class _BaseName:
    """How the class's module names the base, and whether that name is surely the base."""

    text: str
    certain: bool


def meta_fix(lost: LostTriggers, module: Module, base_module: Module) -> Fix | None:
    """The fix for one finding.

    It is safe when `Meta` has no bases yet, the class names the base itself, and the base's
    `Meta` says nothing besides `triggers` and `abstract` that the class does not say too.
    Otherwise the class may inherit more than triggers, and the fix is unsafe.

    Args:
        module: The module of the class.
        base_module: The module of the base.
    """
    if lost.cause != "own-meta":
        return None
    classes = _class_and_meta(module, lost.span)
    if classes is None:
        return None
    model, meta = classes
    name = _name_of_base(model, lost, module)
    if name is None or sets_triggers(lost, module):
        return None
    if name.text.partition(".")[0] in _bound(model.body):
        return None
    edit = _edit(meta, f"{name.text}.Meta", lost.span, module)
    if edit is None:
        return None
    base_meta = _meta_of(base_module, lost.base_span)
    safe = name.certain and not meta.bases and _adds_only_triggers(base_meta, meta)
    return Fix(
        title=f"Derive `Meta` from `{name.text}.Meta`",
        applicability=Applicability.SAFE if safe else Applicability.UNSAFE,
        edits=(edit,),
    )


def sets_triggers(lost: LostTriggers, module: Module) -> bool:
    """Whether the `Meta` at fault sets `triggers` itself, so that deriving it changes nothing."""
    classes = _class_and_meta(module, lost.span)
    return classes is not None and "triggers" in _bound(classes[1].body)


def _class_and_meta(module: Module, span: Span) -> tuple[ast.ClassDef, ast.ClassDef] | None:
    for model in _classes(module):
        for node in model.body:
            if isinstance(node, ast.ClassDef) and module.name_span(node) == span:
                return model, node
    return None


def _classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def _name_of_base(model: ast.ClassDef, lost: LostTriggers, module: Module) -> _BaseName | None:
    imported = _imported_names(module)
    for base in model.bases:
        text = _dotted(base)
        if text is None:
            continue
        head, _, last = text.rpartition(".")
        if (last if head else imported.get(last, last)) == lost.base:
            return _BaseName(text, certain=True)
    # Not a base of the class itself, but of one of its bases: it may be in scope all the same.
    for node in module.tree.body:
        if node.lineno >= model.lineno:
            break
        if isinstance(node, ast.ClassDef) and module.name_span(node) == lost.base_span:
            return _BaseName(node.name, certain=True)
    for bound, original in imported.items():
        if original == lost.base:
            return _BaseName(bound, certain=False)
    return None


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Subscript):  # a generic base: `Audited[int]`
        return _dotted(node.value)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := _dotted(node.value)):
        return f"{head}.{node.attr}"
    return None


def _imported_names(module: Module) -> dict[str, str]:
    """Names that `from … import` binds at the top level, with what they are called there."""
    return {
        alias.asname or alias.name: alias.name
        for node in module.tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


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
        return Edit(
            Span(name.path, last.end_line, last.end_column, last.end_line, last.end_column),
            f", {base}",
        )
    rest = module.lines[name.end_line - 1][name.end_column - 1 :]
    match = re.match(r"\s*(\(\s*\))?(?=\s*:)", rest)
    if match is None:
        return None
    end = name.end_column + match.end()
    return Edit(Span(name.path, name.end_line, name.end_column, name.end_line, end), f"({base})")


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
