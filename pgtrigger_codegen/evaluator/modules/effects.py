"""What a module does to others as it is imported, read from its text alone.

Imports are followed when a name is first needed. For a module that adds to a list of another one,
by a decorator of that one say, this is too late, or never. Such a module has to be executed where
it is imported. Nothing is executed to find out: where the text does not tell, it has an effect.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from pgtrigger_codegen.evaluator.modules.changed_objects import (
    MUTATORS,
    changes_parameters,
    last_name,
)
from pgtrigger_codegen.evaluator.modules.changing_statements import ChangingStatements
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.origins import (
    Function,
    Origin,
    Origins,
    methods,
)
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk

_CONTAINERS = frozenset("Counter OrderedDict defaultdict deque dict list set".split())
_HOOKS = frozenset({"__init_subclass__", "__set_name__"})


class Effects:
    """Answers for the modules of one project."""

    def __init__(self, loader: ModuleLoader) -> None:
        self._loader = loader
        self.origins = Origins(loader)
        self._acting: dict[str, bool] = {}
        self._changing: dict[tuple[str, ...], bool] = {}
        self._open: set[tuple[str, ...]] = set()
        self._is_circular = False

    def acts(self, name: str) -> bool:
        """Whether executing a module may change what another module of the project has."""
        if name not in self._acting:
            module = self._loader.load(name)
            known = isinstance(module, Module) and module.first_party
            try:
                self._acting[name] = known and ChangingStatements(self, module).acts()  # type: ignore[arg-type]
            except RecursionError:
                self._acting[name] = True  # it may
        return self._acting[name]

    # What is done with a name of a module.

    def call_changes(self, origin: Origin) -> bool:
        """Whether a call of what a module has under a name may change what modules have."""
        key = ("call", origin.module, origin.name or "")
        return self._remembered(key, lambda: self._call_changes(origin))

    def _remembered(self, key: tuple[str, ...], find_out: Callable[[], bool]) -> bool:
        """An answer; of what calls, or derives from, each other in a circle: that of all of it."""
        if key in self._changing:
            return self._changing[key]
        if key in self._open:
            self._is_circular = True
            return False
        self._open.add(key)
        around, self._is_circular = self._is_circular, False
        try:
            found = find_out()
        finally:
            self._open.discard(key)
        if found or not self._is_circular or not self._open:
            self._changing[key] = found
        self._is_circular = bool(self._open) and (around or self._is_circular)
        return found

    def _call_changes(self, origin: Origin) -> bool:
        module, node = self.origins.definition(origin)
        if module is None:
            return False
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return ChangingStatements(self, module).function_changes(node, own_counts=True)
            case ast.ClassDef():
                return any(
                    ChangingStatements(self, module).function_changes(method, own_counts=True)
                    for method in methods(node)
                    if method.name in ("__init__", "__new__", "__post_init__")
                ) or any(map(self.call_changes, self.origins.of_bases(module, node)))
            case ast.Call():
                return self._call_of_made_changes(module, node)
            case ast.Attribute(value=value, attr=method):
                inner = self.origins.resolve(module, value)
                return inner is not None and self.method_changes(inner, method)
            case ast.Name():
                return False  # of a package, or Python's own
        return not isinstance(node, ast.Constant | ast.JoinedStr)

    def _call_of_made_changes(self, module: Module, node: ast.Call) -> bool:
        """The same for what a call has made: an object, a function with arguments."""
        made_by = self.origins.resolve(module, node.func)
        if made_by is None:
            given = (self.origins.resolve(module, one) for one in node.args)
            return any(self.call_changes(one) for one in given if one is not None)
        owner, cls = self.origins.definition(made_by)
        if owner is not None and isinstance(cls, ast.ClassDef):
            return self._class_method_changes(owner, cls, "__call__")
        return self.call_changes(made_by)

    def own_call_changes(self, module: Module, node: Function) -> bool:
        """Whether a module that calls a function of its own changes what others have by that."""
        return self._remembered(
            ("own call", module.name, node.name),
            lambda: ChangingStatements(self, module).function_changes(node, own_counts=False),
        )

    def own_code_changes(self, module: Module) -> bool:
        """Whether any function or method of a module changes what others have."""
        functions = (node for node in walk(module.tree) if isinstance(node, Function))
        return self._remembered(
            ("own code", module.name),
            lambda: any(
                ChangingStatements(self, module).function_changes(one, own_counts=False)
                for one in functions
            ),
        )

    def arguments_change(self, origin: Origin) -> bool:
        """Whether a function changes what it is given."""
        node = self.origins.definition(origin)[1]
        if isinstance(node, ast.ClassDef):
            return any(map(changes_parameters, methods(node)))
        return isinstance(node, Function | ast.Lambda) and changes_parameters(node)

    def method_changes(self, origin: Origin, method: str) -> bool:
        """Whether a method of what a module has under a name may change that, or other things."""
        if origin.name is None:
            return self.call_changes(Origin(origin.module, method))
        if method in MUTATORS:
            return True
        module, node = self.origins.definition(origin)
        if module is None:
            return False
        if isinstance(node, ast.ClassDef):
            return self._class_method_changes(module, node, method)
        if not isinstance(node, ast.Call):
            # Of plain data the others change nothing; of what is not seen, anything.
            return node is None
        if last_name(node.func) in _CONTAINERS:
            return False
        made_by = self.origins.resolve(module, node.func)
        if made_by is None:
            return False  # an object of a package: nothing is known of it anyway
        owner, cls = self.origins.definition(made_by)
        if owner is not None and isinstance(cls, ast.ClassDef):
            return self._class_method_changes(owner, cls, method)
        return owner is not None

    def _class_method_changes(self, module: Module, node: ast.ClassDef, method: str) -> bool:
        return self._remembered(
            ("method", module.name, node.name, method),
            lambda: self._finds_changing_method(module, node, method),
        )

    def _finds_changing_method(self, module: Module, node: ast.ClassDef, method: str) -> bool:
        for found in methods(node):
            if found.name == method:
                return ChangingStatements(self, module).function_changes(
                    found, own_counts=True, receiver_counts=True
                )
        return any(
            self.method_changes(base, method) for base in self.origins.of_bases(module, node)
        )

    def derivation_changes(self, origin: Origin) -> bool:
        """Whether to derive from a class may do something: by a hook of it, or by a metaclass."""
        key = ("derivation", origin.module, origin.name or "")
        return self._remembered(key, lambda: self._derivation_changes(origin))

    def _derivation_changes(self, origin: Origin) -> bool:
        module, node = self.origins.definition(origin)
        if module is None or not isinstance(node, ast.ClassDef):
            return module is not None and node is None
        if any(method.name in _HOOKS for method in methods(node)):
            return True
        if any(
            keyword.arg in (None, "metaclass")
            and self.origins.resolve(module, keyword.value) is not None
            for keyword in node.keywords
        ):
            return True
        return any(self.derivation_changes(base) for base in self.origins.of_bases(module, node))
