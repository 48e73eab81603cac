"""The values of names after branches of which only one will run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.values.imported import LazyImport
from pgtrigger_codegen.evaluator.values.unknown import Unknown


def merge(
    before: Mapping[str, Any],
    outcomes: Sequence[Mapping[str, Any]],
    bound: Collection[str],
    why: Unknown,
) -> dict[str, Any]:
    """The names after blocks of which only one has run: what they agree on, and what not.

    Args:
        before: The names before.
        outcomes: The names after each block.
        bound: Names that statements of the blocks bind.
        why: What a name is that they do not agree on.
    """
    names: dict[str, Any] = {}
    for name in dict.fromkeys(name for outcome in outcomes for name in outcome):
        values = [outcome.get(name, _MISSING) for outcome in outcomes]
        if isinstance(before.get(name), LazyImport) and name not in bound:
            # Following an import binds it anew, and to the same wherever it is first needed.
            values = [value for value in values if not isinstance(value, LazyImport)]
            values = values[:1] or [before[name]]
        names[name] = _merged(values, why)
    return names


def _merged(values: list[Any], why: Unknown) -> Any:
    """What values of one name have in common: of lists, the items they begin with."""
    first = values[0]
    if all(_is_same(value, first) for value in values):
        return first
    # No named tuple, which is made of as many values as it has names.
    if type(first) not in (list, tuple) or any(type(value) is not type(first) for value in values):
        return why
    shared = []
    for items in zip(*values, strict=False):
        if not all(_is_same(item, items[0]) for item in items):
            break
        shared.append(items[0])
    return type(first)([*shared, Unknown(why.reason, why.span, why.notes, spread=True)])


def _is_same(left: Any, right: Any) -> bool:
    """Whether it makes no difference which of two values it is."""
    if left is right:
        return True
    return isinstance(left, str | int | bool) and type(left) is type(right) and left == right


_MISSING = object()
