"""PGT104: two triggers of one name on one table."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class DuplicateTriggerName(Rule):
    """## What it does
    Reports a trigger whose name is taken: by another trigger on the same table (through the
    model, a proxy of it, or a `register` call), or, rarely, by a trigger on any table whose
    identifier in PostgreSQL happens to be the same.

    The finding is a warning where the same trigger comes to a table twice by inheritance.

    ## Why is this bad?
    django-pgtrigger raises `KeyError` as the project starts: names are unique on a table,
    however many models stand for it. A trigger that a model and its proxy both inherit from an
    abstract base passes that check, and then fires twice.

    The identifier in PostgreSQL ends in five hexadecimal digits of a hash. With one name used
    on hundreds of models two can be equal, and django-pgtrigger refuses that as well.

    ## Example
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [
                pgtrigger.Protect(name="protect", operation=pgtrigger.Delete),
                pgtrigger.Protect(name="protect", operation=pgtrigger.Insert),
            ]
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [
                pgtrigger.Protect(name="protect_deletes", operation=pgtrigger.Delete),
                pgtrigger.Protect(name="protect_inserts", operation=pgtrigger.Insert),
            ]
    ```
    """

    code = "PGT104"
    name = "duplicate-trigger-name"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        names: dict[tuple[str, str], CompiledTrigger] = {}
        pgids: dict[str, CompiledTrigger] = {}
        for trigger in context.analysis.foreign_triggers:
            names.setdefault((trigger.table, trigger.name), trigger)
            pgids.setdefault(trigger.pgid, trigger)
        for trigger in sorted(
            context.analysis.triggers, key=lambda trigger: (trigger.span, trigger.uri)
        ):
            same_name = names.setdefault((trigger.table, trigger.name), trigger)
            same_pgid = pgids.setdefault(trigger.pgid, trigger)
            if same_name is not trigger:
                yield self._same_name(context, same_name, trigger)
            elif same_pgid is not trigger:
                yield self._same_pgid(context, same_pgid, trigger)

    def _same_name(
        self, context: LintContext, first: CompiledTrigger, trigger: CompiledTrigger
    ) -> Diagnostic:
        table = f"Trigger name `{trigger.name}` is already used on table `{trigger.table}`"
        if first.span == trigger.span and first.uri != trigger.uri:
            return self.diagnostic(
                f"{table}: `{first.uri}` and `{trigger.uri}` are one trigger, which fires twice",
                _place(context, trigger),
                severity=Severity.WARNING,
                notes=[
                    Note(
                        f"the trigger comes to the table as `{first.uri}` here",
                        _place(context, first),
                    ),
                    Note("the trigger is declared here", trigger.span),
                ],
                help="Keep the trigger on one of the two models",
            )
        return self.diagnostic(
            f"{table}: django-pgtrigger raises an error as the project starts",
            trigger.span,
            notes=[Note(f"the name is first used here, as `{first.uri}`", first.span)],
            help="Give the two triggers different names",
        )

    def _same_pgid(
        self, context: LintContext, first: CompiledTrigger, trigger: CompiledTrigger
    ) -> Diagnostic:
        return self.diagnostic(
            f"Trigger `{trigger.uri}` gets the identifier `{trigger.pgid}`, which trigger"
            f" `{first.uri}` already has",
            _place(context, trigger),
            notes=[Note(f"`{first.uri}` is declared here", _place(context, first))],
            help="Give one of the two triggers another name: the identifier follows from it",
        )


def _place(context: LintContext, trigger: CompiledTrigger) -> Span:
    """The class that inherits a trigger says more than the base, which all of them share."""
    model = context.analysis.models.get(f"{trigger.app_label}.{trigger.model}")
    if trigger.origin == "inherited" and model is not None:
        return model.span
    return trigger.span
