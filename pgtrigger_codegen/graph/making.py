"""Gathers the facts about a project's triggers, which gives the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.certificate.gaps import other_gaps
from pgtrigger_codegen.graph.facts import (
    Cascade,
    Firing,
    Missing,
    Table,
    Trigger,
    TriggerGraph,
    Use,
)
from pgtrigger_codegen.graph.sources import Source, sources
from pgtrigger_codegen.graph.walks import chains, loops
from pgtrigger_codegen.lint.causes import code_of_gap
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import replayed_history
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.facts.trigger_cycles import cycles
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.source.place import Place
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.accesses import Access, Verb, accesses, functions_called
from pgtrigger_codegen.sql.body import Body, BodyUnread
from pgtrigger_codegen.sql.body_error import BodyError
from pgtrigger_codegen.sql.definition import Definition
from pgtrigger_codegen.sql.names import QualifiedName, table_name


def make_graph(analysis: Analysis) -> TriggerGraph:
    """The graph of a whole project, its migrations' triggers included."""
    return _Maker(analysis).graph()


class _Maker:
    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._context = LintContext(analysis)
        self._tables = ModelTables(analysis)
        self._sources = sorted(sources(self._context), key=lambda one: (one.uri, one.table))
        self._by_table: dict[QualifiedName, list[Source]] = {}
        for source in self._sources:
            self._by_table.setdefault(source.table, []).append(source)

    def graph(self) -> TriggerGraph:
        used = {source.uri: tuple(_accesses(source)) for source in self._sources}
        named = {access.table for listed in used.values() for access in listed}
        cascades = list(dict.fromkeys(self._cascades({*named, *self._by_table})))
        named |= {name for one in cascades for name in (one.referenced, one.table)}
        by_django = list(dict.fromkeys(self._cascades_by_django({*named, *self._by_table})))
        named |= {one.referenced for one in by_django}
        firings = tuple(dict.fromkeys(self._firings(used, cascades)))
        edges: dict[str, list[str]] = {}
        for firing in firings:
            edges.setdefault(firing.trigger, []).append(firing.fires)
        nodes = [source.uri for source in self._sources]
        certain = self._cycles()
        known = {frozenset(cycle) for cycle in certain}
        return TriggerGraph(
            tables=tuple(self._table(name) for name in sorted({*named, *self._by_table}, key=str)),
            triggers=tuple(map(self._trigger, self._sources)),
            uses=tuple(dict.fromkeys(_uses(used))),
            cascades=(
                *(one.fact("database") for one in cascades),
                *(one.fact("django") for one in by_django),
            ),
            firings=firings,
            cycles=certain,
            loops=tuple(one for one in loops(nodes, edges) if frozenset(one) not in known),
            chains=tuple(chains(nodes, edges)),
            unresolved=tuple(self._unresolved()),
            not_read=tuple(self._not_read()),
        )

    def _cycles(self) -> tuple[tuple[str, ...], ...]:
        found = {tuple(step.trigger.uri for step in cycle) for cycle in cycles(self._context)}
        return tuple(sorted(found))

    def _cascades(self, names: Iterable[QualifiedName]) -> Iterator[_Cascade]:
        history = replayed_history(self._analysis)
        written = history.operations.cascades if history else ()
        for name in sorted(names, key=str):
            model = self._tables.owner(name)
            for column, label in model.cascades if model else ():
                referenced = self._analysis.models.get(label)
                if referenced is not None:
                    table = in_search_path(table_name(referenced.table))
                    yield _Cascade(table, name, (column,))
            for key in written:
                if in_search_path(key.table) == name:
                    yield _Cascade(in_search_path(key.referenced), name, tuple(key.columns))

    def _cascades_by_django(self, names: set[QualifiedName]) -> Iterator[_Cascade]:
        """Those that may fire a trigger, and those between tables that are there anyway.

        Almost every foreign key is one: all of them would hide what the triggers do.
        """
        found = [
            _Cascade(in_search_path(table_name(referenced.table)), name, (column,))
            for name in sorted(names, key=str)
            if (model := self._tables.owner(name)) is not None
            for column, label in model.django_cascades
            if (referenced := self._analysis.models.get(label)) is not None
        ]
        there = names | {one.referenced for one in found if self._is_guarded(one.table)}
        for one in found:
            if one.referenced in there:
                yield one

    def _is_guarded(self, table: QualifiedName) -> bool:
        """Whether a DELETE fires a trigger of the table."""
        return any(one.is_fired_by("DELETE") for one in self._by_table.get(table, ()))

    def _firings(
        self, used: Mapping[str, tuple[Access, ...]], cascades: list[_Cascade]
    ) -> Iterator[Firing]:
        for source in self._sources:
            for access in used[source.uri]:
                if access.verb == "SELECT":
                    continue
                for target in self._by_table.get(access.table, ()):
                    if target.fires(access):
                        yield Firing(source.uri, target.uri, access.verb)
                if access.verb == "DELETE":
                    yield from self._by_cascade(source, access, cascades)

    def _by_cascade(
        self, source: Source, access: Access, cascades: list[_Cascade]
    ) -> Iterator[Firing]:
        """The triggers that the database fires as it deletes what referred to deleted rows."""
        pending: list[tuple[QualifiedName, ...]] = [(access.table,)]
        seen = {access.table}
        while pending:
            way = pending.pop(0)
            for cascade in cascades:
                if cascade.referenced == way[-1] and cascade.table not in seen:
                    seen.add(cascade.table)
                    further = (*way, cascade.table)
                    pending.append(further)
                    for target in self._by_table.get(cascade.table, ()):
                        if target.is_fired_by("DELETE"):
                            names = tuple(map(str, further))
                            yield Firing(source.uri, target.uri, "DELETE", names)

    def _table(self, name: QualifiedName) -> Table:
        model = self._tables.owner(name)
        there = sorted(self._by_table.get(name, ()), key=lambda one: one.turn)
        events = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
        firing = {
            event: tuple(one.uri for one in there if one.is_fired_by(event)) for event in events
        }
        return Table(
            str(name),
            model.app_label if model else None,
            model.label if model else None,
            {event: uris for event, uris in firing.items() if uris},
        )

    def _trigger(self, source: Source) -> Trigger:
        body = source.body
        own = (
            {use.column or "*" for use in body.uses if use.row == "NEW" and use.written}
            if (isinstance(body, Body))
            else set()
        )
        calls = functions_called(body) if isinstance(body, Body) else frozenset()
        return Trigger(
            uri=source.uri,
            table=str(source.table),
            app=source.app,
            name=source.name,
            function=source.function,
            when=_when(source.definition),
            level=_level(source.definition),
            condition=source.condition,
            origin=source.origin,
            sql=source.sql,
            place=self._place(source.span) if source.span else None,
            sets=tuple(sorted(own)),
            calls=tuple(sorted(calls)),
            unknown=_unknown(source, calls),
        )

    def _unresolved(self) -> Iterator[Missing]:
        for item in self._analysis.unresolved:
            what = item.uri or (f"a trigger of {item.model}" if item.model else "a trigger")
            yield Missing(what, item.reason, self._place(item.span))

    def _not_read(self) -> Iterator[Missing]:
        analysis = self._analysis
        for gap in other_gaps(analysis.certificate.gaps, analysis.unresolved):
            place = self._place(gap.span) if gap.span else None
            yield Missing(gap.concerns.words, f"{code_of_gap(gap)} {gap.reason}", place)

    def _place(self, span: Span) -> Place:
        return Place(self._analysis.project.display_path(span.path), span.line)


class _Cascade(Struct, frozen=True):
    referenced: QualifiedName
    table: QualifiedName
    columns: tuple[str, ...]

    def fact(self, by: Literal["database", "django"]) -> Cascade:
        return Cascade(str(self.referenced), str(self.table), self.columns, by)


def _accesses(source: Source) -> Iterator[Access]:
    if isinstance(source.body, Body):
        for access in accesses(source.body):
            yield Access(
                access.verb,
                in_search_path(access.table),
                access.columns,
                access.is_certain,
                None,  # one statement or several: the same arrow
            )


def _uses(used: Mapping[str, tuple[Access, ...]]) -> Iterator[Use]:
    for uri, listed in used.items():
        merged: dict[tuple[Verb, str], list[Access]] = {}
        for access in listed:
            merged.setdefault((access.verb, str(access.table)), []).append(access)
        for (verb, table), several in merged.items():
            columns = frozenset().union(*(one.columns for one in several))
            certain = any(one.is_certain for one in several)
            yield Use(uri, verb, table, tuple(sorted(columns)), certain)


def _when(definition: Definition | None) -> str:
    if definition is None:
        return "not read"
    events = " OR ".join(definition.events)
    if definition.update_of:
        events = events.replace("UPDATE", f"UPDATE OF {', '.join(definition.update_of)}")
    return f"{definition.timing} {events}"


def _level(definition: Definition | None) -> str:
    if definition is None:
        return "not read"
    return "ROW" if definition.is_row_level else "STATEMENT"


def _unknown(source: Source, calls: frozenset[str]) -> str | None:
    """Why a trigger may do more than is drawn."""
    match source.body:
        case None:
            if source.is_harmless:
                return None
            return f"it calls function {source.function}, which is not read"
        case BodyError(message=message):
            return f"its function does not parse: {message}"
        case BodyUnread(reason=reason):
            return f"its function is not followed: {reason}"
        case Body(dynamic=dynamic):
            reasons = []
            if any(not one.constant for one in dynamic):
                reasons.append("it runs SQL that is made at run time (EXECUTE)")
            if calls:
                verb = "is" if len(calls) == 1 else "are"
                reasons.append(f"it calls {', '.join(sorted(calls))}, which {verb} not followed")
            return "; ".join(reasons) or None
