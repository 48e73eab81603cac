"""PGT006: something that may declare triggers was not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.errors import docs_url
from pgtrigger_codegen.lint.causes import code_of_gap
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
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
    of which the analysis has no account. One package that is missing is one finding, however many
    imports lead to it; so are all the apps that were not found.

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
        causes: dict[object, list[Gap]] = {}
        told = {missing.library for missing in context.analysis.missing_providers}
        for gap in context.analysis.certificate.stated:
            if code_of_gap(gap) != self.code:
                continue
            if gap.kind is GapKind.UNACCOUNTED_SITE and gap.package in told:
                continue  # `provider-missing` says why
            # What is assumed is listed as a note.
            if gap.blocks or (gap.kind is not GapKind.ASSUMED_BRANCH and _has_triggers(context)):
                causes.setdefault(_cause(gap), []).append(gap)
        for gaps in causes.values():
            yield self._of_cause(gaps, context)

    def _of_cause(self, gaps: Sequence[Gap], context: LintContext) -> Diagnostic:
        """One finding for a cause, at the first of its places."""
        first, *others = gaps
        kind = "app" if first.kind is GapKind.APP_NOT_FOUND else "import"
        more = f" (the same holds for {counted(len(others), f'other {kind}')})" if others else ""
        concerns = [first] if kind == "app" else gaps
        hidden = " and ".join(dict.fromkeys(gap.concerns.words for gap in concerns))
        return self.diagnostic(
            f"Not read: {first.reason}{more}. This may hide {hidden}",
            first.span or place_of_project(context.analysis),
            severity=Severity.WARNING if first.blocks else Severity.INFO,
            notes=[Note(gap.reason, gap.span) for gap in others if gap.span and kind == "import"],
            help=_HELP[first.kind],
        )


def _cause(gap: Gap) -> object:
    """What is alike for gaps that have one cause: a missing package, or an environment."""
    if gap.kind is GapKind.APP_NOT_FOUND:
        return gap.kind, gap.blocks
    return gap.package if gap.kind is GapKind.MISSING_IMPORT else gap


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
    GapKind.MISSING_IMPORT: "Add the file, install the package that has it, or remove the import",
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
    GapKind.MISSING_PROVIDER: (f"Install the provider, or write one: {docs_url('providers.md')}"),
    GapKind.UNRESOLVED_DECLARATION: "Use values that are written in the source",
    GapKind.UNREAD_BASE: "Use values that are written in the source",
    GapKind.UNREACHED_SITE: "Import its module when Django starts, or delete the declaration",
    GapKind.UNACCOUNTED_SITE: (
        "Write the declaration in `Meta.triggers` or as a call of `register` at the top of"
        " a module that Django imports; please report the case"
    ),
}
