"""Answers the question for the missing migrations: what `makemigrations` would write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen import crashes, pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.engine import Engine
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.causes import code_of_gap
from pgtrigger_codegen.migrations.changes.operations import describe
from pgtrigger_codegen.migrations.planning.plan import Options
from pgtrigger_codegen.migrations.planning.plan import Plan as Missing
from pgtrigger_codegen.migrations.planning.preconditions import require_runsql_mode
from pgtrigger_codegen.project.config import load_config
from pgtrigger_codegen.project.git import is_committed, was_known
from pgtrigger_codegen.server.messages import Plan, Planned, PlannedFile
from pgtrigger_codegen.source.overlay import overlaid
from pgtrigger_codegen.transaction.write_files import Change, write_files
from pgtrigger_codegen.transaction.writing import writing


def plan(question: Plan, engine: Engine) -> Planned:
    """Plans the migrations, and writes them where that is asked for.

    Raises:
        CodegenError: The project cannot be read, or a migration cannot be made or written.
    """
    if not question.writes:
        return _planned(question, engine)
    if question.unsaved:
        raise CodegenError(
            "there are changes that are not saved, and migrations are made from what is saved",
            help="save all files, and ask again",
        )
    with writing(Path(question.folder), _say):
        return _planned(question, engine)


def _say(note: str) -> None:
    sys.stderr.write(f"{note}\n")


def _planned(question: Plan, engine: Engine) -> Planned:
    folder = Path(question.folder)
    with overlaid(question.unsaved), crashes.met() as met:
        config = load_config(folder)
        analysis = pipeline.analyze(
            folder, settings=question.settings, config=config, engine=engine
        )
        require_runsql_mode(analysis.project.settings)
        options = Options(
            databases=config.databases, is_committed=is_committed, was_known=was_known
        )
        missing = pipeline.plan(analysis, options)
        if met:
            raise CodegenError(f"{met[0].reason}; {crashes.REPORT}")
        if errors := [f"{app.app_label}: {app.error}" for app in missing.apps if app.error]:
            raise CodegenError("no migration was written. " + "\n".join(errors))
        files = tuple(_files(missing))
        if question.writes:
            changes = [
                Change(Path(file.path), file.content.encode(), file.is_new) for file in files
            ]
            write_files(analysis.project.root, changes)
    written = tuple(file.path for file in files) if question.writes else ()
    left = () if question.writes else files
    return Planned(
        question.number,
        left,
        written,
        tuple(_summary(analysis, missing)),
        tuple(_notes(analysis, missing)),
    )


def _files(missing: Missing) -> Iterator[PlannedFile]:
    """Every file to write, once: two apps can add to the same one."""
    found = {
        path: PlannedFile(str(path), content, path == file.path and file.woven is None)
        for app in missing.apps
        for file in app.files
        for path, content in file.files.items()
    }
    yield from found.values()


def _summary(analysis: Analysis, missing: Missing) -> Iterator[str]:
    for app in missing.apps:
        for file in app.files:
            does = ", ".join(describe(operation) for operation in file.operations)
            yield f"{analysis.project.display_path(file.path)}: {does or 'run_before added'}"


def _notes(analysis: Analysis, missing: Missing) -> Iterator[str]:
    """What the outcome does not rest on."""
    for item in missing.unreadable:
        yield f"{item.part} of {'.'.join(item.migration)} not read: {item.unknown.reason}"
    for gap in dict.fromkeys((*analysis.certificate.stated, *missing.gaps)):
        if gap in missing.gaps or gap.blocks:
            yield f"{analysis.project.display_place(gap.span)}{code_of_gap(gap)} {gap.reason}"
    for app in missing.apps:
        if app.unresolved:
            yield (
                f"app {app.app_label!r}: no migration is written, because not all of its triggers "
                "could be read"
            )
        for withheld in app.withheld:
            yield (
                f"trigger {withheld.trigger} is not removed, although nothing that was read "
                f"declares it: {withheld.gap.reason}"
            )
        yield from app.notes
