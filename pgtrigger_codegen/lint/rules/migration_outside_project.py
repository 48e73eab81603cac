"""PGT405: a trigger whose migration would belong to another package."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.project.project import App


class MigrationOutsideProject(Rule):
    """## What it does
    Reports, in RunSQL mode, a trigger of the project that belongs in no migrations of the project:
    it is registered on another package's model by a module that lies in no app, or
    `MIGRATION_MODULES` puts the app's migrations into an installed package.

    ## Why is this bad?
    A file in an installed package is not committed, and is gone with the next deployment. So
    `pgtrigger-codegen makemigrations` refuses to write one, and the trigger is never installed.

    ## Example
    ```python
    # config/triggers.py, and "config" is no app
    pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(User)
    ```

    ## Use instead
    ```python
    # shop/triggers.py, imported by the AppConfig of "shop"
    pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(User)
    ```
    """

    code = "PGT405"
    name = "migration-outside-project"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        if not context.analysis.project.settings.runsql_mode:
            return
        for trigger in context.analysis.triggers:
            app = context.analysis.project.apps.get(trigger.migration_app)
            if app is None or _is_own(app):
                continue
            where = (
                "the package's own migrations"
                if not app.first_party
                else f"`{app.migrations_module}`, which is installed"
            )
            yield self.diagnostic(
                f"{named(trigger)} would be written into the migrations of `{app.label}`: {where},"
                " outside of the project",
                trigger.span,
                help="Declare it in a module of an app of the project"
                if not app.first_party
                else "Let MIGRATION_MODULES name a package of the project",
            )


def _is_own(app: App) -> bool:
    folder = app.migrations_dir
    outside = folder is not None and {"site-packages", "dist-packages"} & set(folder.parts)
    return app.first_party and not outside
