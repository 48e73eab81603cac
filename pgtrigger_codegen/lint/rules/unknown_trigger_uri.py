"""PGT120: a URI that no trigger has, in code that runs."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.certificate.certificate import installed_name
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import is_test, project_module
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.misspelling import meant
from pgtrigger_codegen.source.uri_uses import UriUse, uri_uses
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.triggers.compiled import UnresolvedTrigger


class UnknownTriggerUri(Rule):
    """## What it does
    Reports a URI that no trigger of the project has, where the project's code passes it to
    `pgtrigger.ignore`, `is_ignored`, `constraints`, `install`, `uninstall`, `enable`, `disable`
    or `registered`; and `pgtrigger.constraints` for a trigger that is not deferrable. Without
    URIs, `pgtrigger.constraints` is for all triggers of the project.

    Only URIs that are literals count. Tests are left out, and so is what stands in a `try` with
    a handler. A URI is not reported where a trigger of that name may not have been read.

    ## Why is this bad?
    django-pgtrigger raises `KeyError` when the code runs, and `ValueError` for a trigger that is
    not deferrable. Most often the trigger or its model has been renamed.

    ## Example
    ```python
    with pgtrigger.ignore("shop.Order:keep_orders"):
        order.delete()
    ```

    ## Use instead
    ```python
    with pgtrigger.ignore("shop.Order:keep_order"):
        order.delete()
    ```
    """

    code = "PGT120"
    name = "unknown-trigger-uri"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        analysis = context.analysis
        triggers = (*analysis.triggers, *analysis.foreign_triggers)
        timings = {trigger.uri: trigger.parts.timing for trigger in triggers}
        for path in context.files_with_uris():
            if is_test(path.relative_to(path.anchor)):
                continue
            module = project_module(analysis, path)
            if module is None:
                continue
            for use in uri_uses(module.tree):
                for node in use.uris:
                    uri = str(node.value)
                    if uri not in timings and _is_certain(analysis, uri):
                        yield self.diagnostic(
                            f"No trigger has the URI `{uri}`: `pgtrigger.{use.function}` raises"
                            " `KeyError`",
                            module.span(node),
                            help=_help(uri, timings),
                        )
                for uri in _not_deferrable(use, timings):
                    yield self.diagnostic(
                        f"Trigger `{uri}` is not deferrable: `pgtrigger.constraints` raises"
                        " `ValueError`",
                        module.span(use.call),
                        help="Name triggers that have a `timing`, or give it one"
                        if use.uris
                        else "Name the triggers that have a `timing`: without URIs, every"
                        " trigger must have one",
                    )


def _is_certain(analysis: Analysis, uri: str) -> bool:
    """Whether everything was read that could declare the trigger."""
    label, colon, _ = uri.rpartition(":")
    if not colon:
        return True
    app_label = label.partition(".")[0]
    app = analysis.project.apps.get(app_label)
    if app is None and analysis.project.unread_apps:
        return False
    model = analysis.models.get(label)
    if model is None and any(_is_of(item, app_label) for item in analysis.unresolved):
        return False  # an event model comes with the triggers that make its events
    if app is not None and not app.first_party and model is None:
        return False
    table = QualifiedName(None, "") if model is None else table_name(model.table)
    owner = app_label if app is not None and app.first_party else None
    return analysis.certificate.doubt(table, installed_name(uri), owner) is None


def _is_of(unresolved: UnresolvedTrigger, app_label: str) -> bool:
    return app_label in (unresolved.migration_app, (unresolved.model or "").partition(".")[0])


def _help(uri: str, known: dict[str, str]) -> str:
    if close := meant(uri, known):
        return f"Did you mean `{close}`?"
    label = uri.rpartition(":")[0]
    siblings = sorted(one for one in known if label and one.startswith(f"{label}:"))
    if siblings:
        return f"The triggers of `{label}` are {', '.join(f'`{one}`' for one in siblings)}"
    return "A URI is app_label.ModelName:trigger_name; `pgtrigger-codegen show` lists them all"


def _not_deferrable(use: UriUse, timings: dict[str, str]) -> Iterator[str]:
    if use.function != "constraints" or not use.call.args:
        return
    named = [str(node.value) for node in use.uris]
    if not named and use.is_complete:
        # All that there are: one is enough to say so.
        yield from sorted(uri for uri, timing in timings.items() if not timing)[:1]
    yield from (uri for uri in named if uri in timings and not timings[uri])
