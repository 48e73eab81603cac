"""PGT113: `register` on a model of the project, which could say so itself."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.fixes.registration_fix import fixes_into_meta
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class ProgrammaticRegistration(Rule):
    """## What it does
    Reports `pgtrigger.register(...)`, as a decorator or as a call, on a model of the project.

    The rule is a matter of taste, so it is off unless you select it. Default many-to-many through
    models are left out: they have no class that could have a `Meta`.

    ## Why is this bad?
    The class of the model does not show the trigger. A call in another module only works as long
    as something imports that module. Other tools that read `Meta`, and models that inherit it, do
    not see such a trigger.

    ## Example
    ```python
    class Order(models.Model):
        class Meta:
            ordering = ["created"]

    pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(Order)
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        class Meta:
            ordering = ["created"]
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
    ```

    ## Fix
    The triggers move into `Meta.triggers` of the model, from another module too, with the imports
    that they need. There is no fix for a call inside a function, a condition or a loop, for
    triggers that use what the model's module does not have where the class begins, and for a
    `Meta` that cannot be read off the source. The fix is unsafe where another app registers the
    trigger: its migrations held it until now. Imports that nothing uses any more are left to
    you.
    """

    code = "PGT113"
    name = "programmatic-registration"
    severity = Severity.WARNING
    fixable = True
    on_by_default = False

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        if context.analysis.project.settings.get("PGTRIGGER_MODEL_META", True) is not True:
            return  # then nothing but a call is left
        triggers = [trigger for trigger in context.analysis.triggers if _is_on_own_class(trigger)]
        fixes = fixes_into_meta(context.analysis, triggers)
        for trigger in triggers:
            call = trigger.registered
            assert call is not None
            assert call.class_span is not None
            in_call = call.span.contains(trigger.span)
            yield self.diagnostic(
                f"Trigger `{trigger.uri}` is registered by a call: the class of"
                f" `{trigger.model}` does not mention the trigger",
                trigger.span if in_call else call.span,
                notes=[
                    *([] if in_call else [Note("the trigger is made here", trigger.span)]),
                    Note(f"`{trigger.model}` is declared here", call.class_span),
                ],
                help=f"Put the trigger into `Meta.triggers` of `{trigger.model}`",
                fix=fixes.get((call.span, call.class_span)),
            )


def _is_on_own_class(trigger: CompiledTrigger) -> bool:
    return trigger.registered is not None and trigger.registered.class_span is not None
