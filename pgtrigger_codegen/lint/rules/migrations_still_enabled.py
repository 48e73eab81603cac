"""PGT502: django-pgtrigger's own migrations beside those of this tool."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import migration_texts
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.span import Span

# The first line of what `makemigrations` writes.
_MARK = ", written by pgtrigger-codegen."


class MigrationsStillEnabled(Rule):
    """## What it does
    Reports a project whose migrations hold triggers as plain SQL, written by
    `pgtrigger-codegen`, while `PGTRIGGER_MIGRATIONS` is not `False`.

    ## Why is this bad?
    Django's own `makemigrations` does not know of these triggers. The next time it runs, it
    plans an `AddTrigger` for each of them, and from then on two tools change one trigger.

    ## Example
    ```python
    INSTALLED_APPS = ["pgtrigger", "shop"]
    ```

    ## Use instead
    ```python
    INSTALLED_APPS = ["pgtrigger", "shop"]
    PGTRIGGER_MIGRATIONS = False
    ```
    """

    code = "PGT502"
    name = "migrations-still-enabled"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        settings = context.analysis.project.settings
        mode = settings.get("PGTRIGGER_MIGRATIONS")
        place = setting_place(context.analysis, "PGTRIGGER_MIGRATIONS")
        if settings.runsql_mode or isinstance(mode, Unknown) or place is None:
            return
        for path, text in migration_texts(context.analysis.project.first_party_apps):
            if _MARK in text.partition("\n")[0]:
                start = Span(str(path), 1, 1, 1, 1 + len(text.partition("\n")[0]))
                yield self.diagnostic(
                    "Migrations hold triggers as plain SQL, but django-pgtrigger's own migrations"
                    " are on: `manage.py makemigrations` adds each trigger once more",
                    place,
                    notes=[Note("this one, for instance", start)],
                    help="Set `PGTRIGGER_MIGRATIONS = False`",
                )
                return
