"""PGT505: `Meta.triggers` turned off with django-pgtrigger's operations in history."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import migration_texts
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.span import Span

_ADD_TRIGGER = re.compile(r"^.*\bAddTrigger\(", re.MULTILINE)


class ModelMetaDisabled(Rule):
    """## What it does
    Reports `PGTRIGGER_MODEL_META = False` in a project whose migrations, or those of an installed
    package, have django-pgtrigger's `AddTrigger` operations.

    ## Why is this bad?
    `AddTrigger` puts the trigger into the options of the model's state. With this setting Django
    does not know the option `triggers` any more, so `migrate` ends with a `TypeError`.

    ## Example
    ```python
    PGTRIGGER_MODEL_META = False
    ```

    ## Use instead
    ```python
    PGTRIGGER_MIGRATIONS = False
    ```
    """

    code = "PGT505"
    name = "model-meta-disabled"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        name = "PGTRIGGER_MODEL_META"
        place = setting_place(context.analysis, name)
        if place is None or context.analysis.project.settings.get(name) is not False:
            return
        for path, text in migration_texts(iter(context.analysis.project.apps.values())):
            match = _ADD_TRIGGER.search(text) if "pgtrigger" in text else None
            if match:
                line = text.count("\n", 0, match.start()) + 1
                width = len(match[0]) + 1
                yield self.diagnostic(
                    f"`{name} = False`, but migrations add triggers with django-pgtrigger's"
                    " operations: `migrate` ends with a `TypeError`",
                    place,
                    notes=[Note("this one, for instance", Span(str(path), line, 1, line, width))],
                    help="Set `PGTRIGGER_MIGRATIONS = False` instead, which turns off no more than"
                    " the detection of changes",
                )
                return
