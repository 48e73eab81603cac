"""The output of `lint`: the report, and on standard error the fixed and the stale findings."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path

import click

from pgtrigger_codegen.cli.lint_files import write_report
from pgtrigger_codegen.cli.lint_request import Request
from pgtrigger_codegen.cli.output import commands_to_github
from pgtrigger_codegen.cli.terminal import cells, wants_colour
from pgtrigger_codegen.lint.baseline import BaselineEntry
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.reporters.formats import REPORTERS, STATISTICS
from pgtrigger_codegen.lint.reporters.github import github
from pgtrigger_codegen.lint.reporters.palette import Palette
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.project.git import repository_of
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.escaping import one_line


def echo_report(
    request: Request,
    project: Project,
    diagnostics: Sequence[Diagnostic],
    *,
    fixed: int,
    file: Path | None,
    to_stderr: bool = False,
) -> None:
    """Prints the report, or writes it to the file."""
    stream = sys.stderr if to_stderr else sys.stdout
    palette = Palette(colour=file is None and wants_colour(stream))
    report = Report(
        tuple(diagnostics),
        project.display_path,
        cells,
        repository_path=repository_path_of(project),
        fixed=fixed,
        unsafe_fixes=request.unsafe_fixes,
        palette=palette,
    )
    reporters = STATISTICS if request.statistics else REPORTERS
    text = reporters[_format(request)](report)
    commands = reporters[_format(request)] is github
    echo_result(text, project.root, file, palette, to_stderr=to_stderr, commands=commands)


def echo_result(
    text: str,
    root: Path,
    file: Path | None,
    palette: Palette | None = None,
    *,
    to_stderr: bool = False,
    commands: bool = False,
) -> None:
    """Prints a text that ends its last line itself, or writes it to the file."""
    if file is not None:
        write_report(root, file, text)
    else:
        # click takes colours out where there is no terminal, even those that were asked for.
        colour = True if palette and palette.colour else None
        with commands_to_github(sys.stdout) if commands else nullcontext():
            click.echo(text, nl=False, color=colour, err=to_stderr)


def echo_fixes(applied: Iterable[Diagnostic], display_path: Callable[[str], str]) -> None:
    """Says on standard error what was fixed, by file and rule."""
    by_path = groupby(
        sorted(applied, key=lambda finding: finding.sort_key),
        key=lambda finding: display_path(finding.span.path),
    )
    for path, findings in by_path:
        click.echo(f"Fixed in {one_line(path)}:", err=True)
        counts = Counter((finding.code, finding.name) for finding in findings)
        for (code, name), count in sorted(counts.items()):
            click.echo(f"  {count} × {code} ({name})", err=True)


def echo_stale(stale: Counter[BaselineEntry], baseline: Path) -> None:
    """Says on standard error which entries of the baseline are found no more."""
    for entry, count in sorted(stale.items()):
        times = "" if count == 1 else f" ({count} times)"
        click.echo(
            one_line(f"stale in {baseline}: {entry.path}: {entry.code} {entry.message}{times}"),
            err=True,
        )
    if stale:
        click.echo("  help: --write-baseline takes them out", err=True)


def _format(request: Request) -> str:
    if request.output_format is not None:
        return request.output_format
    on_github = os.environ.get("GITHUB_ACTIONS") == "true" and request.output_file is None
    return "github" if on_github else "full"


def repository_path_of(project: Project) -> Callable[[str], str] | None:
    """How paths look from the repository's root; None where that is the project's."""
    repository = repository_of(project.root)
    if repository is None or repository.root == project.root:
        return None
    prefix = project.root.relative_to(repository.root).as_posix()

    def path_in_repository(path: str) -> str:
        shown = project.display_path(path)
        return f"{prefix}/{shown}" if Path(path).is_relative_to(project.root) else shown

    return path_in_repository
