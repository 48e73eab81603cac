"""Finds ON CONFLICT with columns or constraints by which nothing conflicts.

Models say what is unique, and what their constraints are called. SQL may make more, so the
project's texts are asked as well, once there is something to report.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts
from pgtrigger_codegen.models.facts import ConstraintFact, ModelFact
from pgtrigger_codegen.sql.parser import Node


class TargetFault(NamedTuple):
    """PostgreSQL's words, and what to do."""

    message: str
    help: str


def unmatched_target(insert: Node, model: ModelFact, texts: ProjectTexts) -> TargetFault | None:
    """What is wrong with the target of an INSERT's ON CONFLICT."""
    infer = insert.get("onConflictClause", {}).get("infer", {})
    if "conname" in infer:
        return _of_name(infer["conname"], model, texts)
    items = [item["IndexElem"] for item in infer.get("indexElems", ())]
    columns = [item.get("name") for item in items]
    if not columns or None in columns or model.columns is None:
        return None
    if any("collation" in item or "opclass" in item for item in items):
        return None
    if not set(columns) <= set(model.columns):
        return None  # for `unknown-table`
    if len(columns) == 1 and columns[0] in model.unique:
        return None
    same = [one for one in model.constraints or () if set(one.columns) == set(columns)]
    fitting = [one for one in same if not one.is_partial or "whereClause" in infer]
    if any(not one.is_deferrable for one in fitting):
        return None
    if any(_may_be_unique(column, model, texts) is False for column in columns):
        if fitting:
            return TargetFault(_DEFERRABLE, _OF_DEFERRABLE)
        return TargetFault(_NOTHING, _OF_PARTIAL if same else _OF_NOTHING)
    return None


def _may_be_unique(column: str, model: ModelFact, texts: ProjectTexts) -> bool:
    """Whether a text speaks of a column and of something unique together."""
    fields = {column: field for field, column in model.field_columns}
    names = {re.escape(name) for name in (column, fields.get(column, column)) if name}
    word = rf"\b(?:{'|'.join(sorted(names))})\b"
    if model.constraints is None:
        return texts.mention(rf"{_UNIQUE}{_SAME}{word}|{word}[^,;()]{{0,80}}{_UNIQUE}")
    own = rf"\b{re.escape(column)}\b"
    return texts.mention(rf"{_IN_SQL}\s*\([^);]*{own}|{own}[^,;()]{{0,80}}\bunique\b(?!\s*=)")


def _of_name(name: str, model: ModelFact, texts: ProjectTexts) -> TargetFault | None:
    if model.constraints is None:
        return None
    known = {one.name: one for one in model.constraints if one.name is not None}
    found = known.get(name)
    if found is not None and found.kind != "index":
        return _of_constraint(found)
    if _MADE_UP.search(name) or texts.mention(
        rf"(?<!on )constraint\W+{re.escape(name)}\b|\busing\s+index\W+{re.escape(name)}\b"
    ):
        return None
    message = f'constraint "{name}" for table "{model.table}" does not exist'
    return TargetFault(message, _OF_INDEX if found is not None else _meant(name, known))


def _of_constraint(found: ConstraintFact) -> TargetFault | None:
    if found.kind == "check":
        help = "Name a constraint that makes rows unique"
        return TargetFault("constraint in ON CONFLICT clause has no associated index", help)
    return TargetFault(_DEFERRABLE, _OF_DEFERRABLE) if found.is_deferrable else None


def _meant(name: str, known: dict[str, ConstraintFact]) -> str:
    names = list(_usable(known))
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"Its constraints are {', '.join(names)}" if names else _OF_NOTHING


def _usable(known: dict[str, ConstraintFact]) -> Iterator[str]:
    return (name for name, one in known.items() if one.kind in ("unique", "other"))


_NOTHING = "there is no unique or exclusion constraint matching the ON CONFLICT specification"
_OF_NOTHING = "Name columns that are unique together, or add a `UniqueConstraint` to the model"
_OF_PARTIAL = "Add the condition of the unique constraint: ON CONFLICT (…) WHERE …"
_OF_INDEX = "Django makes an index of it, and no constraint: name its columns, and its condition"
_DEFERRABLE = (
    "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters"
)
_OF_DEFERRABLE = "Name a constraint that is not deferrable, or leave the target out"
# `unique=True` of another field says nothing of a column.
_SAME = r"(?:(?!models\.\w|\bclass\b)[\s\S]){0,600}?"  # not of a field or model further down
_UNIQUE = r"\b(?:unique(?!\s*=)|unique_together|UniqueConstraint|(?:Composite)?Primary\s*Key)\b"
_IN_SQL = r"\b(?:unique\s+index\b[^(;]{0,200}|unique|nulls\s+(?:not\s+)?distinct|primary\s+key)"
# What Django and PostgreSQL make up.
_MADE_UP = re.compile(r"_(pkey|key|uniq|excl|fkey|idx)\d*$|_[0-9a-f]{8}(_|$)")
