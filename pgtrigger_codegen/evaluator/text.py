"""Which values have a text that does not depend on the process."""

from __future__ import annotations

import types
from typing import Any

from pgtrigger_codegen.evaluator.values import Unknown, first_unknown
from pgtrigger_codegen.source.span import Span


def as_text(value: Any, span: Span) -> Unknown | None:
    """Refuses a value whose `str()` or `format()` is an address, a translation or unknown.

    Returns:
        None when the value may be turned into text.
    """
    if (unknown := first_unknown(value)) is not None:
        return unknown.with_note("used here", span)
    from django.utils.functional import Promise

    if isinstance(value, Promise):
        return Unknown("a lazy translation depends on the active language", span)
    if isinstance(value, set | frozenset) and len(value) > 1:
        return Unknown("the order of a set's items differs from run to run", span)
    if isinstance(value, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return Unknown("a function has no text of its own", span)
    cls: Any = type(value)
    if cls.__str__ is object.__str__ and cls.__repr__ is object.__repr__:
        return Unknown(f"an object of class `{cls.__name__}` has no text of its own", span)
    if isinstance(value, list | tuple):
        for item in value:
            if (refused := as_text(item, span)) is not None:
                return refused
    if type(value).__module__ == "pgtrigger_codegen.evaluator.values":
        return Unknown(f"a {type(value).__name__} has no text of its own", span)
    return None
