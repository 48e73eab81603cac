"""Reads the models and triggers of a project: all of them, or only those that an edit concerns.

What was found out in an earlier run is used again only where it is certain to be the same. As
soon as there is a doubt, everything is read, as if there had been no earlier run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from pgtrigger_codegen.cache.recollection import Found, Home, Homed, Recollection, T, overlap
from pgtrigger_codegen.evaluator.assumption import Assumption
from pgtrigger_codegen.evaluator.import_order import Walked, imported_modules
from pgtrigger_codegen.models.describing import ReadModels
from pgtrigger_codegen.models.facts import Models
from pgtrigger_codegen.models.reading import Earlier, ModelReader
from pgtrigger_codegen.models.recalled import ModelEntry, RecalledModels
from pgtrigger_codegen.models.relevance import mentions_pgtrigger
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger
from pgtrigger_codegen.triggers.compiling import TriggerCompiler
from pgtrigger_codegen.triggers.declaration import (
    Declaration,
    declarations,
    foreign_declarations,
)
from pgtrigger_codegen.triggers.inheritance import (
    abstract_triggers,
    inherited_classes,
    lost_triggers,
)


@dataclass(frozen=True)
class Reading:
    """What is known of a project's models and triggers.

    Attributes:
        found: What all modules declare.
        recollect: What the next run may use of it; None where modules cannot be told apart, or
            where that is hardly more than was known before this run. To be asked at the end, when
            it is known which models mattered.
    """

    reader: ModelReader
    found: Found
    models: Models
    read_files: frozenset[str]
    recollect: Callable[[], Recollection | None]


_FEW = 2
"""So many edited modules are read again each time, rather than all that is known written anew."""


def read_all(reader: ModelReader, started: Collection[str]) -> Reading:
    """Reads every module that may declare something.

    Args:
        started: Modules that were read before the models: the settings and what they import.
    """
    reader.read()
    own = _compile(reader, declarations(reader))
    reader.read_foreign()
    foreign = _compile(reader, foreign_declarations(reader))
    found = _found(reader, own, foreign)
    models = ReadModels(reader)
    files = _files(reader)
    return Reading(
        reader,
        found,
        models,
        files,
        lambda: _recollection(reader, found, models, files, started),
    )


def read_changed(
    new_reader: Callable[[Earlier], ModelReader],
    before: Recollection,
    changed: Collection[str],
    started: Collection[str],
) -> Reading | None:
    """Reads modules that have changed, and those that lean on them.

    Args:
        new_reader: Makes the reader, once it is known what to read.
        changed: The modules.

    Returns:
        None where that might not lead to the same as reading everything.
    """
    again = before.leaning_on(changed)
    homes = {entry.label.lower(): entry.home for entry in before.entries if entry.home is not None}
    reader = new_reader(Earlier(before.walked, again, homes))
    walked = _with_lines(reader, before, changed)
    if walked is None:
        return None
    reader.read_again_with(walked)
    reader.read()
    own = _compile(reader, declarations(reader))
    foreign = _compile(reader, foreign_declarations(reader))
    read = ReadModels(reader)

    def is_new(home: Home) -> bool:
        return home in again or home not in before.executed

    new = _found(reader, own, foreign).only(is_new)
    kept = before.found.only(lambda home: home not in again)
    kept_entries = [entry for entry in before.entries if entry.home not in again]
    new_entries = [entry for entry in read.entries() if is_new(entry.home)]
    if (
        _is_doubtful(reader)
        or None in new.homes()
        or overlap(kept_entries, new_entries)
        or _were_missed(before, new_entries)
        or _are_left_alone(reader, before, again)
    ):
        return None
    facts = {
        label: (home, fact) for label, (home, fact) in before.facts.items() if home not in again
    }
    models = RecalledModels(read, [*kept_entries, *new_entries], facts)
    files = before.read_files | _files(reader)
    found = kept.with_more(new)

    def recollect() -> Recollection | None:
        described = {label for label, (home, _) in models.described().items() if home not in again}
        if len(changed) <= _FEW and described <= before.facts.keys():
            return None
        return _recollection(reader, found, models, files, started, before=before, again=again)

    return Reading(reader, found, models, files, recollect)


def _with_lines(
    reader: ModelReader, before: Recollection, changed: Collection[str]
) -> Walked | None:
    """The order of imports after the edit; None where the edit may have changed it."""
    walked: Walked | None = before.walked
    for name in sorted(changed):
        module = reader.loader.load(name)
        if not isinstance(module, Module) or walked is None:
            return None
        if _mentions(reader, name) != (name in before.mentioning):
            return None
        if name in walked.imports:
            imports = list(imported_modules(module, reader.loader))
            walked = walked.with_lines_of(name, imports)
    return walked


def _is_doubtful(reader: ModelReader) -> bool:
    """Whether what was read is not only a matter of single modules."""
    vm = reader.interpreter
    return bool(
        vm.uses.entangled
        or reader.registry.ambiguous
        or vm.receivers
        or vm.provided_calls
        or vm.imported_libraries
        or reader.loader.syntax_errors
    )


def _were_missed(before: Recollection, entries: Iterable[ModelEntry]) -> bool:
    """Whether there are models now that somebody looked for before, and did not find."""
    return any(entry.label.lower() in before.missing for entry in entries)


def _are_left_alone(reader: ModelReader, before: Recollection, again: Collection[str]) -> bool:
    """Whether a module was executed only for one that has no use for it any more."""
    used = _used(reader, before, again)
    still = {one for uses in used.values() for one in uses}
    dropped = {one for name in again for one in before.used.get(name, ())} - still
    # These are executed in any case.
    anyway = {f"{app.name}.models" for app in reader.project.apps.values()} | before.mentioning
    return not (dropped - anyway).isdisjoint(before.executed)


def _used(
    reader: ModelReader, before: Recollection | None, again: Collection[str]
) -> dict[str, frozenset[str]]:
    used = {name: frozenset(uses) for name, uses in reader.interpreter.uses.used.items()}
    if before is not None:
        for name, uses in before.used.items():
            if name not in again:
                used[name] = used.get(name, frozenset()) | uses
    return used


def _compile(
    reader: ModelReader, found: Iterable[Declaration]
) -> list[Homed[CompiledTrigger | UnresolvedTrigger]]:
    compiler = TriggerCompiler(reader)
    return [(declaration.home, compiler.compile(declaration)) for declaration in list(found)]


def _found(
    reader: ModelReader,
    own: Collection[Homed[CompiledTrigger | UnresolvedTrigger]],
    foreign: Collection[Homed[CompiledTrigger | UnresolvedTrigger]],
) -> Found:
    assumed: list[Homed[Assumption]] = [
        (home, assumption)
        for home, assumptions in reader.interpreter.assumed_for.items()
        for assumption in sorted(assumptions)
    ]
    return Found(
        triggers=tuple(_of_class(own, CompiledTrigger)),
        unresolved=tuple(_of_class(own, UnresolvedTrigger)),
        foreign_triggers=tuple(_of_class(foreign, CompiledTrigger)),
        foreign_unresolved=tuple(_of_class(foreign, UnresolvedTrigger)),
        lost=tuple(lost_triggers(reader.registry)),
        abstract=tuple(abstract_triggers(reader.registry)),
        inherited=tuple(dict.fromkeys(inherited_classes(reader.registry))),
        assumptions=tuple(assumed),
    )


def _of_class(
    outcomes: Iterable[Homed[CompiledTrigger | UnresolvedTrigger]], cls: type[T]
) -> Iterable[Homed[T]]:
    return ((home, outcome) for home, outcome in outcomes if isinstance(outcome, cls))


def _files(reader: ModelReader) -> frozenset[str]:
    return frozenset(str(module.path) for module in reader.loader.loaded() if module.first_party)


def _mentions(reader: ModelReader, name: str) -> bool:
    return mentions_pgtrigger(reader.loader, name, reader.libraries.packages)


def _recollection(
    reader: ModelReader,
    found: Found,
    models: ReadModels | RecalledModels,
    files: frozenset[str],
    started: Collection[str],
    *,
    before: Recollection | None = None,
    again: frozenset[str] = frozenset(),
) -> Recollection | None:
    uses = reader.interpreter.uses
    entries = models.entries()
    if (
        _is_doubtful(reader)
        or None in found.homes()
        or any(entry.home is None for entry in entries)
        or _have_one_table(entries)
    ):
        return None
    executed = frozenset(reader.interpreter.scopes)
    modules = {
        str(module.path): name
        for name in executed
        if name not in started
        and isinstance(module := reader.loader.load(name), Module)
        and module.first_party
    }
    mentioning = frozenset(name for name in modules.values() if _mentions(reader, name))
    missing = frozenset(uses.missing)
    if before is not None:
        modules = {**before.modules, **modules}
        mentioning |= before.mentioning
        missing |= before.missing
        executed |= before.executed
    return Recollection(
        walked=reader.import_order.walked,
        modules=modules,
        executed=executed,
        mentioning=mentioning,
        used=_used(reader, before, again),
        missing=missing,
        found=found,
        entries=tuple(entries),
        facts=models.described(),
        read_files=files,
    )


def _have_one_table(entries: Iterable[ModelEntry]) -> bool:
    """Whether two models name one table as theirs: which of them has it depends on their order."""
    tables = [entry.table for entry in entries if entry.table is not None]
    return len(set(tables)) < len(tables)
