"""Which modules have to be executed where they are imported.

They, or what they import, change what other modules have, or read what others change.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgtrigger_codegen.evaluator.modules.effects import Effects
from pgtrigger_codegen.evaluator.modules.import_order import top_level_imports
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.state_readers import StateReaders
from pgtrigger_codegen.source.module import Module


def eager_imports(loader: ModuleLoader) -> EagerImports:
    """The answers for the modules of a loader."""
    if EagerImports not in loader.found_out:
        loader.found_out[EagerImports] = EagerImports(loader)
    found: EagerImports = loader.found_out[EagerImports]
    return found


class EagerImports:
    """Answers for the modules of one project."""

    def __init__(self, loader: ModuleLoader) -> None:
        self._loader = loader
        self._effects = Effects(loader)
        self._readers = StateReaders(self._effects.origins)
        self._known: dict[str, bool] = {}

    def acts(self, name: str) -> bool:
        """Whether importing a module for the first time may change what other modules have."""
        if name not in self._known:
            self.settle([name])
        return self._known[name]

    def settle(self, names: Iterable[str]) -> None:
        """Settles all that some modules lead to, together: modules import each other in circles.

        What a module reads that another one changes can be seen where both are among these.
        """
        importers: dict[str, list[str]] = {name: [] for name in names}
        pending, acting = [*importers], list[str]()
        while pending:
            current = pending.pop()
            if self._known.get(current) or self._effects.acts(current):
                acting.append(current)
            if current in self._known:
                continue
            for target in self._imports(current):
                if target not in importers:
                    importers[target] = []
                    pending.append(target)
                importers[target].append(current)
        for module in map(self._module, acting):
            if module is not None:
                self._readers.note_acting(module)
        for name in importers.keys() - set(acting):
            module = self._module(name)
            if module is not None and self._readers.reads(module):
                acting.append(name)
        leading = set[str]()
        while acting:
            current = acting.pop()
            if current not in leading:
                leading.add(current)
                acting += importers[current]
        self._known.update((module, module in leading) for module in importers)

    def _module(self, name: str) -> Module | None:
        found = self._loader.load(name) if self._loader.is_first_party(name) else None
        return found if isinstance(found, Module) else None

    def _imports(self, name: str) -> list[str]:
        module = self._module(name)
        if module is None:
            return []
        return [target for _, target in top_level_imports(module, self._loader)]
