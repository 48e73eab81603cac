"""PGT504: django-pgtrigger's schema editor turned off."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.lint.rule import Rule


class SchemaEditorDisabled(Rule):
    """## What it does
    Reports `PGTRIGGER_SCHEMA_EDITOR = False` in a project with triggers whose condition or
    `UpdateOf` names columns.

    ## Why is this bad?
    PostgreSQL refuses to change the type of a column that the definition of a trigger names.
    django-pgtrigger's schema editor takes the trigger away for the time of the change. Without
    it, the first `AlterField` on such a column fails.

    ## Example
    ```python
    PGTRIGGER_SCHEMA_EDITOR = False
    ```

    ## Use instead
    ```python
    PGTRIGGER_SCHEMA_EDITOR = True
    ```
    """

    code = "PGT504"
    name = "schema-editor-disabled"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        name = "PGTRIGGER_SCHEMA_EDITOR"
        place = setting_place(context.analysis, name)
        named = next((trigger for trigger in context.analysis.triggers if trigger.columns), None)
        if (
            place is None
            or named is None
            or context.analysis.project.settings.get(name) is not False
        ):
            return
        yield self.diagnostic(
            f"`{name} = False`: a change of type of a column that a trigger's definition names"
            " fails, unless a migration drops the trigger first",
            place,
            notes=[Note(f"`{named.uri}` names column `{named.columns[0]}`", named.span)],
            help="Remove the setting",
        )
