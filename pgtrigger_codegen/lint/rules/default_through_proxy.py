"""PGT102: a proxy of a default many-to-many through model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import migration_texts
from pgtrigger_codegen.lint.fixes.through_fix import through_fix
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.project.project import Settings


class DefaultThroughProxy(Rule):
    """## What it does
    Reports a proxy of the through model that Django makes by itself for a `ManyToManyField`.

    It is an error where Django certainly fails. In RunSQL mode (`PGTRIGGER_MIGRATIONS = False`) it
    fails where one migration makes the proxy and, after it, the field in the same app: so do the
    migrations of an app that has none yet. And in either mode where the settings have tests run
    without migrations (`"TEST": {"MIGRATE": False}`). Otherwise it is a warning. In the default
    mode all such proxies of a project are one finding.

    ## Why is this bad?
    Django writes a `CreateModel` for the proxy, but no migration creates the model that it
    stands for: that one comes with the many-to-many field. With django-pgtrigger's own migrations
    that works, as long as nothing changes: `migrate` fails (`InvalidBasesError`, or a relation that
    does not exist) once the model or the field is renamed or moved, once the field is removed and
    its proxy is in another app, and once a setting like `AUTH_USER_MODEL` puts another model in its
    place. That is so in Django 5.2 and 6.1; the [limits](../limits.md) have the whole table.

    In RunSQL mode there is no need for a proxy: what is registered on a through model is written
    into the migrations of the app that makes the call.

    ## Example
    ```python
    class OrderTagTriggers(Order.tags.through):
        class Meta:
            proxy = True
            triggers = [pgtrigger.Protect(name="keep_tags", operation=pgtrigger.Delete)]
    ```

    ## Use instead
    ```python
    pgtrigger.register(
        pgtrigger.Protect(name="keep_tags", operation=pgtrigger.Delete)
    )(Order.tags.through)
    ```

    Or make the through model an ordinary one (`ManyToManyField(through=…)`).

    ## Fix
    In RunSQL mode the call takes the place of the proxy. That is unsafe: the trigger gets another
    name in the database, and the proxy is deleted, from the next migration too. There is no fix
    for a proxy that does more than to declare triggers, or that is named elsewhere.
    """

    code = "PGT102"
    name = "default-through-proxy"
    severity = Severity.ERROR
    fixable = True

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        settings = context.analysis.project.settings
        proxies = [
            model
            for model in map(
                context.analysis.models.__getitem__, context.analysis.models.through_proxies
            )
            if model.proxy_of is not None and model.through_field is not None and model.first_party
        ]
        untested = _tests_without_migrations(settings)
        if not settings.runsql_mode:
            if proxies:
                # One cause, the mode: what helps is the same for all of them.
                yield self._of_all(proxies, untested=untested)
            return
        for model in proxies:
            assert model.through_field is not None
            fails = _fails_at_once(context, model, model.through_field)
            yield self.diagnostic(
                f"`{model.name}` is a proxy of `{model.proxy_of}`, the default through model of"
                f" `{model.through_field}`, {_consequence(fails=fails, untested=untested)}",
                model.span,
                severity=Severity.ERROR if fails or untested else Severity.WARNING,
                help=_help(model.through_field, runsql_mode=True),
                fix=through_fix(context.analysis, model),
            )

    def _of_all(self, proxies: Sequence[ModelFact], *, untested: bool) -> Diagnostic:
        first = proxies[0]
        assert first.through_field is not None
        more = len(proxies) - 1
        what = (
            f"`{first.name}` and {more} more are proxies of default through models"
            if more
            else f"`{first.name}` is a proxy of `{first.proxy_of}`, the default through model of"
            f" `{first.through_field}`"
        )
        return self.diagnostic(
            f"{what}, {_consequence(fails=False, untested=untested)}",
            first.span,
            severity=Severity.ERROR if untested else Severity.WARNING,
            notes=[
                Note(f"`{model.name}` is a proxy of `{model.proxy_of}`", model.span)
                for model in proxies[1:]
            ],
            help=_help(first.through_field, runsql_mode=False),
        )


def _consequence(*, fails: bool, untested: bool) -> str:
    if fails:
        return "which makes `migrate` fail on an empty database with `InvalidBasesError`"
    if untested:
        return (
            "which makes tests fail with `InvalidBasesError`: the settings have them run without"
            " migrations"
        )
    return (
        "which can make `migrate` fail: once the model or the field is renamed, moved or swapped,"
        ' and tests without migrations (`"TEST": {"MIGRATE": False}`)'
    )


def _tests_without_migrations(settings: Settings) -> bool:
    """Whether tests make the tables of the default database from the models as they are."""
    databases = settings.get("DATABASES")
    default = databases.get("default") if isinstance(databases, dict) else None
    test = default.get("TEST") if isinstance(default, dict) else None
    return isinstance(test, dict) and test.get("MIGRATE") is False


def _fails_at_once(context: LintContext, proxy: ModelFact, through_field: str) -> bool:
    """Whether one migration makes the proxy, and only then the field."""
    label, _, field = through_field.split(".")
    app = context.analysis.project.apps.get(label)
    if label != proxy.app_label or app is None or not app.first_party:
        return False
    makes_proxy = re.compile(rf"[\"']{re.escape(proxy.name)}[\"']")
    makes_field = re.compile(rf"[\"']{re.escape(field)}[\"'][^()]*?\bManyToManyField\b")
    is_made = False
    for _, text in migration_texts(iter([app])):
        made, given = makes_proxy.search(text), makes_field.search(text)
        if made is not None:
            return given is not None and made.start() < given.start()
        is_made = is_made or given is not None
    return not is_made


def _help(through_field: str, *, runsql_mode: bool) -> str:
    if runsql_mode:
        _, model, field = through_field.split(".")
        return (
            "Drop the proxy and register its triggers on the through model:"
            f" `pgtrigger.register(...)({model}.{field}.through)`"
        )
    return (
        "Set `PGTRIGGER_MIGRATIONS = False`, so that no proxy is needed, or make the through"
        " model an ordinary one (`through=`)"
    )
