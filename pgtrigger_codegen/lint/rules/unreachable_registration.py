"""PGT107: triggers in a module that nothing imports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.evaluator.django.unknown_imports import REASON
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import (
    first_party_files,
    is_test,
    text_of,
)
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.module import SourceSyntaxError, read_module
from pgtrigger_codegen.source.paths import resolved
from pgtrigger_codegen.source.registrations import registrations

# Modules of apps that Django's admin and other packages import in their own `ready()`.
_DISCOVERED = frozenset({"admin", "translation", "wagtail_hooks"})
# Settings that name modules which are imported only when requests are served.
_LATER = re.compile(r"^\s*(?:ROOT_URLCONF|WSGI_APPLICATION|ASGI_APPLICATION)\b.*$", re.MULTILINE)


class UnreachableRegistration(Rule):
    """## What it does
    Reports a module of an installed app that registers triggers or declares models with
    triggers, and that nothing imports which Django imports as it starts: neither models, nor
    `ready()` of an app, nor a module that one of these names.

    ## Why is this bad?
    Django imports an app's `models` as it starts, and what `AppConfig.ready()` imports. A
    registration in another module never happens, or only once a view that imports it is served.
    So the trigger is not there when it is needed: neither in migrations nor in the database.

    ## Example
    ```python
    # shop/triggers.py, which nothing imports
    pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(Order)
    ```

    ## Use instead
    ```python
    # shop/apps.py
    class ShopConfig(AppConfig):
        name = "shop"

        def ready(self):
            from shop import triggers
    ```
    """

    code = "PGT107"
    name = "unreachable-registration"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        # What imports modules by names that are not known may well import those.
        if any(item.reason.startswith(REASON) for item in context.analysis.unresolved):
            return
        for app in context.analysis.project.first_party_apps:
            for path in context.marked_files(app.path):
                if not {path, resolved(path)}.isdisjoint(
                    context.analysis.read_files
                ):  # or a link to one
                    continue
                name = _module_name(path, app)
                if name not in context.analysis.imported_modules and _may_register(
                    path, app, context
                ):
                    yield from self._of_module(context, path, name, app)

    def _of_module(
        self, context: LintContext, path: Path, name: str, app: App
    ) -> Iterator[Diagnostic]:
        try:
            module = read_module(name, path, is_package=False, first_party=True)
        except (OSError, SourceSyntaxError):
            return
        found = next(registrations(module.tree), None)
        if found is None or _is_reached(context, path):
            return
        yield self.diagnostic(
            f"Module `{name}` declares triggers, but neither models nor `ready()` import it:"
            " they are not registered when Django starts",
            module.span(found.place),
            help=f"Import it in `{app.name}.models`, or in `ready()` of the app's `AppConfig`",
        )


def _module_name(path: Path, app: App) -> str:
    parts = path.relative_to(app.path).with_suffix("").parts
    return ".".join((app.name, *(part for part in parts if part != "__init__")))


def _apps_inside(app: App, context: LintContext) -> list[Path]:
    """The folders of other apps in the folder of an app: what is in them is theirs."""
    others = (other.path for other in context.analysis.project.apps.values() if other is not app)
    return [other for other in others if other.is_relative_to(app.path)]


def _may_register(path: Path, app: App, context: LintContext) -> bool:
    inside = path.relative_to(app.path)
    if is_test(inside) or "management" in inside.parts:
        return False
    if any(context.analysis.project.holds_migrations(folder) for folder in path.parents):
        return False
    return not any(path.is_relative_to(folder) for folder in _apps_inside(app, context))


def _is_reached(context: LintContext, path: Path) -> bool:
    """Whether a file that Django reads as it starts mentions a file, or one that mentions it."""
    texts = {
        file: _LATER.sub("", text_of(file))
        for file in first_party_files(context.analysis)
        if not is_test(file.relative_to(file.anchor))
    }
    if path.stem in _DISCOVERED:
        return True
    pending, seen = [path], {path}
    while pending:
        mentions = _mentions(pending.pop())
        for file, text in texts.items():
            if file not in seen and any(pattern.search(text) for pattern in mentions):
                if file in context.analysis.read_files or file.stem in _DISCOVERED:
                    return True
                seen.add(file)
                pending.append(file)
    return False


def _mentions(path: Path) -> tuple[re.Pattern[str], ...]:
    """What a file says that imports a module of that name, or has the name in a string."""
    stem = re.escape(path.parent.name if path.name == "__init__.py" else path.stem)
    return (
        re.compile(rf"\bimport\b.*\b{stem}\b|\bfrom\b.*\b{stem}\b|['\".]{stem}['\"]"),
        re.compile(rf"\bimport \([^)]*^\s+{stem}\b\s*(,|\)|$|as\b)", re.MULTILINE),
    )
