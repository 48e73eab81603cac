"""Stage sql: values of a type that the statement which takes them refuses."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pgtrigger_codegen.sql import builtins
from pgtrigger_codegen.sql.body_facts import Taken
from pgtrigger_codegen.sql.coercion import (
    ROW,
    UNKNOWN,
    Type,
    convertible,
    in_words,
    is_only_if_infinite,
)
from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.literals import invalid_literal
from pgtrigger_codegen.sql.parser import Node


class Refused(NamedTuple):
    """Why a value is not taken.

    Attributes:
        is_certain: Whether all values of that type but NULL are refused.
    """

    message: str
    help: str
    is_certain: bool = True


def refused(taken: Taken, tree: Node, given: Type, target: Type) -> Refused | None:
    """Why a statement does not take a value.

    Args:
        tree: The expression.
        given: Its type.
        target: The type of the variable, where one takes it.
    """
    match taken.wanted:
        case "array":
            known = "text" if given == UNKNOWN else given
            if known in (None, ROW) or builtins.category(known or "") == "A":
                return None
            message = f"FOREACH expression must yield an array, not type {in_words(known)}"
            return Refused(message, "Use FOR … IN SELECT to go through other things")
        case "boolean":
            return _of_type("bool", given, tree)
        case "integer":
            return _of_type("int4", given, tree)
        case "variable":
            return _of_variable(taken, tree, given, target)


def _of_variable(taken: Taken, tree: Node, given: Type, target: Type) -> Refused | None:
    if target is None or target == ROW:
        return None
    if taken.is_element:
        if target != "jsonb" and not target.endswith("[]"):
            return None
        wanted = target.removesuffix("[]")
        text = text_of(tree)
        if text is not None and not (wanted != "jsonb" and text.lstrip()[:1] == "{"):
            message = invalid_literal(wanted, text)  # braces: a slice of an array
            return Refused(message, _AS_TYPE) if message is not None else None
        if wanted == "jsonb" or given is None or not given.endswith("[]"):
            target = wanted
    if not convertible(target, given):
        return Refused(_never(target, given), _CAST)
    if is_only_if_infinite(target, given):
        return Refused(_only_if(target, given, "is infinite"), _CAST, is_certain=False)
    return None


def _of_type(wanted: Literal["bool", "int4"], given: Type, tree: Node) -> Refused | None:
    """A condition, or a bound of a loop."""
    if given in (None, UNKNOWN, ROW, wanted):
        return None
    help = "Compare the value with something" if wanted == "bool" else _CAST
    if not convertible(wanted, given):
        return Refused(_never(wanted, given), help)
    kind = builtins.category(given or "")
    # Settings and arguments of triggers are texts on purpose; a column is one for other reasons.
    if kind == "S" and len(tree.get("ColumnRef", {}).get("fields", ())) == 2:
        only = "says true or false" if wanted == "bool" else "has nothing but digits"
    elif kind == "N" and wanted == "bool":
        only = "is 0 or 1"
    else:
        return None
    return Refused(_only_if(wanted, given, only), help, is_certain=False)


def _never(target: Type, given: Type) -> str:
    return f"a value of type {in_words(given)} is never a valid {in_words(target)}"


def _only_if(target: Type, given: Type, what: str) -> str:
    return f"a value of type {in_words(given)} is a valid {in_words(target)} only if it {what}"


_AS_TYPE = "Write the constant as its type has it"
_CAST = "Write an expression of the type that is needed"
