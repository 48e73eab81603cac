"""PGT116: an event model, or its triggers, in an app of another package."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.triggers.compiled import Cause


class ThirdPartyTracking(Rule):
    """## What it does
    Reports a model that a library makes for the project, such as an event model of
    django-pghistory, when it lands in an app that does not belong to the project.
    `track(…)(Model)` does this for another package's model, unless `app_label` says otherwise.

    While django-pgtrigger's own migrations are in use, the rule also reports a tracked model of
    another package: the triggers on it then belong to that package's app.

    ## Why is this bad?
    `makemigrations` writes the model's table, or the triggers, into the installed package, outside
    the project, where it is not committed and is gone with the next deployment. For an app of
    Django's own, django-pghistory raises `ValueError` as the project starts.

    ## Example
    ```python
    from django.contrib.auth.models import User

    pghistory.track()(User)
    ```

    ## Use instead
    ```python
    from django.contrib.auth.models import User

    @pghistory.track()
    class TrackedUser(User):
        class Meta:
            proxy = True
    ```

    Or, in RunSQL mode (`PGTRIGGER_MIGRATIONS = False`), where a trigger is written into the
    project's own app whatever model it is on:

    ```python
    pghistory.track(app_label="accounts")(User)
    ```
    """

    code = "PGT116"
    name = "third-party-tracking"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.FOREIGN_APP:
                yield self.diagnostic(
                    unresolved.reason[:1].upper() + unresolved.reason[1:],
                    unresolved.span,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help=_HELP,
                )
        elsewhere = [
            made
            for made in context.analysis.provided_models
            if made.declared_in_project and not made.first_party_app
        ]
        for made in elsewhere:
            yield self.diagnostic(
                f"Event model `{made.label}` lands in the third-party app `{made.app_label}`: its"
                " table is migrated outside the project",
                made.span,
                help=_HELP,
            )
        if context.analysis.project.settings.runsql_mode:
            return
        for made in context.analysis.provided_models:
            model = context.analysis.models.get(made.target or "")
            if made in elsewhere or model is None or model.first_party:
                continue
            yield self.diagnostic(
                f"`{model.label}` is of the third-party app `{model.app_label}`: django-pgtrigger"
                " writes the triggers on it into that app's migrations, outside the project",
                made.span,
                help="Track a proxy model in an app of the project",
            )


_HELP = "Give `app_label` of one of the project's apps, or track a proxy model in one"
