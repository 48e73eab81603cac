"""Which modules have to be executed where they are imported: they, or what they import, act."""

from __future__ import annotations

from pgtrigger_codegen.evaluator.modules.effects import Effects
from pgtrigger_codegen.evaluator.modules.import_order import top_level_imports
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
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
        self._known: dict[str, bool] = {}

    def acts(self, name: str) -> bool:
        """Whether importing a module for the first time may change what other modules have."""
        if name not in self._known:
            self._find_out(name)
        return self._known[name]

    def _find_out(self, name: str) -> None:
        """Settles all that a module leads to: modules import each other in circles."""
        importers: dict[str, list[str]] = {name: []}
        pending, acting = [name], []
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
        leading = set[str]()
        while acting:
            current = acting.pop()
            if current not in leading:
                leading.add(current)
                acting += importers[current]
        self._known.update((module, module in leading) for module in importers)

    def _imports(self, name: str) -> list[str]:
        module = self._loader.load(name) if self._loader.is_first_party(name) else None
        if not isinstance(module, Module):
            return []
        return [target for _, target in top_level_imports(module, self._loader)]
