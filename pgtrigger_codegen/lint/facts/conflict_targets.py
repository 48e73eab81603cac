"""Finds ON CONFLICT with columns that have no unique index or constraint.

Constraints of a model's `Meta` are not read as facts. So the project's texts are asked whether any
of them speaks of a column and of something unique together; that is read only once an ON CONFLICT
names columns that are not unique by their fields.
"""

from __future__ import annotations

import re

from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.parser import Node


def unmatched_target(insert: Node, model: ModelFact, texts: ProjectTexts) -> str | None:
    """PostgreSQL's words where nothing unique is on the columns of an INSERT's ON CONFLICT."""
    infer = insert.get("onConflictClause", {}).get("infer", {})
    items = [item["IndexElem"] for item in infer.get("indexElems", ())]
    columns = [item.get("name") for item in items]
    if not columns or None in columns or model.columns is None:
        return None
    if not set(columns) <= set(model.columns):
        return None  # for `unknown-table`
    if len(columns) == 1 and columns[0] in model.unique:
        return None
    fields = {column: field for field, column in model.field_columns}
    for column in columns:
        names = {re.escape(name) for name in (column, fields.get(column, column)) if name}
        word = rf"\b(?:{'|'.join(sorted(names))})\b"
        if not texts.mention(rf"{_UNIQUE}{_SAME}{word}|{word}[^,;()]{{0,80}}{_UNIQUE}"):
            return _MESSAGE
    return None


_MESSAGE = "there is no unique or exclusion constraint matching the ON CONFLICT specification"
# `unique=True` of another field says nothing of a column.
_SAME = r"(?:(?!models\.\w|\bclass\b)[\s\S]){0,600}?"  # not of a field or model further down
_UNIQUE = r"\b(?:unique(?!\s*=)|unique_together|UniqueConstraint|(?:Composite)?Primary\s*Key)\b"
