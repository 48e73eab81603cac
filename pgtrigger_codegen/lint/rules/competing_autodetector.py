"""PGT503: an app that replaces the migration autodetector."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import text_of
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.project.project import App

_COMMANDS = ("makemigrations", "migrate")
_IMPORT = re.compile(
    r"^from django\.db\.migrations\.autodetector import .*\bMigrationAutodetector\b", re.MULTILINE
)
_ASSIGNMENT = re.compile(r"\b(autodetector|MigrationAutodetector)\s*=(?!=)")


class CompetingAutodetector(Rule):
    """## What it does
    Reports, outside RunSQL mode, an installed app whose own `makemigrations` or `migrate` command
    brings an autodetector that derives from Django's and not from django-pgtrigger's.

    ## Why is this bad?
    django-pgtrigger replaces the autodetector of these commands as the project starts. When
    another package's command has its own autodetector, triggers are not detected: no migration is
    written for them, and no message says so.

    ## Example
    ```python
    INSTALLED_APPS = ["pgtrigger", "other_package_with_an_autodetector", "shop"]
    ```

    ## Use instead
    ```python
    INSTALLED_APPS = ["pgtrigger", "other_package_with_an_autodetector", "shop"]
    PGTRIGGER_MIGRATIONS = False
    ```

    `pgtrigger-codegen makemigrations` needs no autodetector of Django's.
    """

    code = "PGT503"
    name = "competing-autodetector"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        place = setting_place(context.analysis, "INSTALLED_APPS")
        if (
            place is None
            or context.analysis.project.settings.runsql_mode
            or not context.analysis.triggers
        ):
            return
        for app in context.analysis.project.apps.values():
            command = _competing_command(app)
            if command and app.name != "pgtrigger":
                yield self.diagnostic(
                    f"App `{app.name}` brings a `{command}` command with an autodetector of its"
                    " own, which does not see triggers",
                    place,
                    help="Set `PGTRIGGER_MIGRATIONS = False` and write the migrations with"
                    " `pgtrigger-codegen makemigrations`, or derive that autodetector from"
                    " django-pgtrigger's mixin too",
                )


def _competing_command(app: App) -> str | None:
    for command in _COMMANDS:
        text = text_of(app.path / "management" / "commands" / f"{command}.py")
        if _IMPORT.search(text) and _ASSIGNMENT.search(text) and "pgtrigger" not in text:
            return command
    return None
