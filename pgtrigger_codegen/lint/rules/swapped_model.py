"""PGT111: a trigger on a model that another one stands in for."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named, table_owner
from pgtrigger_codegen.lint.rule import Rule


class SwappedModel(Rule):
    """## What it does
    Reports a trigger on a model that is swapped out: `auth.User` in a project whose
    `AUTH_USER_MODEL` is another model.

    ## Why is this bad?
    A model that is swapped out has no table. The migration of its trigger fails, since the
    relation does not exist.

    ## Example
    ```python
    from django.contrib.auth.models import User

    pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(User)
    ```

    ## Use instead
    ```python
    from django.contrib.auth import get_user_model

    pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(get_user_model())
    ```
    """

    code = "PGT111"
    name = "swapped-model"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger in context.analysis.triggers:
            model = table_owner(context.analysis, trigger)
            if model is not None and model.swapped_by:
                yield self.diagnostic(
                    f"{named(trigger)} is on `{model.label}`, which `{model.swapped_by}` "
                    f"replaces: there is no table `{model.table}`",
                    trigger.span,
                    help=f"Declare it on `{model.swapped_by}`",
                )
