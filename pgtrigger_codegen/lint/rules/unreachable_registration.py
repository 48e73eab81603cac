"""PGT107: triggers in a module that nothing imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.evaluator.unknown_imports import REASON
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.project_files import (
    files_that_mention_pgtrigger,
    first_party_apps,
    first_party_files,
    is_test,
    text_of,
)
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.module import Module, SourceSyntaxError, read_module

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

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        # What imports modules by names that are not known may well import those.
        if any(item.reason.startswith(REASON) for item in analysis.unresolved):
            return
        for app in first_party_apps(analysis):
            for path in files_that_mention_pgtrigger(app.path):
                if not {path, path.resolve()}.isdisjoint(analysis.read_files):  # or a link to one
                    continue
                name = _module_name(path, app)
                if name not in analysis.imported_modules and _may_register(path, app, analysis):
                    yield from self._of_module(analysis, path, name, app)

    def _of_module(
        self, analysis: Analysis, path: Path, name: str, app: App
    ) -> Iterator[Diagnostic]:
        try:
            module = read_module(name, path, is_package=False, first_party=True)
        except (OSError, SourceSyntaxError):
            return
        node = next(_registrations(module), None)
        if node is None or _is_reached(analysis, path):
            return
        yield self.diagnostic(
            f"Module `{name}` declares triggers, but neither models nor `ready()` import it:"
            " they are not registered when Django starts",
            module.span(node),
            help=f"Import it in `{app.name}.models`, or in `ready()` of the app's `AppConfig`",
        )


def _module_name(path: Path, app: App) -> str:
    parts = path.relative_to(app.path).with_suffix("").parts
    return ".".join((app.name, *(part for part in parts if part != "__init__")))


def _apps_inside(app: App, analysis: Analysis) -> list[Path]:
    """The folders of other apps in the folder of an app: what is in them is theirs."""
    others = (other.path for other in analysis.project.apps.values() if other is not app)
    return [other for other in others if other.is_relative_to(app.path)]


def _may_register(path: Path, app: App, analysis: Analysis) -> bool:
    inside = path.relative_to(app.path)
    if is_test(inside) or "migrations" in inside.parts or "management" in inside.parts:
        return False
    return not any(path.is_relative_to(folder) for folder in _apps_inside(app, analysis))


def _registrations(module: Module) -> Iterator[ast.expr]:
    """Calls of `register` and lists of triggers that would run at import."""
    imported = {
        alias.asname or alias.name: node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in module.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    own = {name for name, source in imported.items() if source == "pgtrigger"}
    for statement in module.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and _is_register(node.func, own):
                yield node.func
            elif isinstance(node, ast.ClassDef) and node.name == "Meta":
                yield from _trigger_lists(node)


def _is_register(function: ast.expr, own: set[str]) -> bool:
    """Whether it is `pgtrigger.register` or the `register` of a trigger.

    Args:
        own: What the module calls django-pgtrigger, and what it imports from it.
    """
    match function:
        case ast.Attribute(value=ast.Name(id=name), attr="register"):
            return name in own
        case ast.Attribute(value=ast.Call(func=made), attr="register"):
            root = made.value if isinstance(made, ast.Attribute) else made
            return isinstance(root, ast.Name) and root.id in own
        case ast.Name(id="register"):
            return "register" in own
        case _:
            return False


def _trigger_lists(meta: ast.ClassDef) -> Iterator[ast.expr]:
    names = {ast.unparse(node) for node in meta.body}
    if "abstract = True" in names:
        return
    for node in meta.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="triggers") as target]):
                yield target


def _is_reached(analysis: Analysis, path: Path) -> bool:
    """Whether a file that Django reads as it starts mentions a file, or one that mentions it."""
    texts = {
        file: _LATER.sub("", text_of(file))
        for file in first_party_files(analysis)
        if not is_test(file.relative_to(file.anchor))
    }
    if path.stem in _DISCOVERED:
        return True
    pending, seen = [path], {path}
    while pending:
        mentions = _mentions(pending.pop())
        for file, text in texts.items():
            if file not in seen and any(pattern.search(text) for pattern in mentions):
                if file in analysis.read_files or file.stem in _DISCOVERED:
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
