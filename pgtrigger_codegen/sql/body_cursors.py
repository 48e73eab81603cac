"""Stage sql: cursors that are fetched from before they are opened, or opened or closed twice.

Only statements of the body's outermost level are compared with each other: in the order of the
text, each of them runs once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pgtrigger_codegen.sql.parser import Node, walk


class Misuse(NamedTuple):
    """What PostgreSQL says of a statement, and the word that this begins with."""

    message: str
    keyword: str


def misused_cursors(function: Node) -> dict[int, Misuse]:
    """The statements that fail, by their lines in the parser's tree."""
    block = function.get("action", {}).get("PLpgSQL_stmt_block", {})
    if "exceptions" in block:
        return {}
    # None: whether it is open is not known.
    is_open: dict[int, bool | None] = {}
    names: dict[int, str] = {}
    for number, datum in enumerate(function.get("datums", ())):
        node = datum.get("PLpgSQL_var", {})
        type_name = node.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
        if "cursor_explicit_expr" in node or type_name.lower().endswith("refcursor"):
            is_open[number] = False if "default_val" not in node or _is_bound(node) else None
            names[number] = node.get("refname", "")
    found = {}
    for statement in block.get("body", ()):
        ((kind, node),) = statement.items()
        number = node.get("curvar", -1)
        if kind in _ACTIONS and number in is_open:
            wanted = kind != "PLpgSQL_stmt_open"
            if is_open[number] is not None and is_open[number] is not wanted and "lineno" in node:
                message = _MESSAGES[wanted].format(name=names[number])
                found[node["lineno"]] = Misuse(message, kind.removeprefix(_PREFIX).upper())
            is_open[number] = kind != "PLpgSQL_stmt_close"
        else:
            is_open.update(dict.fromkeys(is_open.keys() & set(_used(statement)), None))
    return found


def _is_bound(node: Node) -> bool:
    return "cursor_explicit_expr" in node


def _used(statement: Node) -> Iterator[int]:
    """The variables that a statement may change, of those that can be told by their numbers."""
    for key, value in walk(statement):
        if key in ("curvar", "varno"):
            yield value


_PREFIX = "PLpgSQL_stmt_"
_ACTIONS = frozenset({"PLpgSQL_stmt_open", "PLpgSQL_stmt_fetch", "PLpgSQL_stmt_close"})
_MESSAGES = {True: 'cursor "{name}" is not open', False: 'cursor "{name}" already in use'}
