"""Stage certificate: collects evidence for each declaration, and compares the census with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from pgtrigger_codegen.certificate.census import (
    Census,
    CountedSite,
    Evidence,
    Explanation,
    take_census,
)
from pgtrigger_codegen.certificate.declaring_names import PROVIDED_BY, DeclaringNames
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.trace import Place
from pgtrigger_codegen.models import registry
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread
from pgtrigger_codegen.triggers.declared import Declared


def census_of(reader: ModelReader, declared: Declared, *, parse_all: bool = False) -> Census:
    """The census of all modules of the project that Django imports."""
    modules = [module for module in reader.loader.loaded() if module.first_party]
    migrations = {str(app.migrations_dir) for app in reader.project.apps.values()}
    counted = [module for module in modules if str(module.path.parent) not in migrations]
    explain = Explanation(
        reader.interpreter.trace,
        _places(model.span for model in _read_models(reader)),
        reader.interpreter.scopes,
        declared.assumptions | reader.project.settings.assumed,
        modules,
        other_engine=_has_other_engine(reader.project.settings.get("DATABASES")),
    )
    names = DeclaringNames(reader.loader, counted)
    return take_census(counted, names, _evidence(reader, declared), explain, parse_all=parse_all)


def unread_sites(census: Census) -> Iterator[Unread]:
    """The sites that make gaps."""
    for site in census.left:
        reason = f"{_words(site)} left no trace in the analysis: {site.why}"
        package = PROVIDED_BY if site.what == "provider" else None
        yield Unread(GapKind.UNACCOUNTED_SITE, reason, site.span, package=package)
    for site in census.assumed:
        reason = f"{_words(site)} is in a branch that is not taken: {site.why}"
        yield Unread(GapKind.ASSUMED_BRANCH, reason, site.span)


def _words(site: CountedSite) -> str:
    match site.what:
        case "meta":
            return "`triggers` of a `Meta`"
        case "register":
            return "a call of `register`"
        case "provider":
            return "a call that declares triggers"
        case "trigger":
            return f"trigger `{site.name}`" if site.name else "a trigger"


def _has_other_engine(databases: object) -> bool:
    """Whether all engines are known, and none is PostgreSQL's."""
    if not isinstance(databases, dict):
        return False
    engines = [one.get("ENGINE") for one in databases.values() if isinstance(one, dict)]
    return bool(engines) and all(
        isinstance(engine, str) and not re.search("postg|psycopg|timescale", engine)
        for engine in engines
    )


def _evidence(reader: ModelReader, declared: Declared) -> Evidence:
    vm = reader.interpreter
    spans = [trigger.span for trigger in declared.triggers]
    spans += [one.registered.span for one in declared.triggers if one.registered is not None]
    spans += [one.span for one in vm.findings.registrations]
    spans += [one.span for one in vm.findings.provided_calls]
    unresolved = [item.span for item in declared.unresolved]
    unresolved += [
        note.span for item in declared.unresolved for note in item.notes if note.span is not None
    ]
    lonely = {one.span for one in declared.uninherited}
    read = _read_models(reader)
    return Evidence(
        compiled=_places(spans),
        unresolved=_places(unresolved),
        made=_places(vm.findings.made_at()),
        metas=frozenset(place for model in read for place in _meta_places(model)),
        uninherited=frozenset(
            place for model in read if model.span in lonely for place in _meta_places(model)
        ),
    )


def _read_models(reader: ModelReader) -> list[ModelClass]:
    return [
        model
        for model in reader.interpreter.findings.model_classes
        if model.module.first_party and "rigger" in model.module.text and registry.is_model(model)
    ]


def _places(spans: Iterable[Span]) -> frozenset[Place]:
    return frozenset((span.path, span.line) for span in spans)


def _meta_places(model: ModelClass) -> Iterator[Place]:
    """Where the own `Meta` of a class that was executed names its triggers."""
    for node in model.node.body:
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            for statement in node.body:
                targets: list[ast.expr] = []
                if isinstance(statement, ast.Assign):
                    targets = statement.targets
                elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
                    targets = [statement.target]
                for target in targets:
                    if isinstance(target, ast.Name) and target.id == "triggers":
                        yield str(model.module.path), target.lineno
