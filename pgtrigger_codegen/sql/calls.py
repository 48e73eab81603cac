"""Stage sql: calls of functions that PostgreSQL does not have, or not for such arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pgtrigger_codegen.source.misspelling import misspelt
from pgtrigger_codegen.sql import builtins, coercion
from pgtrigger_codegen.sql.coercion import ROW, Type, in_words
from pgtrigger_codegen.sql.constant_faults import of_unit, text_of, unknown_type
from pgtrigger_codegen.sql.functions_elsewhere import ELSEWHERE
from pgtrigger_codegen.sql.literals import invalid_literal
from pgtrigger_codegen.sql.not_unique import (
    CAST_HELP,
    NO_POLYMORPHIC_TYPE,
    is_not_unique,
    lacks_type,
)
from pgtrigger_codegen.sql.parser import INNER, Node, strings
from pgtrigger_codegen.sql.patterns import PATTERN_HELP, of_pattern_call
from pgtrigger_codegen.sql.setting_names import misspelt_in_call


class CallFault(Struct, frozen=True):
    """An error that PostgreSQL reports as soon as the statement runs.

    Attributes:
        message: In PostgreSQL's words.
        location: Where in the statement, in bytes.
        size: How many characters there; 0 for the whole statement.
        columns: Names of columns whose types count.
        column: The column that is not there.
        function: The function that is not there, or not for such arguments.
        extension: The one that has the function, and that something has to install.
    """

    message: str
    help: str
    location: int
    columns: frozenset[str] = frozenset()
    column: str | None = None
    function: str | None = None
    extension: str | None = None
    size: int = 0


def call_fault(node: Node, given: Sequence[Type]) -> tuple[CallFault | None, Type]:
    """Why a call fails, as far as that is certain, and the type of what it gives.

    Args:
        given: The types of the arguments.
    """
    *schema, name = strings(node["funcname"])
    if (called := _of_value(schema, name)) is not None:
        return called, None
    if schema not in ([], ["pg_catalog"]):
        return None, None
    signatures = builtins.functions(name)
    if not signatures:
        return _unknown(name, given, is_builtin=bool(schema)), None
    if (problem_of_unit := of_unit(name, node.get("args", ()))) is not None:
        help = "Name a part of a date that PostgreSQL knows"
        return CallFault(problem_of_unit, help, 0, function=name), None
    if _has_own_syntax(node) and name not in _LISTED_IN_OWN_SYNTAX:
        return None, coercion.result(signatures)
    if (refused := _of_values(name, node, given)) is not None:
        message, help = refused
        return CallFault(message, help, 0, function=name), coercion.result(signatures)
    if fits := coercion.fitting(signatures, given):
        if not builtins.is_type(name) and (undecided := _undecided(name, fits, given)) is not None:
            return CallFault(undecided, CAST_HELP, 0, function=name), None
        if (literal := _of_literals(node["args"] if given else (), fits)) is not None:
            return CallFault(literal, "Write the constant as its type has it", 0), None
        exact = [one for one in fits if one.expanded(len(given)) == tuple(given)]
        return None, coercion.resolved(exact or coercion.preferred(fits, given), given)
    if len(given) == 1 and (builtins.is_type(name) or given[0] == ROW):
        return None, None  # `text(x)` is a cast, and `name(row)` a column
    return CallFault(missing(name, given), _help(name, signatures), 0, function=name), None


def _of_value(schema: list[str], name: str) -> CallFault | None:
    """A column of a row that is called, or has a method called, as other languages do."""
    if not schema or schema[0] not in ("new", "old"):
        return None
    if len(schema) == 1:
        message = f'schema "{schema[0]}" does not exist'
        return CallFault(message, f"Elements of an array have brackets: {name}[1]", 0)
    message = f"cross-database references are not implemented: {'.'.join((*schema, name))}"
    return CallFault(message, f"Give the value as an argument: {name}({'.'.join(schema)})", 0)


def _of_values(name: str, node: Node, given: Sequence[Type]) -> tuple[str, str] | None:
    """What a function refuses that takes arguments of such types."""
    arguments = node.get("args", ())
    if name in _OF_PAIRS and len(given) % 2:
        return "argument list must have even number of elements", "Give a value for each key"
    if (refused := of_pattern_call(name, arguments)) is not None:
        return refused, PATTERN_HELP
    if (unknown := misspelt_in_call(node)) is not None:
        return unknown
    return format_problem(node) if name == "format" else None


def _undecided(name: str, fits: Sequence[builtins.Signature], given: Sequence[Type]) -> str | None:
    """Why the types of literals do not tell which function is called, or what it gives."""
    if is_not_unique(fits, given):
        return f"function {name}({', '.join(map(in_words, given))}) is not unique"
    return NO_POLYMORPHIC_TYPE if lacks_type(fits, given) else None


def _of_literals(arguments: Sequence[Node], fits: Sequence[builtins.Signature]) -> str | None:
    """Why a literal among the arguments is no value of any type that it could have there."""
    for index, argument in enumerate(arguments):
        text = text_of(argument)
        if text is None:
            continue
        types = {(one.expanded(len(arguments)) or ())[index] for one in fits}
        messages = [invalid_literal(name, text) for name in sorted(types)]
        if all(messages):
            return messages[0]
    return None


def unknown_type_fault(node: Node) -> CallFault | None:
    """What is wrong with a type's name that is misspelt or another database's."""
    found = unknown_type(node)
    if found is None:
        return None
    written, meant = found
    message = f'type "{written}" does not exist'
    return CallFault(message, f"Did you mean `{meant}`?", 0, column=written)


def own_call(node: Node) -> str | None:
    """The name of a function that is neither built in nor an extension's, where it is called."""
    *schema, name = strings(node["funcname"])
    if schema not in ([], ["public"]) or builtins.functions(name) or builtins.extension_of(name):
        return None
    return None if _has_own_syntax(node) else name


def missing(name: str, given: Sequence[Type]) -> str:
    """PostgreSQL's words for a function that does not exist for such arguments."""
    return f"function {name}({', '.join(map(in_words, given))}) does not exist"


def has_aggregate(tree: object, *, of_rows: bool = False) -> bool:
    """Whether an aggregate is called there, and not in a query within.

    Args:
        of_rows: Look for `count(*)` alone, which is never an aggregate of the query around.
    """
    return any(is_aggregate(call) for call in calls_in(tree) if "agg_star" in call or not of_rows)


def has_window(tree: object) -> bool:
    """Whether a window function is called there, and not in a query within."""
    return any("over" in call for call in calls_in(tree))


def calls_in(tree: object) -> Iterator[Node]:
    """The calls in a tree, those in a query within left out."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            if "FuncCall" in node:
                yield node["FuncCall"]
            pending += [
                value
                for key, value in node.items()
                if isinstance(value, INNER) and key != "SubLink"
            ]


def is_aggregate(call: Node) -> bool:
    """Whether a call is one of an aggregate, over the rows of a group."""
    names = strings(call["funcname"])
    signatures = builtins.functions(names[-1]) if len(names) == 1 and "over" not in call else ()
    return bool(signatures) and all(one.kind == "aggregate" for one in signatures)


def may_be_aggregate(call: Node) -> bool:
    """Whether a call is one of an aggregate, or of a function that is not known here."""
    names = strings(call["funcname"])
    known = builtins.functions(names[-1]) if len(names) == 1 or names[0] == "pg_catalog" else ()
    return not known or "agg_within_group" in call or is_aggregate(call)


def is_window_function(call: Node) -> bool:
    """Whether a call is one of a window function, without the window that it needs."""
    *schema, name = strings(call["funcname"])
    signatures = builtins.functions(name) if schema in ([], ["pg_catalog"]) else ()
    return (
        "over" not in call
        and "agg_within_group" not in call
        and bool(signatures)
        # Some are hypothetical-set aggregates as well, with WITHIN GROUP.
        and {one.kind for one in signatures} <= {"window function", "ordered-set aggregate"}
        and any(one.kind == "window function" for one in signatures)
    )


def _unknown(name: str, given: Sequence[Type], *, is_builtin: bool) -> CallFault | None:
    """A function that is not built in: of an extension, misspelt, or someone's own."""
    if (extension := builtins.extension_of(name)) is not None and not is_builtin:
        return CallFault(
            missing(name, given),
            f"Install the extension in a migration: `CreateExtension({extension!r})`",
            0,
            function=name,
            extension=extension,
        )
    meant = ELSEWHERE.get(name) or misspelt(name, builtins.called_by_name())
    if meant is None and not is_builtin:
        return None
    help = f"Did you mean `{meant}`?" if meant else "PostgreSQL has no such function"
    return CallFault(missing(name, given), help, 0, function=name)


def _help(name: str, signatures: Sequence[builtins.Signature]) -> str:
    known = [f"`{name}({', '.join(map(in_words, one.arguments))})`" for one in signatures[:4]]
    more = ", …" if len(signatures) > 4 else ""
    return f"Give the arguments that it takes, or cast them: {', '.join(known)}{more}"


def _has_own_syntax(node: Node) -> bool:
    """Whether the arguments are not simply listed."""
    return (
        node.get("funcformat") == "COERCE_SQL_SYNTAX"
        or not {"agg_star", "agg_within_group", "func_variadic"}.isdisjoint(node)
        or any("NamedArgExpr" in argument for argument in node.get("args", ()))
    )


# Their own syntax lists all arguments, and no more.
_LISTED_IN_OWN_SYNTAX = frozenset(
    {"btrim", "extract", "ltrim", "overlay", "position", "rtrim", "substring", "timezone"}
)
_OF_PAIRS = frozenset({"json_build_object", "jsonb_build_object"})
_FIELD = re.compile(r"%(?P<position>\d+\$)?-?(?P<width>\d+|\*(\d+\$)?)?(?P<type>.?)", re.DOTALL)


def format_problem(node: Node) -> tuple[str, str] | None:
    """What is wrong with the template of FORMAT, where that is a literal."""
    template, *arguments = node["args"] if node.get("args") else ({},)
    text = template.get("A_Const", {}).get("sval", {}).get("sval")
    if text is None:
        return None
    needed = 0
    for field in _fields(text):
        if field["type"] == "%" and field["position"] is None:
            continue
        if field["type"] not in tuple("sIL"):
            message = (
                f'unrecognized format() type specifier "{field["type"]}"'
                if field["type"]
                else "unterminated format() type specifier"
            )
            return message, "FORMAT knows %s, %I and %L, and %% for a percent sign"
        if field["position"] is not None or (field["width"] or "").startswith("*"):
            return None
        needed += 1
    if needed > len(arguments):
        return "too few arguments for format()", "Give a value for each %s, %I and %L"
    return None


def _fields(template: str) -> Iterator[re.Match[str]]:
    position = 0
    while (match := _FIELD.search(template, position)) is not None:
        yield match
        position = match.end()
