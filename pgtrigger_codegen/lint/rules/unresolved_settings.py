"""PGT004: a setting that matters to triggers and cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.unread_settings import UnreadSetting, unread_settings
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind

_CONSEQUENCES: Final = {
    "INSTALLED_APPS": "the triggers of an app that is not known are not seen",
    "AUTH_USER_MODEL": "triggers on the user model may be on another table",
    "DEFAULT_AUTO_FIELD": "conditions on keys are not read",
    "MIGRATION_MODULES": "migrations may be written into the wrong folder",
    "PGTRIGGER_MIGRATIONS": "whether migrations may be written here is not known",
    "PGTRIGGER_MODEL_META": "whether migrations may be written here is not known",
    "PGTRIGGER_SCHEMA": "no trigger is read: each may call a function of another schema",
    "TIME_ZONE": "conditions on times are not read",
    "USE_TZ": "conditions on times are not read",
}


class UnresolvedSettings(Rule):
    """## What it does
    Reports a setting on which triggers or their migrations depend, and whose value does not
    follow from the source: `INSTALLED_APPS`, `AUTH_USER_MODEL`, `DEFAULT_AUTO_FIELD`,
    `MIGRATION_MODULES`, `USE_TZ`, `TIME_ZONE` and those of django-pgtrigger. All that one
    expression keeps from being read is one finding: settings, triggers and bases of models.

    ## Why is this bad?
    Dependent values are not known. A trigger may be missed, and a trigger whose SQL depends on
    the setting is unresolved.

    ## Example
    ```python
    PGTRIGGER_MIGRATIONS = load_flags()["migrations"]
    ```

    ## Use instead
    ```python
    PGTRIGGER_MIGRATIONS = False
    ```

    A value from the environment can be pinned in `[tool.pgtrigger-codegen.env]`.
    """

    code = "PGT004"
    name = "unresolved-settings"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        if first_unknown(context.analysis.project.settings.get("INSTALLED_APPS")) is None:
            yield from self._of_gaps(context)
        for span, settings in unread_settings(context.analysis).items():
            yield self._of_cause(span, settings)

    def _of_cause(self, span: Span, settings: Sequence[UnreadSetting]) -> Diagnostic:
        """One finding for an expression, however many settings depend on it."""
        unknown = settings[0].unknown
        *names, last = [f"`{setting.name}`" for setting in settings]
        named = f"{', '.join(names)} and {last}" if names else last
        outcomes = "; ".join(dict.fromkeys(_CONSEQUENCES[setting.name] for setting in settings))
        return self.diagnostic(
            f"{named} cannot be read statically, so {outcomes}: {unknown.reason}",
            span,
            notes=notes_at(unknown.notes, span),
            help="Write the value, or pin what it depends on under `[tool.pgtrigger-codegen.env]`",
        )

    def _of_gaps(self, context: LintContext) -> Iterator[Diagnostic]:
        """What else keeps the installed apps from being known, for projects with triggers."""
        for gap in context.analysis.certificate.stated:
            if gap.kind is not GapKind.UNKNOWN_SETTING or gap.span is None:
                continue
            if gap.blocks or context.analysis.triggers or context.analysis.unresolved:
                yield self.diagnostic(
                    f"{gap.reason[:1].upper()}{gap.reason[1:]}, so"
                    f" {_CONSEQUENCES['INSTALLED_APPS']}",
                    gap.span,
                    severity=Severity.WARNING if gap.blocks else Severity.INFO,
                    help="Name the apps in a plain list, choose a settings module that does"
                    " (`settings` under `[tool.pgtrigger-codegen]`), or list them there as `apps`",
                )
