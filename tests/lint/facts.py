"""Facts as literals, so that rules are tested without a project on disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.certificate.certify import certify
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.models.facts import ModelFact, Models
from pgtrigger_codegen.project.config import Config
from pgtrigger_codegen.project.project import App, Project, Settings
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, Origin, TriggerParts

ROOT = Path("/project")


def span(line: int = 1, column: int = 1, path: str = "/project/shop/models.py") -> Span:
    """Five columns on one line."""
    return Span(path, line, column, line, column + 5)


def analysis(
    *, runsql_mode: bool = True, models: Iterable[ModelFact] = (), **facts: Any
) -> Analysis:
    """An analysis of a project with a first-party app `shop` and a third-party app `auth`."""
    settings = Settings("config.settings", {"PGTRIGGER_MIGRATIONS": not runsql_mode})
    apps = {label: _app(label, first_party=label == "shop") for label in ("auth", "shop")}
    known: dict[str, Any] = {
        "project": Project(ROOT, settings, apps),
        "config": Config(),
        "models": Models(models),
        "triggers": (),
        "unresolved": (),
        "assumptions": (),
        "lost_triggers": (),
        "syntax_problems": (),
        "foreign_triggers": (),
        "notices": (),
        "read_files": frozenset(),
        "load_migration": _load_migration,
    }
    known |= facts
    unread = [
        Unread(GapKind.SYNTAX_ERROR, problem.message, problem.span)
        for problem in known["syntax_problems"]
    ]
    certificate = certify(
        known["project"],
        known["models"],
        unread=unread,
        unresolved=known["unresolved"],
        foreign_unresolved=known.get("foreign_unresolved", ()),
        missing_providers=known.get("missing_providers", ()),
    )
    return Analysis(**{"certificate": certificate, **known})


def model(
    label: str,
    *,
    proxy_of: str | None = None,
    through_field: str | None = None,
    at: Span | None = None,
) -> ModelFact:
    """A model, first-party when it is in `shop`."""
    app_label, _, name = label.partition(".")
    concrete = proxy_of or label
    return ModelFact(
        app_label=app_label,
        name=name,
        table=concrete.lower().replace(".", "_"),
        concrete_model=concrete,
        first_party=app_label == "shop",
        managed=True,
        proxy_of=proxy_of,
        through_field=through_field,
        columns=("id",),
        span=at or span(),
    )


def trigger(
    uri: str,
    at: Span,
    *,
    table: str | None = None,
    origin: Origin = "meta",
    pgid: str | None = None,
    migration_app: str = "shop",
) -> CompiledTrigger:
    """A compiled trigger whose SQL does not matter."""
    label, _, name = uri.partition(":")
    app_label, _, model_name = label.partition(".")
    table = table or label.lower().replace(".", "_")
    pgid = pgid or f"pgtrigger_{uri}"
    return CompiledTrigger(
        uri=uri,
        app_label=app_label,
        model=model_name,
        table=table,
        concrete_model=label,
        name=name,
        pgid=pgid,
        hash="0" * 40,
        class_name="pgtrigger.Protect",
        origin=origin,
        migration_app=migration_app,
        span=at,
        parts=_parts(pgid, table),
    )


def finding(
    at: Span,
    *,
    code: str = "PGT103",
    severity: Severity = Severity.ERROR,
    **facts: Any,
) -> Diagnostic:
    """A finding that no rule made."""
    return Diagnostic(code, "some-rule", "Something is wrong", severity, at, **facts)


def _load_migration(*args: object) -> NoReturn:
    raise AssertionError("no rule of these tests reads migrations")


def _app(label: str, *, first_party: bool) -> App:
    return App(label, label, ROOT / label, first_party, f"{label}.migrations", None)


def _parts(pgid: str, table: str) -> TriggerParts:
    return TriggerParts(
        ignore_func_name='"public"._pgtrigger_should_ignore',
        pgid=pgid,
        declare="",
        func="RETURN NULL;",
        table=table,
        constraint="",
        when="BEFORE",
        operation="DELETE",
        timing="",
        referencing="",
        level="ROW",
        condition="",
        execute=f"{pgid}()",
    )
