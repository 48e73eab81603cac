"""Stage triggers: facts about a call of `register` and about its model."""

from __future__ import annotations

import ast

from pgtrigger_codegen.evaluator.values.classes import find_attribute
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models import meta
from pgtrigger_codegen.source.unparsing import unparsed
from pgtrigger_codegen.triggers.compiled import RegisterCall
from pgtrigger_codegen.triggers.declaration import Declaration


def register_call(declaration: Declaration) -> RegisterCall | None:
    """The call that registers; None for a trigger that stands in a `Meta`."""
    if declaration.origin not in ("register", "hook"):
        return None
    model = declaration.model
    if not isinstance(model, ModelClass):
        return RegisterCall(declaration.span)
    effective = meta.effective_meta(model)
    known = not isinstance(effective, Unknown)
    return RegisterCall(
        declaration.span,
        class_span=model.span if model.module.first_party else None,
        inherited_meta=_inherited_meta(model, effective) if known else None,
        meta_is_known=known,
        meta_has_triggers=meta.option(model, "triggers") is not meta.MISSING,
    )


def _inherited_meta(model: ModelClass, effective: object) -> str | None:
    """The `Meta` of a class without one of its own, as the class would name it."""
    if meta.own_meta(model) is not None or effective is None:
        return None
    for base, node in zip(model.bases, model.node.bases, strict=False):
        if isinstance(base, ModelClass) and meta.effective_meta(base) is effective:
            # The base of `class Order(Audited[int])` is named `Audited`.
            name = node.value if isinstance(node, ast.Subscript) else node
            return f"{unparsed(name)}.Meta"
        if not isinstance(base, ModelClass) and find_attribute(base, "Meta") is effective:
            return f"{unparsed(node)}.Meta"
    return ""
