"""PGT409: trigger SQL that would reach a database that is not PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.planning.placement import Placement


class NonPostgresqlDatabase(Rule):
    """## What it does
    Reports, in RunSQL mode, a database in the settings whose engine is not PostgreSQL, in a project
    with triggers.

    ## Why is this bad?
    `RunSQL` runs on every database that is migrated and that the routers allow. There, the SQL of
    a trigger is a syntax error.

    ## Example
    ```python
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
    ```

    ## Use instead
    ```python
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
    ```

    With several databases, keep the triggers' apps out of the others by a router, or name the
    databases that have the triggers: `databases = ["default"]` under `[tool.pgtrigger-codegen]`.
    """

    code = "PGT409"
    name = "non-postgresql-database"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        settings = context.analysis.project.settings
        place = setting_place(context.analysis, "DATABASES")
        if place is None or not settings.runsql_mode or not context.analysis.triggers:
            return
        databases = context.analysis.config.databases
        placement = Placement(settings, databases, context.analysis.allow_migrate)
        try:
            for trigger in context.analysis.triggers:
                app_label, _, name = trigger.concrete_model.partition(".")
                models = {trigger.uri: (app_label, name.lower())}
                placement.require_postgresql(trigger.migration_app, models)
        except MigrationsError as error:
            message = str(error).partition("\n")[0]
            help = error.help or ""
            yield self.diagnostic(
                message[:1].upper() + message[1:], place, help=help[:1].upper() + help[1:]
            )
