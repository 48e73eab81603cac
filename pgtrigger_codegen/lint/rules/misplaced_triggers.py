"""PGT118: triggers where nothing looks for them."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import project_module, text_of
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.registrations import LIBRARIES
from pgtrigger_codegen.source.span import Span

# How an option of that meaning could be called.
_MISSPELT = frozenset("trigger triggers pgtrigger pgtriggers pg_trigger pg_triggers".split())
# What all these end in: whole names in any case would be tried at each word of the text.
_ASSIGNED = re.compile(r"[tT][rR][iI][gG][gG][eE][rR][sS]?(?=\s*(?::|=(?!=)))")
_LAST_NAME = re.compile(r"\w*\Z")
_META = re.compile(r"class\s+Meta\b")


class MisplacedTriggers(Rule):
    """## What it does
    Reports triggers in the class of a model that do not stand in `Meta.triggers`: beside `Meta`,
    in a class whose name is not quite `Meta`, or in an option whose name is not quite `triggers`.

    ## Why is this bad?
    django-pgtrigger reads `Meta.triggers` and nothing else. Triggers in another place are ignored,
    and the table is not protected. An unknown option of `Meta` stops Django as it starts.

    ## Example
    ```python
    class Order(models.Model):
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]

        class Meta:
            ordering = ["created"]
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        class Meta:
            ordering = ["created"]
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
    ```
    """

    code = "PGT118"
    name = "misplaced-triggers"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        taken = [trigger.span for trigger in context.analysis.triggers]
        taken += [unresolved.span for unresolved in context.analysis.unresolved]

        @functools.cache
        def models() -> frozenset[Span]:
            """Where models are named: to describe all of them is only worth it for a suspicion."""
            return frozenset(
                fact.span for fact in context.analysis.models.values() if fact.first_party
            )

        for path in sorted(context.analysis.read_files):
            text = text_of(path)
            if not any(name in text for name in LIBRARIES) or not _may_misplace(text):
                continue
            module = project_module(context.analysis, path)
            if module is None:
                continue
            for place in _Search(module, models).places():
                if not any(place.value.contains(span) for span in taken):
                    yield self.diagnostic(place.message, place.span, help=place.help)


class _Place:
    """Triggers in the wrong place.

    Attributes:
        span: What is wrong: the name of the attribute or the class.
        value: The triggers.
    """

    def __init__(self, span: Span, value: Span, message: str, help: str) -> None:
        self.span = span
        self.value = value
        self.message = message
        self.help = help


class _Search:
    """Looks through the classes of one module."""

    def __init__(self, module: Module, models: Callable[[], frozenset[Span]]) -> None:
        self._module = module
        self._models = models
        statements = list(_statements(module.tree))
        self._classes = [node for node in statements if isinstance(node, ast.ClassDef)]
        self._names = frozenset(_names_of_libraries(statements))
        self._bases = frozenset(_names_of_bases(self._classes))

    def places(self) -> Iterator[_Place]:
        for node in self._classes:
            if not node.bases or node.name == "Meta":
                continue  # no model
            found = list(self._beside_meta(node))
            for inner in node.body:
                if isinstance(inner, ast.ClassDef):
                    found += self._in_class(node, inner)
            if found and self._is_model(node):
                yield from found

    def _is_model(self, node: ast.ClassDef) -> bool:
        """A model of the analysis, or an abstract one."""
        is_abstract = any(
            name == "abstract" and isinstance(value, ast.Constant) and value.value is True
            for inner in node.body
            if isinstance(inner, ast.ClassDef) and inner.name == "Meta"
            for name, _, value in _assignments(inner)
        )
        return is_abstract or self._module.name_span(node) in self._models()

    def _beside_meta(self, model: ast.ClassDef) -> Iterator[_Place]:
        for name, target, value in _assignments(model):
            if name in _MISSPELT and self._makes_triggers(value):
                yield self._place(
                    target,
                    value,
                    f"`{name}` stands in `{model.name}` itself, where django-pgtrigger does not "
                    "look for triggers",
                    f"Move it into `class Meta` of `{model.name}`, as `triggers`",
                )

    def _in_class(self, model: ast.ClassDef, inner: ast.ClassDef) -> Iterator[_Place]:
        for name, target, value in _assignments(inner):
            if not self._makes_triggers(value):
                continue
            if inner.name == "Meta" and name != "triggers" and name.lower() in _MISSPELT:
                yield self._place(
                    target, value, f"`Meta` has no option `{name}`", "Call it `triggers`"
                )
            # A class that `Meta` derives from can have any name.
            elif inner.name != "Meta" and name == "triggers" and inner.name not in self._bases:
                yield _Place(
                    self._module.name_span(inner),
                    self._module.span(value),
                    f"`{inner.name}` in `{model.name}` has triggers, but Django reads only a "
                    "class `Meta`",
                    f"Call the class `Meta`, or move its triggers into `Meta` of `{model.name}`",
                )

    def _place(self, target: ast.AST, value: ast.AST, message: str, help: str) -> _Place:
        return _Place(self._module.span(target), self._module.span(value), message, help)

    def _makes_triggers(self, value: ast.expr) -> bool:
        """Whether a call of django-pgtrigger's, or of its companion's, is in an expression."""
        return any(
            isinstance(node, ast.Call) and _root(node.func) in self._names
            for node in ast.walk(value)
        )


def _may_misplace(text: str) -> bool:
    """Whether a name like `triggers` is assigned elsewhere than to `triggers` in a class `Meta`.

    Nearly no file has one, and to parse all files takes longer than all other rules together.
    """
    lines: list[str] | None = None
    for match in _ASSIGNED.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        before = text[start : match.end()]
        name = _LAST_NAME.search(before)
        if name is None or name.group().lower() not in _MISSPELT:
            continue
        margin = before[: name.start()]
        if margin.strip() or name.group() != "triggers":
            return True
        lines = text.split("\n") if lines is None else lines
        if not _is_in_meta(lines[: text.count("\n", 0, start)], margin):
            return True
    return False


def _is_in_meta(above: list[str], margin: str) -> bool:
    """Whether the block that a line is in, by its indentation, is that of a class `Meta`."""
    for line in reversed(above):
        content = line.lstrip()
        indentation = len(line) - len(content)
        if content and not content.startswith("#") and indentation < len(margin):
            return _META.match(content) is not None
    return False


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.AST, ast.expr]]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name() as target], value=value):
                yield target.id, target, value
            case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                yield target.id, target, value


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements within a node, those within others included; no expression is looked at."""
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for inner in getattr(node, block, ()):
            if isinstance(inner, ast.stmt):
                yield inner
            yield from _statements(inner)


def _names_of_libraries(statements: list[ast.stmt]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in LIBRARIES:
                    yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and _is_of_library(node):
            yield from (alias.asname or alias.name for alias in node.names)


def _is_of_library(node: ast.ImportFrom) -> bool:
    return not node.level and (node.module or "").partition(".")[0] in LIBRARIES


def _names_of_bases(classes: list[ast.ClassDef]) -> Iterator[str]:
    for node in classes:
        for base in node.bases:
            yield base.attr if isinstance(base, ast.Attribute) else _root(base)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
