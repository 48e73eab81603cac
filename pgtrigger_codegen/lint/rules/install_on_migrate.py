"""PGT501: triggers installed after every migrate."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.lint.rule import Rule


class InstallOnMigrate(Rule):
    """## What it does
    Reports `PGTRIGGER_INSTALL_ON_MIGRATE = True`.

    ## Why is this bad?
    With this setting, every `migrate` installs the triggers of the present models, whatever state
    the database is migrated to. Going back to an older migration leaves triggers of newer code,
    and a trigger that names a missing column fails. Triggers in migrations do not need the
    setting, and also exist in the middle of a series of migrations.

    ## Example
    ```python
    PGTRIGGER_MIGRATIONS = False
    PGTRIGGER_INSTALL_ON_MIGRATE = True
    ```

    ## Use instead
    ```python
    PGTRIGGER_MIGRATIONS = False
    ```

    and `pgtrigger-codegen makemigrations`.
    """

    code = "PGT501"
    name = "install-on-migrate"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        name = "PGTRIGGER_INSTALL_ON_MIGRATE"
        place = setting_place(context.analysis, name)
        if place is not None and context.analysis.project.settings.get(name) is True:
            yield self.diagnostic(
                f"`{name}` installs triggers after every `migrate`, whatever state the database"
                " is migrated to",
                place,
                help="Remove the setting, and let migrations install the triggers:"
                " `pgtrigger-codegen makemigrations`",
            )
