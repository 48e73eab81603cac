"""Which of the modules that Django imports can declare triggers.

Only these are executed. A module can declare triggers when it mentions django-pgtrigger, or when
its top level derives from, decorates with or calls something that comes, over any number of
imports, from a module that does. What derives from a class of a package is executed, for its base
may bring triggers, unless the text of the package says that it does not (`plain_bases.py`); also if
the package is not there.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Collection, Iterable, Iterator

from pgtrigger_codegen.evaluator.django.signals import SIGNALS
from pgtrigger_codegen.evaluator.modules.import_order import ImportOrder
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.missing_imports import absolute_name
from pgtrigger_codegen.models.library_changes import changes_libraries
from pgtrigger_codegen.models.plain_bases import PlainBases
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.statements import statements_within


class RelevantModules:
    """Answers for the modules of one project."""

    def __init__(
        self,
        loader: ModuleLoader,
        order: ImportOrder,
        libraries: Iterable[str] = (),
        settings: str | None = None,
    ) -> None:
        """Takes the project.

        Args:
            libraries: Packages that register triggers.
            settings: The settings module, which names the installed apps.
        """
        self._loader = loader
        self._order = order
        self._libraries = frozenset(libraries)
        self._settings = frozenset(_star_imported(loader, settings) if settings else ())
        self._mentioning: dict[str, bool] = {}
        self._marks = ("pgtrigger", *SIGNALS, *self._libraries)
        self._plain = PlainBases(loader, self._marks)

    def may_declare(self, name: str) -> bool:
        """Whether the module's top level can declare triggers."""
        if self._mentions(name):
            return True
        module = self._loader.load(name)
        if not isinstance(module, Module):
            return False
        if changes_libraries(module):
            return True
        imported = list(imported_names(module))
        leading = {
            bound
            for bound, source in imported
            if source in self._leading or f"{source}.{bound}" in self._leading
        }
        if leading and not leading.isdisjoint(_used_roots(module.tree.body)):
            return True
        bases = set(_base_roots(module.tree.body))
        outside = {
            bound
            for bound, source in imported
            if bound in bases and self._is_outside(source, module)
        }
        return bool(outside) and not self._is_plain(module, outside, leading)

    def _is_plain(self, module: Module, outside: set[str], leading: set[str]) -> bool:
        """Whether the classes of a module can neither be models nor do anything as they are made.

        Args:
            outside: Names of bases that come from packages.
            leading: Names through which names of django-pgtrigger can have come.
        """
        if self._loader.is_eager or "rigger" in module.text:
            return False
        for node in statements_within(module.tree.body):
            if isinstance(node, ast.FunctionDef) and _may_be_hook(node.name):
                return False
            if isinstance(node, ast.ClassDef):
                metaclasses = [one.value for one in node.keywords if one.arg in (None, "metaclass")]
                named = [base for base in node.bases if not outside.isdisjoint(root_name(base))]
                if not all(self._plain.is_plain(module, one) for one in (*named, *metaclasses)):
                    return False
                if leading and not leading.isdisjoint(_called_in_body(node)):
                    return False
        return True

    @functools.cached_property
    def _leading(self) -> set[str]:
        """Modules through which names of django-pgtrigger can have come."""
        importers: dict[str, list[str]] = {}
        for name, imports in self._order.imports.items():
            for _, target in imports:
                importers.setdefault(target, []).append(name)
        leading: set[str] = set()
        pending = [name for name in self._order.modules if self._mentions(name)]
        while pending:
            name = pending.pop()
            if name not in leading:
                leading.add(name)
                pending.extend(importers.get(name, ()))
        return leading

    def _mentions(self, name: str) -> bool:
        if name not in self._mentioning:
            self._mentioning[name] = self._has_marks(name)
        return self._mentioning[name]

    def _has_marks(self, name: str) -> bool:
        if not mentions_pgtrigger(self._loader, name, self._libraries):
            return False
        if name not in self._settings or self._loader.is_eager:
            return True
        # Apps are installed by strings, and no app is there yet when settings are executed. In any
        # other module a string may be given to what imports by it.
        module = self._loader.load(name)
        return not isinstance(module, Module) or _names(module, self._marks)

    def _is_outside(self, name: str, module: Module) -> bool:
        """Whether a module belongs to a package that is neither the project's nor Django.

        Without the project's environment most packages are missing: then what derives from theirs
        counts where models are made.
        """
        top = name.partition(".")[0]
        if top == "django":
            return False
        location = self._loader.find(name)
        if location is None:
            return "django.db" in module.text and not self._loader.is_first_party(top)
        return not location.first_party


def _star_imported(loader: ModuleLoader, settings: str) -> Iterator[str]:
    """The settings module, and the project's modules of which it imports all names."""
    pending, seen = [settings], set[str]()
    while pending:
        name = pending.pop()
        if name in seen or not loader.is_first_party(name):
            continue
        seen.add(name)
        yield name
        module = loader.load(name)
        if isinstance(module, Module):
            pending += [
                absolute_name(module.package, node) or ""
                for node in module.tree.body
                if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
            ]


def _names(module: Module, marks: Collection[str]) -> bool:
    """Whether the code of settings has a mark in it, and not only their strings and comments.

    Where the code can look up a name by a string, strings count too.
    """
    return any(
        isinstance(value, str) and (value in _LOOKUPS or any(mark in value for mark in marks))
        for node in walk(module.tree)
        if not isinstance(node, ast.Constant)
        for value in (getattr(node, key, None) for key in _NAMING)
    )


_LOOKUPS = frozenset(
    """
    __dict__ __import__ apps delattr eval exec getattr globals hasattr import_module import_string
    locals modules setattr vars
    """.split()
)
_NAMING = ("id", "attr", "name", "asname", "module", "arg", "rest")


def mentions_pgtrigger(loader: ModuleLoader, name: str, libraries: Iterable[str] = ()) -> bool:
    """Whether a module's text mentions django-pgtrigger, or a library that registers triggers."""
    location = loader.find(name)
    if location is None or location.path is None:
        return False
    if location.first_party:
        module = loader.load(name)
        # A receiver may be connected apart from the module that registers.
        marks = ("pgtrigger", *SIGNALS, *libraries)
        return isinstance(module, Module) and any(mark in module.text for mark in marks)
    try:
        content = read_bytes(location.path)
    except OSError:
        return True  # it may
    return any(mark.encode() in content for mark in ("pgtrigger", *libraries))


def imported_names(module: Module) -> Iterator[tuple[str, str]]:
    """Names that a module's imports bind, with the module each comes from."""
    for node in statements_within(module.tree.body):
        if isinstance(node, ast.ImportFrom):
            source = absolute_name(module.package, node)
            for alias in node.names:
                yield alias.asname or alias.name, source or ""
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], alias.name


def _used_roots(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that bases, decorators and calls of top-level statements start from."""
    for node in body:
        parts: list[ast.AST] = [node]
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            parts = list(node.decorator_list)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _base_roots([node])
        for part in parts:
            if isinstance(part, ast.Name | ast.Attribute):
                yield from root_name(part)
            for child in walk(part):
                if isinstance(child, ast.Call):
                    yield from root_name(child.func)


def _called_in_body(node: ast.ClassDef) -> Iterator[str]:
    """Names that calls and decorators in the body of a class start from, those in methods aside."""
    for statement in node.body:
        parts: list[ast.AST] = [statement]
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [*statement.decorator_list, statement.args]
        for part in parts:
            if isinstance(part, ast.Name | ast.Attribute):
                yield from root_name(part)
            for child in walk(part):
                if isinstance(child, ast.Call):
                    yield from root_name(child.func)


def _may_be_hook(name: str) -> bool:
    """Whether Python, or a package's metaclass, may call a method of that name to make a class."""
    return name.startswith("__") and name.endswith("__") and name not in _USUAL


_USUAL = frozenset(
    """
    __init__ __str__ __repr__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __len__ __iter__
    __next__ __contains__ __getitem__ __setitem__ __delitem__ __bool__ __call__ __enter__ __exit__
    """.split()
)


def _base_roots(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that the bases of classes start from."""
    for child in statements_within(body):
        if isinstance(child, ast.ClassDef):
            for base in child.bases:
                yield from root_name(base)


def root_name(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id
