"""PGT102: a proxy of a default many-to-many through model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pgtrigger_codegen.lint.context import LintContext
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.project_files import migration_texts
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.through_fix import through_fix
from pgtrigger_codegen.models.facts import ModelFact


class DefaultThroughProxy(Rule):
    """## What it does
    Reports a proxy of the through model that Django makes by itself for a `ManyToManyField`.

    It is an error for a through model of the project's own apps in RunSQL mode
    (`PGTRIGGER_MIGRATIONS = False`) as long as no migration makes the proxy, and a warning
    otherwise. In the default mode all such proxies of a project are one finding.

    ## Why is this bad?
    Django writes a `CreateModel` for the proxy, but no migration creates the model that it
    stands for: that one comes with the many-to-many field. Rendering or reversing such a
    migration can raise `InvalidBasesError`. In RunSQL mode and with a through model of the
    project, Django even puts the proxy before the model with the field, so `migrate` fails on
    an empty database.

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
        runsql_mode = context.analysis.project.settings.runsql_mode
        proxies = [
            model
            for model in map(
                context.analysis.models.__getitem__, context.analysis.models.through_proxies
            )
            if model.proxy_of is not None and model.through_field is not None and model.first_party
        ]
        if not runsql_mode and len(proxies) > 1:
            # One cause, the mode: what helps is the same for all of them.
            yield self._of_all(proxies)
            return
        for model in proxies:
            assert model.through_field is not None
            fails = (
                runsql_mode
                and _is_first_party(context, model.through_field)
                and not _is_migrated(context, model)
            )
            what = "makes `migrate` fail" if fails else "can make `migrate` fail"
            yield self.diagnostic(
                f"`{model.name}` is a proxy of `{model.proxy_of}`, the default through model of"
                f" `{model.through_field}`, which {what} with `InvalidBasesError`",
                model.span,
                severity=Severity.ERROR if fails else Severity.WARNING,
                help=_help(model.through_field, runsql_mode=runsql_mode),
                fix=through_fix(context.analysis, model) if runsql_mode else None,
            )

    def _of_all(self, proxies: Sequence[ModelFact]) -> Diagnostic:
        first = proxies[0]
        assert first.through_field is not None
        return self.diagnostic(
            f"`{first.name}` and {len(proxies) - 1} more are proxies of default through models,"
            " which can make `migrate` fail with `InvalidBasesError`",
            first.span,
            severity=Severity.WARNING,
            notes=[
                Note(f"`{model.name}` is a proxy of `{model.proxy_of}`", model.span)
                for model in proxies[1:]
            ],
            help=_help(first.through_field, runsql_mode=False),
        )


def _is_migrated(context: LintContext, proxy: ModelFact) -> bool:
    """Whether a migration makes the proxy already: then somebody has found a place for it."""
    app = context.analysis.project.apps[proxy.app_label]
    name = re.compile(rf"[\"']{re.escape(proxy.name)}[\"']")
    return any(name.search(text) for _, text in migration_texts(iter([app])))


def _is_first_party(context: LintContext, through_field: str) -> bool:
    app = context.analysis.project.apps.get(through_field.partition(".")[0])
    return app is not None and app.first_party


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
