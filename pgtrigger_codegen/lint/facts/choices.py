"""Finds values in triggers that are not among the choices of the field they are compared with."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.definitions import table_owner
from pgtrigger_codegen.sql.body_conditions import expression
from pgtrigger_codegen.sql.parser import Node, strings, walk
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class NoChoice(NamedTuple):
    """A value that the field never has, unless something else than Django writes it.

    Attributes:
        meant: The choice that is almost that value.
        choices: All choices.
    """

    value: str
    column: str
    meant: str | None
    choices: tuple[str, ...]


def no_choices(analysis: Analysis, trigger: CompiledTrigger) -> Iterator[NoChoice]:
    """Those in a condition, in the transitions of a state machine, and of a soft deletion."""
    transitions = _TRANSITIONS.search(trigger.parts.func)
    deleted = _SOFTLY_DELETED.fullmatch(trigger.parts.func.strip())
    if transitions is None and deleted is None and "'" not in trigger.parts.condition:
        return
    model = table_owner(analysis, trigger)
    choices = dict(model.choices) if model else {}
    if not choices:
        return
    compared = [*_in_condition(trigger.parts.condition)]
    if transitions is not None:
        compared += _in_transitions(transitions)
    if deleted is not None:
        compared.append((deleted["column"], deleted["value"]))
    for column, value in dict.fromkeys(compared):
        known = choices.get(column)
        if known is not None and value not in known and value:
            close = difflib.get_close_matches(value, known, n=1)
            yield NoChoice(value, column, close[0] if close else None, known)


# As `pgtrigger.FSM` writes them.
_TRANSITIONS = re.compile(
    r"""CONCAT\(OLD\."?(?P<column>[^",]+)"?,\s*'(?P<separator>.)',.*?ANY\('\{(?P<all>[^']*)\}'""",
    re.DOTALL,
)
# As `pgtrigger.SoftDelete` does.
_SOFTLY_DELETED = re.compile(
    r"UPDATE\s+\S+\s+SET\s+(?P<column>\w+)\s*=\s*'(?P<value>[^']*)'\s+WHERE\s.*RETURN NULL;",
    re.DOTALL,
)


class Unreached(NamedTuple):
    """States that a state machine leaves, and that no transition leads to.

    Attributes:
        start: The field's default.
    """

    column: str
    start: str
    states: tuple[str, ...]


def unreached_states(analysis: Analysis, trigger: CompiledTrigger) -> Unreached | None:
    """Those of a `pgtrigger.FSM`, where its field has a default."""
    found = _TRANSITIONS.search(trigger.parts.func)
    if found is None or trigger.parts.condition:
        return None
    model = table_owner(analysis, trigger)
    start = dict(model.defaults).get(found["column"]) if model else None
    if not start:
        return None
    pairs = [one.split(found["separator"]) for one in found["all"].split(",")]
    if any(len(pair) != 2 for pair in pairs):
        return None  # the name of a state has a comma or the separator in it
    reached = {start}
    while new := {to for source, to in pairs if source in reached} - reached:
        reached |= new
    left = tuple(dict.fromkeys(source for source, _ in pairs if source not in reached))
    return Unreached(found["column"], start, left) if left else None


def _in_transitions(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    for transition in match["all"].split(","):
        for value in transition.split(match["separator"]):
            yield match["column"], value


def _in_condition(condition: str) -> Iterator[tuple[str, str]]:
    """Columns of OLD and NEW, with the texts that they are compared with."""
    for key, node in walk(expression(condition.strip()[len("WHEN") :])):
        if key == "A_Expr" and node["kind"] in _EQUALITIES and strings(node["name"]) == ("=",):
            column = _column(node.get("lexpr"))
            right = node.get("rexpr", {})
            items = right.get("List", {}).get("items", [right])
            for value in filter(None, map(_text, items)) if column else ():
                yield column or "", value


_EQUALITIES = frozenset({"AEXPR_OP", "AEXPR_IN", "AEXPR_NOT_DISTINCT"})


def _column(node: object) -> str | None:
    if not isinstance(node, dict):
        return None
    names = strings(_bare(node).get("ColumnRef", {}).get("fields"))
    return names[1] if len(names) == 2 and names[0] in ("old", "new") else None


def _text(node: Node) -> str | None:
    constant = _bare(node).get("A_Const", {})
    text = constant.get("sval", {}).get("sval")
    return str(text) if text else None


def _bare(node: Node) -> Node:
    """A value without casts around it."""
    while "TypeCast" in node:
        node = node["TypeCast"]["arg"]
    return node
