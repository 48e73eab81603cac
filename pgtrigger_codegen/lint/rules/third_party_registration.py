"""PGT101: a trigger registered on another package's model."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Fix, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.fixes.proxy_fix import ProxyFixes
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class ThirdPartyRegistration(Rule):
    """## What it does
    Reports `pgtrigger.register(...)` on a model of an app that does not belong to the project,
    once for each call.

    It is an error while django-pgtrigger's own migrations are in use, unless `MIGRATION_MODULES`
    has the app's migrations in the project; then, and in RunSQL mode (`PGTRIGGER_MIGRATIONS =
    False`), it is a warning. In that mode, default many-to-many through models are left out: to
    register on them is the right way.

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
        for calls in _by_call(context.analysis, runsql_mode=runsql_mode).values():
            trigger, model = calls[0]
            place = _Destination(context.analysis.project, trigger, model)
            through = _is_default_through(model)
            yield self.diagnostic(
                f"{_words(calls)} of the third-party app `{model.app_label}`",
                trigger.span,
                severity=Severity.ERROR if place.is_outside else Severity.WARNING,
                notes=[place.note],
                help=_help(through=through),
                fix=None if runsql_mode or through else _fix(fixes, trigger, model),
            )


Registered = tuple[CompiledTrigger, ModelFact]


def _by_call(analysis: Analysis, *, runsql_mode: bool) -> dict[Span, list[Registered]]:
    """What is registered on models of others, by the call that does it."""
    found: dict[Span, list[Registered]] = {}
    # Fixes are made in the order of the source: a later one adds to an earlier one's proxy.
    for trigger in sorted(analysis.triggers, key=lambda trigger: trigger.span):
        if trigger.origin not in ("register", "hook"):
            continue
        model = analysis.models.get(f"{trigger.app_label}.{trigger.model}")
        if model is None or model.first_party or (runsql_mode and _is_default_through(model)):
            continue
        call = trigger.registered.span if trigger.registered is not None else trigger.span
        found.setdefault(call, []).append((trigger, model))
    return found


def _words(calls: list[Registered]) -> str:
    triggers = list(dict.fromkeys(f"`{trigger.name}`" for trigger, _ in calls))
    models = list(dict.fromkeys(f"`{model.label}`" for _, model in calls))
    one = len(triggers) == 1
    names = " and ".join(filter(None, (", ".join(triggers[:-1]), triggers[-1])))
    more = f" and {len(models) - 1} more" if len(models) > 1 else ""
    return (
        f"Trigger{'' if one else 's'} {names} {'is' if one else 'are'} registered on"
        f" {models[0]}{more}, {'a model' if not more else 'models'}"
    )


class _Destination:
    """Where the migration of a trigger would be written."""

    def __init__(self, project: Project, trigger: CompiledTrigger, model: ModelFact) -> None:
        self._span = trigger.span
        self._in_own_app = trigger.migration_app if project.settings.runsql_mode else None
        app = project.apps.get(model.app_label)
        self._app_label = model.app_label
        self._folder = app.migrations_dir if app is not None else None
        self._shown = project.display_path(self._folder) if self._folder is not None else ""
        self._is_inside = self._folder is not None and any(
            self._folder.is_relative_to(root) and "site-packages" not in self._folder.parts
            for root in (project.root, *project.first_party_roots)
        )

    @property
    def is_outside(self) -> bool:
        """Whether it would be lost."""
        return self._in_own_app is None and not self._is_inside

    @property
    def note(self) -> Note:
        """What to say of it."""
        if self._in_own_app is not None:
            message = f"its SQL is written into the migrations of `{self._in_own_app}`"
        elif self._is_inside:
            message = (
                f"django-pgtrigger writes it into `{self._shown}`, among the migrations of"
                f" `{self._app_label}`"
            )
        else:
            where = f" (`{self._shown}`)" if self._shown else ""
            message = (
                f"django-pgtrigger writes it into the migrations of `{self._app_label}`, outside"
                f" the project{where}, where it is lost"
            )
        return Note(message, self._span)


def _fix(fixes: ProxyFixes, trigger: CompiledTrigger, model: ModelFact) -> Fix | None:
    if trigger.registered is None or model.swapped_by is not None:
        return None
    return fixes.fix(trigger.registered.span, model, trigger.migration_app)


def _is_default_through(model: ModelFact) -> bool:
    return model.through_field is not None and model.proxy_of is None


def _help(*, through: bool) -> str:
    if through:
        return (
            "Set `PGTRIGGER_MIGRATIONS = False`: then the trigger is written into the migrations"
            " of the project's own app"
        )
    return "Declare it in `Meta.triggers` of a proxy model in an app of the project"
