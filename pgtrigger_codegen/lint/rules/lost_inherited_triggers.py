"""PGT103: a `Meta` that drops the triggers of an abstract base."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Fix, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.fixes.meta_fix import meta_fix
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import LostTriggers
from pgtrigger_codegen.source.module import Module, SourceSyntaxError, read_module


class LostInheritedTriggers(Rule):
    """## What it does
    Reports a model whose abstract base declares triggers that do not arrive, because the model
    has a `Meta` of its own that does not derive from the base's, or because it inherits the
    `Meta` of an earlier base.

    A `Meta` that sets `triggers` says itself which triggers the model has, and is not reported.
    So `triggers = []` is the way to do without them on purpose.

    ## Why is this bad?
    Django uses one `Meta`: the class's own or, without one, that of the first abstract base which
    has one. It does not merge them. So a `Meta` that was added for an ordering or a table name
    silently removes the triggers, and the table loses their protection.

    ## Example
    ```python
    class Audited(models.Model):
        class Meta:
            abstract = True
            triggers = [pgtrigger.Protect(name="protect_deletes", operation=pgtrigger.Delete)]

    class Order(Audited):
        class Meta:
            ordering = ["created"]
    ```

    ## Use instead
    ```python
    class Order(Audited):
        class Meta(Audited.Meta):
            ordering = ["created"]
    ```

    ## Fix
    `Meta` is derived from the base's. That is safe when `Meta` has no other bases and the
    base's `Meta` has no options besides `triggers` and `abstract` that would now be inherited
    too; otherwise the fix is unsafe. There is none where it would not help, and none for a class
    without a `Meta`.
    """

    code = "PGT103"
    name = "lost-inherited-triggers"
    severity = Severity.ERROR
    fixable = True

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for lost in context.analysis.lost_triggers:
            yield self.diagnostic(
                _message(lost),
                lost.span,
                notes=[Note(f"`{lost.base}` declares {_pronoun(lost)}", lost.base_span)],
                help=_help(lost),
                fix=_fix(lost),
            )


def _message(lost: LostTriggers) -> str:
    names = ", ".join(f"`{name}`" for name in lost.triggers)
    if len(lost.triggers) == 1:
        what = f"trigger {names}"
    else:
        what = f"triggers {names}" if names else "triggers"
    if lost.cause == "own-meta":
        return f"`class Meta` of `{lost.model}` drops the inherited {what} of `{lost.base}`"
    arrive = "does not arrive" if len(lost.triggers) == 1 else "do not arrive"
    return (
        f"`{lost.model}` inherits the `Meta` of an earlier base, so the {what} of"
        f" `{lost.base}` {arrive}"
    )


def _pronoun(lost: LostTriggers) -> str:
    return "it" if len(lost.triggers) == 1 else "them"


def _help(lost: LostTriggers) -> str:
    everything = f"`triggers = [*{lost.base}.Meta.triggers, ...]`"
    if lost.cause == "other-base":
        return (
            "Give the class a `Meta` that derives from the `Meta` of each base that it needs,"
            " and lists"
            f" their triggers: {everything}"
        )
    if lost.keeps_others or f"{lost.base}.Meta" in lost.meta_bases:
        return f"List the triggers of the base as well: {everything}"
    bases = ", ".join((*lost.meta_bases, f"{lost.base}.Meta"))
    return f"Derive `Meta` from the base's `Meta`: `class Meta({bases})`"


def _fix(lost: LostTriggers) -> Fix | None:
    try:
        module = _read(lost.span.path)
        same = lost.base_span.path == lost.span.path
        base_module = module if same else _read(lost.base_span.path)
    except (OSError, SourceSyntaxError):  # a file has changed since it was analysed
        return None
    return meta_fix(lost, module, base_module)


def _read(path: str) -> Module:
    return read_module("", Path(path), is_package=False, first_party=True)
