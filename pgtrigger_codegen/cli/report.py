"""`report`: options → the project now and as it is released → what is different → a text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    echo_summary,
    no_cache_option,
    pass_target,
)
from pgtrigger_codegen.cli.earlier_files import files_of
from pgtrigger_codegen.cli.lint_output import echo_result
from pgtrigger_codegen.cli.terminal import progress
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.options import LintOptions, lint_options
from pgtrigger_codegen.migrations.planning.plan import Options, Plan
from pgtrigger_codegen.project.config import Config, load_config
from pgtrigger_codegen.project.git import (
    GitError,
    Repository,
    is_committed,
    repository_of,
    was_known,
)
from pgtrigger_codegen.project.site_packages import find_environment
from pgtrigger_codegen.report.earlier import NOTHING, Earlier, earlier_of
from pgtrigger_codegen.report.facts import Report
from pgtrigger_codegen.report.html import html_page
from pgtrigger_codegen.report.json_document import json_document
from pgtrigger_codegen.report.making import make_report
from pgtrigger_codegen.report.markdown import MOST_BYTES, markdown

_SHORT = 12  # characters of a commit's hash


@click.command()
@click.option(
    "--since",
    metavar="REF",
    help="Compare with the commit where this branch left REF.  [default: the last commit]",
)
@click.option(
    "--output-format",
    type=click.Choice(["markdown", "html", "json"]),
    default="markdown",
    show_default=True,
    help="How the report is printed.",
)
@click.option("-o", "--output-file", type=click.Path(path_type=Path), help="Write it to this file.")
@click.option(
    "--max-length",
    type=click.IntRange(min=0),
    default=MOST_BYTES,
    show_default=True,
    metavar="BYTES",
    help="Leave details of Markdown out beyond this length; 0 for none.",
)
@no_cache_option
@pass_target
def report(
    target: Target,
    *,
    since: str | None,
    output_format: str,
    output_file: Path | None,
    max_length: int,
) -> None:
    """Show what a change does to triggers, for the people who review it.

    Compares the project with the commit where the branch left REF, or with the last commit. For
    each trigger that is added, changed or removed: its SQL, the locks of the migrations, whether
    they can be reversed, new findings of `lint`, and what to do.
    """
    with progress() as say:
        say("Reading the project")
        analysis = analyze_target(target, history=True)
        options = lint_options(target.config())
        base = _base(target, since)
        findings = pipeline.lint(analysis, options=options, is_committed=base.has)
        earlier, name = _earlier(target, base, analysis, findings, options)
        made = make_report(analysis, _plan(analysis), findings, earlier, name)
    text = _text(made, output_format, max_length)
    file = target.directory / output_file if output_file else None
    echo_result(text, analysis.project.root, file)
    echo_summary(analysis)


def _text(made: Report, output_format: str, max_length: int) -> str:
    match output_format:
        case "html":
            return html_page(made)
        case "json":
            return json_document(made)
        case _:
            return markdown(made, max_length or None)


class _Base(Struct, frozen=True):
    """What the project is compared with.

    Attributes:
        commit: None where nothing is committed, or outside of git.
        name: For a sentence.
    """

    repository: Repository | None
    commit: str | None
    name: str | None

    def has(self, path: Path) -> bool | None:
        """Whether a file was there: what a branch adds is not released, though it is committed."""
        if self.repository is None or self.commit is None:
            return is_committed(path)
        try:
            return self.repository.has_committed(path, self.commit)
        except GitError:
            return None


def _base(target: Target, since: str | None) -> _Base:
    repository = repository_of(target.directory)
    if repository is None:
        if since is not None:
            raise CodegenError(
                f"{target.directory} is not in a git repository (--since)",
                help="leave --since out, to see what is in no migration yet",
            )
        return _Base(None, None, None)
    commit = repository.branching_point(since) if since else repository.last_commit()
    return _Base(repository, commit, since or (f"commit {commit[:_SHORT]}" if commit else None))


def _plan(analysis: Analysis) -> Plan:
    options = Options(
        databases=analysis.config.databases, is_committed=is_committed, was_known=was_known
    )
    return pipeline.plan(analysis, options)


def _earlier(
    target: Target,
    base: _Base,
    now: Analysis,
    findings: Sequence[Diagnostic],
    options: LintOptions,
) -> tuple[Earlier, str | None]:
    """What is released, and what to call it."""
    if base.repository is None:
        # As for `makemigrations`: outside of git, every migration may have run somewhere.
        return earlier_of(now, findings), None
    if base.commit is None:
        return NOTHING, None
    if not base.repository.differs(base.commit):
        return earlier_of(now, findings), base.name
    return _of_commit(target, base.repository, base.commit, now, options), base.name


def _of_commit(
    target: Target, repository: Repository, commit: str, now: Analysis, options: LintOptions
) -> Earlier:
    with files_of(repository, commit) as root:
        folder = root / target.directory.relative_to(repository.root)
        files = (root / path.relative_to(repository.root) for path in _own_files(now, repository))
        if not any(path.is_file() for path in files):
            return NOTHING
        try:
            analysis = pipeline.analyze(
                folder, settings=target.settings, config=_config(target, now, root, folder)
            )
            there = pipeline.lint(analysis, options=options, is_committed=lambda path: True)
            return earlier_of(analysis, there)
        except CodegenError as error:
            raise CodegenError(
                f"the project cannot be read as it was at commit {commit[:_SHORT]}: {error}",
                help="compare with another commit (--since REF)",
            ) from error


def _own_files(now: Analysis, repository: Repository) -> Iterator[Path]:
    return (path for path in now.read_files if path.is_relative_to(repository.root))


def _config(target: Target, now: Analysis, root: Path, folder: Path) -> Config:
    """The configuration of then, with the environment of now, which git does not have."""
    environment, _ = find_environment(now.config, os.environ, _own_folders(now))
    python = environment.prefix if environment else None
    if not target.config_file and not target.is_isolated:
        return replace(load_config(folder), python=python)
    repository = repository_of(target.directory)
    assert repository is not None
    moved = tuple(
        root / path.relative_to(repository.root) if path.is_relative_to(repository.root) else path
        for path in now.config.source_roots
    )
    return replace(now.config, python=python, source_roots=moved)


def _own_folders(now: Analysis) -> Iterator[Path]:
    """Where an environment can be: in the project's folder, and where its sources are."""
    yield now.project.root
    yield from now.config.source_roots
    yield from {path.parent for path in now.project.root.glob("*/manage.py")}
