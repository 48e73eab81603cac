"""PGT006: something that may declare triggers was not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.lint.causes import code_of_gap
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.project_place import place_of_project
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.unread import GapKind
from pgtrigger_codegen.source.wording import counted


class UnreadSource(Rule):
    """## What it does
    Reports each place at which the analysis could not look further, so that it does not know
    whether triggers are declared there: a file or folder that cannot be opened, an import of the
    project's own code that leads nowhere, an installed app that was not found, a part of
    `INSTALLED_APPS` that is not known, a branch that depends on an assumed value, and a declaration
    of which the analysis has no account.

    It is information only where most likely no trigger of the project is affected: an app of a
    package that is not in the environment, for instance.

    ## Why is this bad?
    Unread code may declare triggers. So no trigger is removed or pruned that may be declared in
    such a place, `makemigrations` and `makemigrations --check` exit with 2, and a trigger in such
    a place is neither checked nor migrated.

    ## Example
    ```python
    # shop/models/__init__.py, without a file shop/models/item.py
    from .item import Item
    ```

    ## Use instead
    ```python
    # shop/models/__init__.py, with a file shop/models/item.py
    from .item import Item
    ```
    """

    code = "PGT006"
    name = "unread-source"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        gaps = [gap for gap in context.analysis.certificate.stated if code_of_gap(gap) == self.code]
        absent = [gap for gap in gaps if gap.kind is GapKind.APP_NOT_FOUND and not gap.blocks]
        for gap in gaps:
            if gap.blocks:
                yield self._of_gap(gap, gap.reason, context)
            elif gap.kind is GapKind.ASSUMED_BRANCH:
                continue  # what is assumed is listed as a note
            elif gap not in absent[1:] and _has_triggers(context):
                reason = gap.reason
                if gap in absent and len(absent) > 1:
                    others = counted(len(absent) - 1, "other app")
                    reason += f" (the same holds for {others})"
                yield self._of_gap(gap, reason, context)

    def _of_gap(self, gap: Gap, reason: str, context: LintContext) -> Diagnostic:
        return self.diagnostic(
            f"Not read: {reason}. This may hide {gap.concerns.words}",
            gap.span or place_of_project(context.analysis),
            severity=Severity.WARNING if gap.blocks else Severity.INFO,
            help=_HELP[gap.kind],
        )


def _has_triggers(context: LintContext) -> bool:
    """Whether what may be hidden is of interest to the project at all."""
    return bool(context.analysis.triggers or context.analysis.unresolved)


_HELP: Final[Mapping[GapKind, str]] = {
    GapKind.UNREADABLE_FILE: "Give the user who runs this the right to read it, or put a regular "
    "file in its place",
    GapKind.REFUSED_FILE: "Give the user who runs this the right to read it, or put a regular file "
    "in its place",
    GapKind.SYNTAX_ERROR: "Correct the file",
    GapKind.READING_FAILED: "Report the failure, with the file that provokes it",
    GapKind.MISSING_IMPORT: "Add the file, or remove the import",
    GapKind.DYNAMIC_IMPORT: "Import the modules by names that are written in the source",
    GapKind.MISSING_MODELS: "Restore the `models` module, or delete the models in a migration",
    GapKind.APP_NOT_FOUND: (
        "Run this where the app is installed, or point `python` under"
        " `[tool.pgtrigger-codegen]` at that environment"
    ),
    GapKind.SETTINGS_NOT_FOUND: "Name the settings module: `settings` under "
    "`[tool.pgtrigger-codegen]`",
    GapKind.UNKNOWN_SETTING: "Pin the value under `[tool.pgtrigger-codegen.env]`",
    GapKind.ASSUMED_BRANCH: (
        "Pin the variable under `[tool.pgtrigger-codegen.env]`, or point `python` under"
        " `[tool.pgtrigger-codegen]` at the project's environment"
    ),
    GapKind.LIMIT_PASSED: "Simplify the declaration, so that fewer steps evaluate it",
    GapKind.MISSING_PROVIDER: "Install the provider, or write one as docs/providers.md shows",
    GapKind.UNRESOLVED_DECLARATION: "Use values that are written in the source",
    GapKind.UNREAD_BASE: "Use values that are written in the source",
    GapKind.UNREACHED_SITE: "Import its module when Django starts, or delete the declaration",
    GapKind.UNACCOUNTED_SITE: (
        "Write the declaration in `Meta.triggers` or as a call of `register` at the top of"
        " a module that Django imports; please report the case"
    ),
}
