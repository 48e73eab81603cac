"""`lint` and `rule`: options → analysis → rules → reporter → exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from pgtrigger_codegen.cli.common import Target, analyze_target, echo_summary, pass_target
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.documentation import rule_page
from pgtrigger_codegen.lint.fixes import FixedFiles, apply_fixes
from pgtrigger_codegen.lint.registry import find_rule
from pgtrigger_codegen.lint.reporters.formats import REPORTERS
from pgtrigger_codegen.lint.reporters.palette import Palette
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.lint.source_text import read_source
from pgtrigger_codegen.pipeline import Analysis

# Each round can make room for the next one; rules that undo each other must not go on for ever.
_MAX_ROUNDS = 10


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--fix", is_flag=True, help="Apply safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="Offer unsafe fixes, and apply them with --fix.")
@click.option(
    "--output-format",
    type=click.Choice(list(REPORTERS)),
    default="full",
    show_default=True,
    help="How findings are printed.",
)
@pass_target
def lint(
    target: Target,
    *,
    paths: tuple[Path, ...],
    fix: bool,
    unsafe_fixes: bool,
    output_format: str,
) -> None:
    """Report what will go wrong with the project's triggers.

    With PATHs only what is found in those files and folders is reported, though the whole
    project is read. Exits with 1 when there is an error or a warning.
    """
    wanted = [_locate(path, target.directory) for path in paths]
    outcome = _lint(target, wanted, fix=fix, unsafe=unsafe_fixes)
    report = Report(
        outcome.diagnostics,
        outcome.analysis.project.display_path,
        fixed=outcome.fixed,
        unsafe_fixes=unsafe_fixes,
        palette=Palette(colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR")),
    )
    click.echo(REPORTERS[output_format](report), nl=False)
    echo_summary(outcome.analysis)
    failing = any(finding.severity is not Severity.INFO for finding in outcome.diagnostics)
    click.get_current_context().exit(1 if failing else 0)


@click.command()
@click.argument("code")
def rule(code: str) -> None:
    """Explain the rule with that CODE or name."""
    click.echo(rule_page(find_rule(code)), nl=False)


@dataclass(frozen=True)
class _Outcome:
    analysis: Analysis
    diagnostics: tuple[Diagnostic, ...]
    fixed: int = 0


def _locate(path: Path, directory: Path) -> Path:
    """Paths are relative to -C DIR; pre-commit, which knows no -C, gives them from its root."""
    inside = directory / path
    return inside if inside.exists() or not path.exists() else path


def _lint(target: Target, paths: Sequence[Path], *, fix: bool, unsafe: bool) -> _Outcome:
    analysis = analyze_target(target)
    diagnostics = run(analysis, paths)
    fixed = 0
    for _ in range(_MAX_ROUNDS if fix else 0):
        files = _fixed_files(analysis, diagnostics, unsafe=unsafe)
        if not files.applied:
            break
        _write(files)
        fixed += len(files.applied)
        analysis = analyze_target(target)
        diagnostics = run(analysis, paths)
    return _Outcome(analysis, tuple(diagnostics), fixed)


def _fixed_files(
    analysis: Analysis, diagnostics: Sequence[Diagnostic], *, unsafe: bool
) -> FixedFiles:
    own = {str(path) for path in analysis.read_files}
    return apply_fixes(diagnostics, read_source, unsafe=unsafe, writable=own.__contains__)


def _write(files: FixedFiles) -> None:
    for path, source in files.texts.items():
        try:
            Path(path).write_bytes(source.encode())
        except OSError as error:
            raise CodegenError(
                f"the fixed {path} cannot be written: {error.strerror}",
                help="make the file writable, or run `lint` without --fix",
            ) from error
