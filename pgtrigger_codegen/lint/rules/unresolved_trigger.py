"""PGT002: a trigger that cannot be read without running the project."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.baseless_models import BaselessModel, baseless_models
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.unread_settings import unread_settings
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.triggers.absent_packages import needed_package
from pgtrigger_codegen.triggers.compiled import Cause, UnresolvedTrigger


class UnresolvedTriggerRule(Rule):
    """## What it does
    Reports a trigger, or a list of triggers, whose SQL depends on something that cannot be known
    from source alone: the clock, a query, the environment, a library that is not read. Triggers
    with the same cause are one finding. The finding is information where the only cause is a
    package that is not installed where the project is read. It points at the expression that
    cannot be read; the notes lead there from the declaration.

    ## Why is this bad?
    `pgtrigger-codegen` never guesses. A trigger that it cannot read gets no migration, and as long
    as there is such a trigger, `makemigrations` writes nothing for its app. A trigger whose SQL
    depends on the machine is also seldom wanted in a migration: each machine has a different
    trigger.

    ## Example
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [
                pgtrigger.Protect(name=f"protect_{uuid.uuid4().hex}", operation=pgtrigger.Delete)
            ]
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [pgtrigger.Protect(name="protect_deletes", operation=pgtrigger.Delete)]
    ```

    An environment variable can be pinned in `[tool.pgtrigger-codegen.env]`.
    """

    code = "PGT002"
    name = "unresolved-trigger"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        causes: dict[object, list[UnresolvedTrigger]] = {}
        packages: dict[str, list[UnresolvedTrigger]] = {}
        absent = context.analysis.absent_packages
        refused = {  # for `invalid-trigger-arguments`
            unresolved.span
            for unresolved in context.analysis.unresolved
            if unresolved.cause is Cause.BAD_ARGUMENTS
        }
        told = unread_settings(context.analysis)  # by `unresolved-settings`
        for unresolved in context.analysis.unresolved:
            if unresolved.span in told:
                continue
            if unresolved.cause is Cause.UNREADABLE and unresolved.span not in refused:
                if package := needed_package(unresolved, absent):
                    packages.setdefault(package, []).append(unresolved)
                else:
                    cause = _library_call(unresolved) or unresolved.span
                    causes.setdefault(cause, []).append(unresolved)
        baseless = list(baseless_models(context.analysis.models)) if packages else []
        reported = {unresolved.model for unresolved in context.analysis.unresolved}
        for package, items in packages.items():
            models = [
                model
                for model in baseless
                if model.missing_package == package and model.label not in reported
            ]
            yield self._absent(package, items, models)
        for items in causes.values():
            yield self.diagnostic(
                f"The trigger{_named(items)} cannot be read statically: {_reasons(items)}",
                min(item.span for item in items),
                notes=_notes(items),
                help=_help(items),
            )

    def _absent(
        self, package: str, items: Sequence[UnresolvedTrigger], models: Sequence[BaselessModel]
    ) -> Diagnostic:
        """What a package that is not installed costs, told at the first place that needs it.

        Args:
            models: Those that have a base of it, and of which nothing else is said.
        """
        return self.diagnostic(
            f"The trigger{_named(items)} cannot be read statically: {_reasons(items)}; `{package}`"
            " is not installed where pgtrigger-codegen looks",
            min(item.span for item in items),
            severity=Severity.INFO,
            notes=(*_notes(items), *(_of_base(model) for model in models)),
            help=f"Name the project's environment under `python`, or install `{package}` beside"
            f" pgtrigger-codegen, to see whether more can be read; until then no migrations"
            f"{_of_apps(items)} are written (`--allow-unresolved` writes the others)",
        )


def _library_call(unresolved: UnresolvedTrigger) -> str | None:
    """What of a library defeats the analysis: one cause, wherever the project calls it.

    Not of Python's own or Django's: what each such call gives can be written in its place.
    """
    match = _CALL.search(unresolved.reason)
    is_own = match is None or match["package"] in sys.stdlib_module_names | _FRAMEWORK
    return None if match is None or is_own else match["name"]


_CALL = re.compile(r"calls `(?P<name>(?P<package>\w+)\.[\w.]+)`, which is not evaluated$")
_FRAMEWORK = frozenset({"django", "pgtrigger"})


def _of_base(model: BaselessModel) -> Note:
    return Note(
        f"`{model.label}` has a base from this package, whose triggers and fields are not seen",
        model.span,
    )


def _reasons(items: Sequence[UnresolvedTrigger]) -> str:
    """The first, and that there are others, as where an import brings several names."""
    reasons = list(dict.fromkeys(item.reason for item in items))
    return reasons[0] if len(reasons) == 1 else f"{reasons[0]}, and {len(reasons) - 1} more like it"


def _named(items: Sequence[UnresolvedTrigger]) -> str:
    names = list(dict.fromkeys(item.uri or item.model for item in items if item.uri or item.model))
    if not names:
        return "" if len(items) == 1 else "s"
    if len(names) == 1:
        many = "s" if len(items) > 1 else ""
        return f"{many} `{names[0]}`" if items[0].uri else f"{many} on `{names[0]}`"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"s of {', '.join(f'`{name}`' for name in names[:_SHOWN])}{more}"


_SHOWN = 3


def _notes(items: Sequence[UnresolvedTrigger]) -> tuple[Note, ...]:
    """The way to the expression from the first declaration, and the other declarations."""
    notes = list(notes_at(items[0].notes, items[0].span))
    for item in items[1:]:
        what = item.uri or item.model
        steps = notes_at(item.notes, item.span)
        place = steps[0].span if steps else item.span
        if what and place != items[0].span:
            notes.append(Note(f"`{what}` needs it too", place))
    return tuple(dict.fromkeys(notes))


def _of_apps(items: Sequence[UnresolvedTrigger]) -> str:
    apps = sorted({item.migration_app for item in items if item.migration_app})
    return f" of {', '.join(f'`{app}`' for app in apps)}" if apps else ""


def _help(items: Sequence[UnresolvedTrigger]) -> str:
    return (
        "Use values that are written in the source; until then no migrations"
        f"{_of_apps(items)} are written (`--allow-unresolved` writes the others)"
    )
