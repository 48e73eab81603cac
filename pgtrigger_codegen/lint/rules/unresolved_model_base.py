"""PGT003: a model with a base class that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.baseless_models import BaselessModel, baseless_models
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.unread_settings import unread_settings
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.absent_packages import needed_package
from pgtrigger_codegen.triggers.compiled import Cause


class UnresolvedModelBase(Rule):
    """## What it does
    Reports a model of the project one of whose bases cannot be read: it comes from a package
    that is not found, or from a call.

    ## Why is this bad?
    The base may declare triggers, which the model inherits, and fields, which its triggers may
    name. As long as the base is not read, no trigger is ever removed from the model's table, and a
    trigger that needs a field of the base cannot be migrated.

    ## Example
    ```python
    class Order(make_base("orders")):
        total = models.IntegerField()
    ```

    ## Use instead
    ```python
    class Order(OrderBase):
        total = models.IntegerField()
    ```

    A base of a package that is not found at all is reported as information only: a hook runs
    without the project's environment, and most such bases are plain mixins. To have it read, run
    `pgtrigger-codegen` where the project's packages are installed, or point `python` under
    `[tool.pgtrigger-codegen]` at their environment.
    """

    code = "PGT003"
    name = "unresolved-model-base"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        analysis = context.analysis
        reported = {unresolved.model for unresolved in analysis.unresolved}
        told = {
            needed_package(unresolved, analysis.absent_packages)
            for unresolved in analysis.unresolved
            if unresolved.cause is Cause.UNREADABLE
        } - {None}
        packages: dict[str, list[BaselessModel]] = {}
        causes: dict[Span, list[BaselessModel]] = {}
        for model in baseless_models(context.analysis.models):
            if model.label in reported:  # `unresolved-trigger` says so already
                continue
            if model.missing_package in told:
                continue  # there as well, for the triggers that need that package
            if model.missing_package is not None:
                packages.setdefault(model.missing_package, []).append(model)
            else:
                causes.setdefault(model.base, []).append(model)
        for base in unread_settings(analysis):  # for `unresolved-settings`
            causes.pop(base, None)
        for base, models in causes.items():
            yield self._of_cause(base, models)
        for package, models in packages.items():
            yield self._without_package(package, models)

    def _of_cause(self, base: Span, models: list[BaselessModel]) -> Diagnostic:
        """One finding for an expression, however many models have what it makes for a base."""
        first = models[0]
        reason = first.unread[:1].upper() + first.unread[1:]
        return self.diagnostic(
            f"{reason}. Triggers and fields that {_names(models)} may get from there are not seen",
            base,
            notes=[
                Note(f"`{model.name}` is declared here", model.span)
                for model in models
                if base.line != model.span.line
            ],
            help="Install the package where `pgtrigger-codegen` finds it (`python` under"
            " `[tool.pgtrigger-codegen]`), or name the base in source",
        )

    def _without_package(self, package: str, models: list[BaselessModel]) -> Diagnostic:
        """One finding for a package, at the first of the models that need it."""
        first = models[0]
        return self.diagnostic(
            f"Package `{package}` is not found. Triggers and fields that {_names(models)}"
            " may get from there are not seen",
            first.base,
            severity=Severity.INFO,
            notes=[
                Note(f"`{model.label}` has a base from this package", model.span)
                for model in models[1:]
            ],
            help="Install the package where `pgtrigger-codegen` finds it (`python` under"
            " `[tool.pgtrigger-codegen]`)",
        )


def _names(models: list[BaselessModel]) -> str:
    first, *others = [f"`{model.label}`" for model in models]
    if len(others) > 1:
        return f"{first} and {len(others)} other models"
    return f"{first} and {others[0]}" if others else first
