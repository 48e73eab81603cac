"""PGT101: a trigger registered on another package's model."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.context import LintContext
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Fix, Note, Severity
from pgtrigger_codegen.lint.proxy_fix import ProxyFixes
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class ThirdPartyRegistration(Rule):
    """## What it does
    Reports `pgtrigger.register(...)` on a model of an app that does not belong to the project.

    It is an error while django-pgtrigger's own migrations are in use, and a warning in RunSQL
    mode (`PGTRIGGER_MIGRATIONS = False`). There, default many-to-many through models are left
    out: to register on them is the right way.

    ## Why is this bad?
    With django-pgtrigger's own migrations, the trigger belongs to the app of the model. So
    `makemigrations` writes it into the installed package, outside the project, where it is not
    committed and is gone with the next deployment.

    In RunSQL mode `pgtrigger-codegen` writes it into the app that makes the call, and nothing
    is lost. But the declaration does not say so: that the project changes another package's
    table is easier to see, and to find, in a proxy model. And it goes wrong as soon as
    django-pgtrigger's own migrations are turned on again.

    ## Example
    ```python
    from django.contrib.auth.models import User

    pgtrigger.register(pgtrigger.Protect(name="keep_users", operation=pgtrigger.Delete))(User)
    ```

    ## Use instead
    ```python
    from django.contrib.auth.models import User

    class ProtectedUser(User):
        class Meta:
            proxy = True
            triggers = [pgtrigger.Protect(name="keep_users", operation=pgtrigger.Delete)]
    ```

    ## Fix
    Outside RunSQL mode a proxy model takes the place of the call. That is unsafe: the trigger
    gets another name in the database, so a migration has to drop the old one, and the proxy is a
    new model with permissions of its own. There is no fix for a call inside a function, a
    condition or a loop, and none for a default through model.
    """

    code = "PGT101"
    name = "third-party-registration"
    severity = Severity.ERROR
    fixable = True

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        runsql_mode = context.analysis.project.settings.runsql_mode
        fixes = ProxyFixes(context.analysis)
        # Fixes are made in the order of the source: a later one adds to an earlier one's proxy.
        for trigger in sorted(context.analysis.triggers, key=lambda trigger: trigger.span):
            if trigger.origin not in ("register", "hook"):
                continue
            model = context.analysis.models.get(f"{trigger.app_label}.{trigger.model}")
            if model is None or model.first_party:
                continue
            through = _is_default_through(model)
            if runsql_mode and through:
                continue
            yield self.diagnostic(
                f"Trigger `{trigger.name}` is registered on `{model.label}`, a model of the"
                " third-party app"
                f" `{model.app_label}`",
                trigger.span,
                severity=Severity.WARNING if runsql_mode else Severity.ERROR,
                notes=[_destination(trigger, model, runsql_mode=runsql_mode)],
                help=_help(through=through),
                fix=None if runsql_mode or through else _fix(fixes, trigger, model),
            )


def _fix(fixes: ProxyFixes, trigger: CompiledTrigger, model: ModelFact) -> Fix | None:
    if trigger.registered is None or model.swapped_by is not None:
        return None
    return fixes.fix(trigger.registered.span, model, trigger.migration_app)


def _is_default_through(model: ModelFact) -> bool:
    return model.through_field is not None and model.proxy_of is None


def _destination(trigger: CompiledTrigger, model: ModelFact, *, runsql_mode: bool) -> Note:
    if runsql_mode:
        message = f"its SQL is written into the migrations of `{trigger.migration_app}`"
    else:
        message = (
            f"django-pgtrigger writes it into the migrations of `{model.app_label}`, outside the"
            " project, where it is lost"
        )
    return Note(message, trigger.span)


def _help(*, through: bool) -> str:
    if through:
        return (
            "Set `PGTRIGGER_MIGRATIONS = False`: then the trigger is written into the migrations"
            " of the project's own app"
        )
    return "Declare it in `Meta.triggers` of a proxy model in an app of the project"
