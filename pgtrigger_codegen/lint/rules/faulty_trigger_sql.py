"""PGT413: SQL about triggers that fails in its migration, or leaves triggers off or unsafe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import is_own_migration, operation_span, replayed_history
from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.watching.faulty_sql import FaultySql, Kind


class FaultyTriggerSql(Rule):
    """## What it does
    Reports `RunSQL` in a migration of the project that

    - drops a trigger which is not there, without `IF EXISTS`, or creates one which is,
    - creates a trigger with a function that nothing in the project makes, or drops a function that
      a trigger executes,
    - disables all triggers of a table (`DISABLE TRIGGER ALL`), and no migration enables them again,
    - creates a trigger's function with `SECURITY DEFINER` and without `SET search_path`, or one
      whose search path does not lead to a table that the function names without a schema.

    What Python code in migrations and SQL that is put together there may have done counts as done.

    ## Why is this bad?
    The migration fails in every new database; a table is left without its triggers, those of
    foreign keys included; or whoever can create a function decides what runs with its owner's
    rights.

    ## Example
    ```python
    migrations.RunSQL(
        "DROP TRIGGER keep ON shop_order",
        "CREATE TRIGGER keep BEFORE DELETE ON shop_order ...",
    )
    ```

    ## Use instead
    ```python
    migrations.RunSQL(
        "DROP TRIGGER keep_order ON shop_order",
        "CREATE TRIGGER keep_order BEFORE DELETE ON shop_order ...",
    )
    ```
    """

    code = "PGT413"
    name = "faulty-trigger-sql"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        found = replayed_history(context.analysis)
        items = found.operations.faulty_sql if found else ()
        texts = ProjectTexts(context.analysis)
        for item in items:
            if is_own_migration(context.analysis, item.migration) and not _is_doubtful(texts, item):
                message, help = _words(item)
                yield self.diagnostic(
                    f"Migration `{'.'.join(item.migration)}` {message}",
                    operation_span(context.analysis, item.migration, item.index),
                    severity=Severity.WARNING if item.kind in _LATER else None,
                    help=help,
                )


_LATER = frozenset({"disabled", "search-path"})
# They are there without anything that makes them.
_LIBRARY = re.compile(
    r"tsvector_update_trigger(_column)?|suppress_redundant_updates_trigger|moddatetime|autoinc"
    r"|insert_username|lo_manage|check_(primary|foreign)_key|triggered_change_notification"
    r"|_?pgtrigger_.*"
)


def _is_doubtful(texts: ProjectTexts, item: FaultySql) -> bool:
    """Whether something that is not replayed may have made what seems to be missing."""
    name = re.escape(item.name)
    if item.kind == "absent":
        made = rf"\b{name}\W+(BEFORE|AFTER|INSTEAD)\b|\bpgid=\W*{name}\b"
        return texts.mention(made) or texts.mention(r"\bTRIGGER\s+[\"\\]*[{%]")
    if item.kind == "no-function":
        made = rf"\b(CREATE|REPLACE)\W+FUNCTION\b[^(;]*\b{name}\b"
        return bool(_LIBRARY.fullmatch(item.name)) or (
            texts.mention(made) or texts.mention(r"\bFUNCTION\s+[\"\\]*[{%]")
        )
    return False


def _words(item: FaultySql) -> tuple[str, str]:
    message, help = _WORDS[item.kind]
    return message.format(name=item.name, other=item.other), help.format(name=item.name)


_WORDS: Mapping[Kind, tuple[str, str]] = {
    "absent": (
        "drops trigger `{name}` of `{other}`, which does not exist: the statement fails",
        "Name an existing trigger, or write `DROP TRIGGER IF EXISTS`",
    ),
    "present": (
        "creates trigger `{name}` of `{other}`, which already exists: the statement fails",
        "Write `CREATE OR REPLACE TRIGGER`, or drop the trigger before",
    ),
    "no-function": (
        "creates trigger `{other}` with function `{name}`, which nothing makes",
        "Create the function before the trigger",
    ),
    "in-use": (
        "drops function `{name}`, which trigger `{other}` executes: the statement fails",
        "Drop the trigger before its function",
    ),
    "disabled": (
        "disables all triggers of `{name}`, and no migration enables them again",
        "Enable them in the same migration, or disable one trigger by name",
    ),
    "search-path": (
        "creates function `{name}` with its owner's rights and the caller's search path",
        "Add `SET search_path = pg_catalog, pg_temp`, and name schemas in the function",
    ),
    "out-of-sight": (
        "creates function `{other}`, whose search path does not lead to table `{name}`",
        "Write `public.{name}`, or add its schema to the search path",
    ),
}
