"""Stage certificate: turns unread places into gaps, and says which triggers each gap may hide."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import assert_never

from msgspec.structs import replace

from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.certificate.gaps import EVERYTHING, OTHER_APPS, Concern, Gap
from pgtrigger_codegen.certificate.unreached import unreached_triggers
from pgtrigger_codegen.evaluator.django.unknown_imports import REASON as DYNAMIC
from pgtrigger_codegen.models.facts import MissingProvider, Models
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import UNKNOWN_APP, GapKind, Unread
from pgtrigger_codegen.triggers.compiled import Cause, UnresolvedTrigger


def certify(
    project: Project,
    models: Models,
    *,
    unread: Iterable[Unread] = (),
    unresolved: Iterable[UnresolvedTrigger] = (),
    foreign_unresolved: Iterable[UnresolvedTrigger] = (),
    missing_providers: Iterable[MissingProvider] = (),
    read_files: Collection[Path] | None = None,
) -> Certificate:
    """Says of all that was not read what it may hide.

    Args:
        unread: What the stages passed over.
        unresolved: Declarations of the project that could not be compiled.
        foreign_unresolved: Those of third-party packages.
        missing_providers: Libraries that register triggers and cannot be asked which.
        read_files: The project's files that were read; None where files do not matter.
    """
    known = _Known(project, models)
    stated = [
        *(known.of_unread(one) for one in unread),
        *(known.of_unresolved(one) for one in unresolved),
        *(known.of_foreign(one) for one in foreign_unresolved),
        # With a provider of ours, it is among the declarations that are not resolved.
        *(known.of_provider(one) for one in missing_providers if one.distribution is None),
    ]

    def more() -> Iterator[Gap]:
        yield from known.unread_bases()
        if read_files is not None:
            yield from unreached_triggers(project, read_files, known.concerns_of)

    return Certificate(stated, known.apps_by_table, more)


class _Known:
    """The facts about the project that place a gap in it."""

    def __init__(self, project: Project, models: Models) -> None:
        self._project = project
        self._models = models

    def apps_by_table(self) -> dict[str, str]:
        """The app of each model's table."""
        return {table: label.partition(".")[0] for table, label in self._models.tables.items()}

    def concerns_of(self, place: Span) -> Concern:
        """What declarations at a place may be about, as far as the folder says."""
        return _of_app(self._app_of(place))

    def unread_bases(self) -> Iterator[Gap]:
        """Models with a base, decorator or hook that was not read.

        They keep triggers from being removed, and nothing else: without the project's environment
        most projects have some.
        """
        for label in sorted(self._models.doubtful):
            model = self._models[label]
            if model.unread is not None:
                place = model.unknown_base or model.span
                concerns = Concern("table", model.table)
                kind = GapKind.UNREAD_BASE
                yield Gap(kind, model.unread, concerns, place, Cause.UNKNOWN_BASE, blocks=False)
        for item in self._models.unplaced:
            concerns = Concern("app", item.app_label)
            kind, place = GapKind.UNREAD_BASE, item.unknown_base
            yield Gap(kind, item.unread, concerns, place, Cause.UNKNOWN_BASE, blocks=False)

    def of_unread(self, unread: Unread) -> Gap:
        """What a stage passed over."""
        match unread.kind:
            case GapKind.APP_NOT_FOUND:
                return _gap(unread, Concern("app", unread.app or ""), blocks=unread.certain)
            case GapKind.SETTINGS_NOT_FOUND | GapKind.UNKNOWN_SETTING:
                return _gap(unread, OTHER_APPS, blocks=unread.certain)
            case GapKind.ASSUMED_BRANCH:
                # In the settings it hides apps; elsewhere what a base or a helper gives to others.
                concerns = OTHER_APPS if unread.app == UNKNOWN_APP else EVERYTHING
                return _gap(unread, concerns, blocks=unread.certain)
            case GapKind.UNACCOUNTED_SITE:
                return replace(self._placed(unread), concerns=EVERYTHING)
            case GapKind.UNREAD_BASE:
                apps = (
                    frozenset({unread.app}) if unread.app and unread.certain else frozenset[str]()
                )
                return _gap(unread, _of_app(unread.app), apps, blocks=unread.certain)
            case GapKind.UNREACHED_SITE:
                return _gap(unread, Concern("trigger", unread.app or ""), blocks=False)
            case (
                GapKind.UNREADABLE_FILE
                | GapKind.REFUSED_FILE
                | GapKind.SYNTAX_ERROR
                | GapKind.READING_FAILED
                | GapKind.MISSING_IMPORT
                | GapKind.DYNAMIC_IMPORT
                | GapKind.MISSING_MODELS
                | GapKind.LIMIT_PASSED
                | GapKind.MISSING_PROVIDER
                | GapKind.UNRESOLVED_DECLARATION
            ):
                return self._placed(unread)
        assert_never(unread.kind)

    def of_unresolved(self, item: UnresolvedTrigger) -> Gap:
        """A declaration of the project that could not be compiled."""
        app = item.migration_app or self._app_of(item.span)
        return Gap(
            kind=_kind(item),
            reason=item.reason,
            concerns=self._of_declaration(item) or _of_app(app),
            span=item.span,
            cause=item.cause,
            apps=None if app is None else frozenset({app}),
        )

    def of_foreign(self, item: UnresolvedTrigger) -> Gap:
        """A declaration of a third-party package: its triggers are its own to migrate."""
        concerns = self._of_declaration(item) or OTHER_APPS
        return Gap(_kind(item), item.reason, concerns, item.span, item.cause, blocks=False)

    def of_provider(self, missing: MissingProvider) -> Gap:
        """A library that cannot be asked: what it registers for models is its own to migrate."""
        reason = f"the triggers that `{missing.library}` registers are not found: {missing.reason}"
        concerns = _of_app(self._app_of(missing.span))
        kind = GapKind.MISSING_PROVIDER
        return Gap(kind, reason, concerns, missing.span, Cause.NO_PROVIDER, blocks=False)

    def _of_declaration(self, item: UnresolvedTrigger) -> Concern | None:
        model = self._models.get(item.model or "")
        if model is not None:
            return Concern("table", model.table)
        return Concern("trigger", item.uri) if item.uri is not None else None

    def _placed(self, unread: Unread) -> Gap:
        """What stands in a file of an app, or of none."""
        app = unread.app or (self._app_of(unread.span) if unread.span is not None else None)
        return _gap(unread, _of_app(app), None if app is None else frozenset({app}))

    def _app_of(self, span: Span) -> str | None:
        """The app in whose folder the file lies, the innermost one."""
        path = Path(span.path)
        holders = [app for app in self._project.apps.values() if path.is_relative_to(app.path)]
        return max(holders, key=lambda app: len(app.path.parts)).label if holders else None


def _gap(
    unread: Unread,
    concerns: Concern,
    apps: frozenset[str] | None = frozenset(),
    *,
    blocks: bool = True,
) -> Gap:
    package = unread.package
    return Gap(unread.kind, unread.reason, concerns, unread.span, None, apps, blocks, package)


def _of_app(label: str | None) -> Concern:
    return EVERYTHING if label is None else Concern("app", label)


_LIMIT = re.compile(
    r"takes more than \d+ steps|nested too deeply|\d+ (?:items|bits)\b|of such a size"
    "|so long a text|could take very long|nested repetitions"
)
"""What the evaluator says when it gives up because of the size of a thing."""


def _kind(item: UnresolvedTrigger) -> GapKind:
    if item.cause is Cause.NO_PROVIDER:
        return GapKind.MISSING_PROVIDER
    if item.reason.startswith(DYNAMIC):
        return GapKind.DYNAMIC_IMPORT
    return GapKind.LIMIT_PASSED if _LIMIT.search(item.reason) else GapKind.UNRESOLVED_DECLARATION
