"""Stage certificate: finds the names in a module that lead to django-pgtrigger.

Only names are resolved: import statements, and classes that derive from django-pgtrigger's.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.missing_imports import absolute_name
from pgtrigger_codegen.source.declaring import What
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.registrations import LIBRARIES
from pgtrigger_codegen.source.unparsing import unparsed

_MOST_STEPS = 8
PROVIDED_BY = "pghistory"
_PROVIDED = (f"{PROVIDED_BY}.track", f"{PROVIDED_BY}.create_event_model")


class DeclaringNames:
    """The callables of a project by whose calls triggers are declared."""

    def __init__(self, loader: ModuleLoader, modules: Iterable[Module]) -> None:
        self._loader = loader
        self._bindings: dict[str, Mapping[str, str]] = {}
        self._known: dict[str, What] = {**_of_library(), **dict.fromkeys(_PROVIDED, "provider")}
        mentioning = [one for one in modules if _may_mention(one.text)]
        self._find_subclasses(mentioning)
        self._aliases = {
            alias
            for module in mentioning
            for alias, target in self._bound(module).items()
            if alias != _last(target) and self._resolve(target) is not None
        }

    @functools.cached_property
    def leaves(self) -> tuple[str, ...]:
        """The last parts of their names, and what modules call them otherwise."""
        return tuple(sorted({_last(name) for name in self._known} | self._aliases))

    def meaning(self, module: Module, written: str) -> What | None:
        """What a call of a name as a module writes it is."""
        head, dot, rest = written.partition(".")
        target = self._bound(module).get(head) or self._without_import(module, head)
        if target is None:
            return None
        return self._resolve(f"{target}{dot}{rest}")

    def _without_import(self, module: Module, head: str) -> str | None:
        """What a name would mean whose import is missing: the module fails, and still declares."""
        target = head if head in LIBRARIES else f"pgtrigger.{head}"
        if target not in LIBRARIES and target not in self._known:
            return None
        return None if _binds(module.tree, head) else target

    def callables(self, module: Module) -> dict[str, What]:
        """The callables by the names that a module has for them."""
        found: dict[str, What] = {}
        for match in _CALLED.finditer(module.text):
            written = match.group()
            if written not in found and (what := self.meaning(module, written)) is not None:
                found[written] = what
        return found

    def _find_subclasses(self, modules: list[Module]) -> None:
        classes = [
            (module, node)
            for module in modules
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
        ]
        added = True
        while added:
            added = False
            leaves = set(map(_last, self._known))
            for module, node in classes:
                name = f"{module.name}.{node.name}"
                bases = [unparsed(base) for base in node.bases if _leaf(base) in leaves]
                if name not in self._known and any(
                    self.meaning(module, base) == "trigger" for base in bases
                ):
                    self._known[name] = "trigger"
                    added = True

    def _resolve(self, dotted: str) -> What | None:
        for _ in range(_MOST_STEPS):
            if dotted in self._known:
                return self._known[dotted]
            step = self._through_module(dotted)
            if step is None or step == dotted:
                return None
            dotted = step
        return None

    def _through_module(self, dotted: str) -> str | None:
        """One import further: what the module that a name comes from imports it as."""
        parts = dotted.split(".")
        for end in range(len(parts) - 1, 0, -1):
            name = ".".join(parts[:end])
            if not self._loader.is_first_party(name):
                continue
            module = self._loader.load(name)
            if isinstance(module, Module):
                target = self._bound(module).get(parts[end])
                return None if target is None else ".".join([target, *parts[end + 1 :]])
        return None

    def _bound(self, module: Module) -> Mapping[str, str]:
        if module.name not in self._bindings:
            self._bindings[module.name] = dict(self._imports(module))
        return self._bindings[module.name]

    def _imports(self, module: Module) -> Iterator[tuple[str, str]]:
        is_flat = _INDENTED_IMPORT.search(module.text) is None
        for node in module.tree.body if is_flat else _statements(module.tree.body):
            match node:
                case ast.ClassDef():
                    yield node.name, f"{module.name}.{node.name}"
                case ast.Import():
                    for alias in node.names:
                        top = alias.name.partition(".")[0]
                        yield alias.asname or top, alias.name if alias.asname else top
                case ast.ImportFrom():
                    base = absolute_name(module.package, node) or ""
                    for alias in node.names:
                        if alias.name == "*":
                            yield from self._star(base)
                        else:
                            yield alias.asname or alias.name, f"{base}.{alias.name}"
                case _:
                    pass

    def _star(self, base: str) -> Iterator[tuple[str, str]]:
        for name in self._known:
            parent, _, leaf = name.rpartition(".")
            if parent == base:
                yield leaf, name
        if self._loader.is_first_party(base):
            module = self._loader.load(base)
            if isinstance(module, Module) and module.name not in self._bindings:
                self._bindings[module.name] = {}  # two modules may import all of each other
                self._bindings[module.name] = found = dict(self._imports(module))
                yield from ((name, f"{base}.{name}") for name in found)


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements, those inside of others included."""
    for node in body:
        yield node
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, name, ()))
        for handler in getattr(node, "handlers", ()):
            yield from _statements(handler.body)


# Neither from the middle of a name nor with a part of one is anything tried again.
_CALLED = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*+(?=[ \t]*\()")

# Most modules have none, and need not be gone through statement by statement.
_INDENTED_IMPORT = re.compile(r"\n[ \t]+(?:from|import)\b")


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _leaf(node: ast.expr) -> str:
    return str(getattr(node, "attr", None) or getattr(node, "id", ""))


def _may_mention(text: str) -> bool:
    return "pgtrigger" in text or "rigger" in text


@functools.cache
def _of_library() -> Mapping[str, What]:
    found: dict[str, What] = {}
    real = lookup.load("pgtrigger")
    trigger = getattr(real, "Trigger", None)
    for name, value in vars(real).items():
        if isinstance(trigger, type) and isinstance(value, type) and issubclass(value, trigger):
            found |= dict.fromkeys((f"pgtrigger.{name}", f"{value.__module__}.{name}"), "trigger")
    found |= dict.fromkeys(("pgtrigger.register", "pgtrigger.registry.register"), "register")
    return found


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether a module gives a name a value in any way, or may do so by a star."""
    return any(
        name in (getattr(node, "arg", None), getattr(node, "asname", None))
        or (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.alias)
            and node.name in (name, "*")
        )
        for node in walk(tree)
    )
