"""Stage migrations: operations with arguments that Django itself would fail on.

Operations are made without being checked: Django does not look at an argument before it runs the
migration. Nothing of ours has to expect a `name` that is no string.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation

from pgtrigger_codegen.evaluator.values.own_kinds import type_name

_NAMES = ("model_name", "name", "new_name", "old_name")
_LISTS = ("database_operations", "state_operations")
_OPTION_TEXTS = ("app_label", "db_table", "db_tablespace", "swappable")


def malformed(operation: Operation) -> str | None:
    """What is wrong with an operation's arguments, in words; None where Django could run it."""
    given = vars(operation)
    for name in _NAMES:
        if name in given and not isinstance(given[name], str) and not _may_lack(operation, name):
            return _wrong(operation, name, given[name], "a string")
    for name in _LISTS:
        if not isinstance(given.get(name), list | tuple | None):
            return _wrong(operation, name, given[name], "a list")
    if not isinstance(given.get("table"), str | None):
        return _wrong(operation, "table", given["table"], "a string")
    if "hints" in given and not isinstance(given["hints"], Mapping | None):
        return _wrong(operation, "hints", given["hints"], "a dictionary")
    if isinstance(operation, operations.CreateModel | operations.AlterModelOptions):
        return _wrong_options(operation, operation.options)
    return None


def _may_lack(operation: Operation, name: str) -> bool:
    """Whether Django takes None: an index may be known by its fields instead."""
    return isinstance(operation, operations.RenameIndex) and name == "old_name"


def _wrong_options(operation: Operation, options: object) -> str | None:
    if not isinstance(options, Mapping):
        return _wrong(operation, "options", options, "a dictionary")
    for name in _OPTION_TEXTS:
        if not isinstance(options.get(name), str | None):
            return _wrong(operation, f"options[{name!r}]", options[name], "a string")
    if not isinstance(options.get("triggers", ()), list | tuple):
        return _wrong(operation, "options['triggers']", options["triggers"], "a list")
    return None


def _wrong(operation: Operation, name: str, value: Any, wanted: str) -> str:
    kind = type_name(value)
    return f"`{name}` of {type(operation).__name__} is of type {kind}, and not {wanted}"
