"""Whether an object that the server does not find certainly does not exist.

The tables here are made from the models alone. Functions, operators, types and columns may be made
by SQL of the project, of which some file then speaks.
"""

from __future__ import annotations

import re

from msgspec import Struct

from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts


class UnmodelledSource(Struct, frozen=True):
    """Places besides the models that may make objects in a database.

    Attributes:
        texts: All that the project may set up its databases with.
        has_all_tables: Whether all models were read, those of other packages included.
        tables: The names of the tables of all models.
    """

    texts: ProjectTexts
    has_all_tables: bool
    tables: frozenset[str] = frozenset()


NO_UNIQUE = "42P10"
UNDEFINED_COLUMN = "42703"
UNDEFINED_TABLE = "42P01"
_UNDEFINED_FUNCTION = "42883"
_UNDEFINED_OBJECT = "42704"
_UNDEFINED_SCHEMA = "3F000"
_NO_RIGHT = "42501"
_OF_THE_STATEMENT = 'window "'  # a name that the statement itself would have to bring
_TOO_LONG = frozenset({"55P03", "57014"})
_OF_TYPES = frozenset({"22P02", "42804", "42846"})


def doubt(state: str, message: str, source: UnmodelledSource) -> str | None:
    """Why the server may be wrong, in words; None where it is certainly right.

    Args:
        state: The error's five characters.
    """
    if state in _TOO_LONG:
        return message
    if state == _NO_RIGHT:
        return f"{message} (verify works as a role without rights)"
    if state == _UNDEFINED_FUNCTION:
        return _of_function(message, source)
    if state == UNDEFINED_TABLE:
        return _of_relation(message, source)
    if state == _UNDEFINED_OBJECT and not message.startswith(_OF_THE_STATEMENT):
        return _of_type(message, source)
    if state == _UNDEFINED_SCHEMA:
        return f"{message}, as far as the models say"
    if state == UNDEFINED_COLUMN:
        return _of_column(message, source.texts)
    if state == NO_UNIQUE and source.texts.mention(_UNIQUE):
        return f"{message}, and SQL of the project mentions UNIQUE"
    if state in _OF_TYPES and source.texts.mention(_TYPES):
        return f"{message}, and SQL of the project changes types"
    return None


_TYPE = re.compile(r"type \"(?:[^\"]+\.)?(\w+)\" does not exist")
_FUNCTION = re.compile(r"(?:function|procedure) (?:\S+\.)?\"?(\w+)\"?\(")
_RELATION = re.compile(r"relation \"(?:[^\"]+\.)?([^\".]+)\"")
_COLUMN = re.compile(r"column (?:\S+\.)?\"?(\w+)\"?|has no field \"(\w+)\"")
_EXTENSIONS = r"\bEXTENSION\b|\b[A-Z]\w+Extension\("
_TYPES = r"\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b|\bCREATE\s+(CAST|OPERATOR)\b"
_UNIQUE = r"\bUNIQUE\s+INDEX\b|\bADD\s+(CONSTRAINT\s+\S+\s+)?UNIQUE\b"


def _of_function(message: str, source: UnmodelledSource) -> str | None:
    texts, match = source.texts, _FUNCTION.match(message)
    if match is not None and not source.has_all_tables:
        # A package that was not read may make it by a migration.
        return f"{message}, as far as the project was read"
    made = _TYPES if match is None else rf"\bFUNCTION\b[^(;]{{0,80}}\b{re.escape(match[1])}\b"
    if texts.mention(made) or texts.mention(_TYPES):
        return f"{message}, and SQL of the project mentions it"
    if texts.mention(_EXTENSIONS):
        return f"{message}, and the project uses extensions"
    return None


def _of_relation(message: str, source: UnmodelledSource) -> str | None:
    """Of a table that no model has: it may be a model's that was not read, or made by SQL."""
    if "FROM-clause entry" in message:
        return None  # a name that the statement itself would have to bring
    match = _RELATION.search(message)
    if match is None or not source.has_all_tables:
        return f"{message}, as far as the models say"
    if match[1] in source.tables:
        return f"{message}, since it could not be made"
    name = re.escape(match[1])
    made = rf"\b(TABLE|VIEW|SEQUENCE)\b[^(;]{{0,80}}\b{name}\b|db_table\W+{name}\b"
    if source.texts.mention(made, match[1].lower()):
        return f"{message}, and SQL of the project mentions it"
    return None


def _of_type(message: str, source: UnmodelledSource) -> str | None:
    match = _TYPE.match(message)
    if match is None or not source.has_all_tables:
        return f"{message}, as far as the models say"
    made = rf"\b(TYPE|DOMAIN|TABLE|VIEW)\b[^(;]{{0,80}}\b{re.escape(match[1])}\b"
    if source.texts.mention(made, match[1].lower()) or source.texts.mention(_EXTENSIONS):
        return f"{message}, as far as the models say"
    return None


def _of_column(message: str, texts: ProjectTexts) -> str | None:
    match = _COLUMN.search(message)
    if match is None:
        return f"{message}, as far as the models say"
    name = match[1] or match[2]
    added = rf"\bADD\s+(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?[\\\"]*{re.escape(name)}\b"
    if texts.mention(added, name.lower()):
        return f"{message}, and SQL of the project adds one of that name"
    return None
