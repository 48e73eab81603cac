"""`lint`: options → analysis → rules → fixes → reporter → exit code."""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import Struct, structs

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.asking import ask_nobody, ask_server
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    echo_summary,
    no_cache_option,
    pass_target,
    writing,
)
from pgtrigger_codegen.cli.lint_files import (
    baseline_path_of,
    require_own,
    write_baseline,
    write_texts,
)
from pgtrigger_codegen.cli.lint_output import echo_fixes, echo_report, echo_result, echo_stale
from pgtrigger_codegen.cli.lint_request import DSN_VARIABLE, Request
from pgtrigger_codegen.cli.speed import speed
from pgtrigger_codegen.cli.terminal import progress
from pgtrigger_codegen.lint.baseline import Baseline, BaselineEntry, read_baseline
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.fixes.diff import unified_diff
from pgtrigger_codegen.lint.fixes.fixed_point import Fixed, fix_all, is_own
from pgtrigger_codegen.lint.ignores import add_ignores
from pgtrigger_codegen.lint.options import (
    LintOptions,
    command_line_file_ignores,
    command_line_selectors,
    lint_options,
)
from pgtrigger_codegen.lint.places.source_text import read_source
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.reporters.formats import REPORTERS
from pgtrigger_codegen.lint.runner import scope_of
from pgtrigger_codegen.project.git import is_committed
from pgtrigger_codegen.source.overlay import overlaid
from pgtrigger_codegen.source.paths import resolved
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.sql.server_faults import ServerFault

_RULES = "RULES"  # what stands for selectors in the help


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--fix", is_flag=True, help="Apply safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="Offer unsafe fixes, and apply them with --fix.")
@click.option("--fix-only", is_flag=True, help="Apply fixes, and do not report the other findings.")
@click.option(
    "--diff", is_flag=True, help="Show the changes that fixes would make, and write nothing."
)
@click.option("--show-fixes", is_flag=True, help="List the findings that were fixed.")
@click.option(
    "--select",
    multiple=True,
    metavar=_RULES,
    help="Run only these rules: codes, beginnings of codes, names or ALL, separated by commas.",
)
@click.option("--extend-select", multiple=True, metavar=_RULES, help="Also run these rules.")
@click.option("--ignore", multiple=True, metavar=_RULES, help="Do not run these rules.")
@click.option(
    "--per-file-ignores",
    multiple=True,
    metavar="GLOB:RULES",
    help="Do not report these rules in the files that the glob matches.",
)
@click.option("--fixable", multiple=True, metavar=_RULES, help="Fix only findings of these rules.")
@click.option(
    "--unfixable", multiple=True, metavar=_RULES, help="Do not fix findings of these rules."
)
@click.option("--add-ignores", is_flag=True, help="Silence all findings with comments.")
@click.option(
    "--reason", metavar="TEXT", help="Text to add to these comments; needs --add-ignores."
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Do not report the findings that this file lists.",
)
@click.option("--write-baseline", is_flag=True, help="Write all findings to the baseline.")
@click.option(
    "--output-format",
    type=click.Choice(list(REPORTERS)),
    help="How findings are printed.  [default: full; github under GitHub Actions]",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the report to this file.",
)
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option(
    "--stdin-filename",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Lint the text on standard input as if it stood in this file.",
)
@click.option(
    "--force-exclude", is_flag=True, help="Leave excluded files out, even when given as PATH."
)
@click.option(
    "--verify",
    is_flag=True,
    help="Also check on a throw-away PostgreSQL server, like `pgtrigger-codegen verify`.",
)
@click.option(
    "--fire",
    is_flag=True,
    help="With --verify: also perform the triggers' events, like `verify --fire`.",
)
@click.option(
    "--dsn",
    help="With --verify: a server to make a database on, instead of the embedded one.  "
    f"[env var: {DSN_VARIABLE}]",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 when something was fixed.")
@click.option(
    "--fail-level",
    type=click.Choice(["error", "warning"]),
    default="warning",
    show_default=True,
    help="Lowest severity of a finding that exits with 1.",
)
@no_cache_option
@pass_target
def lint(target: Target, /, **options: Any) -> None:
    """Report what will go wrong with the project's triggers.

    With PATHs only what is found in those files and folders is reported, though the whole
    project is read. Exits with 1 when there is an error or a warning.
    """
    request = Request(**options)
    request.check()
    if request.writes:
        click.get_current_context().with_resource(writing(target))
    failed = _lint(target, request)
    click.get_current_context().exit(1 if failed and not request.exit_zero else 0)


def _lint(target: Target, request: Request) -> bool:
    """Carries the request out, and tells whether there is something to fail for."""
    configured = lint_options(target.config())
    baseline_path = baseline_path_of(target, request, configured)
    check = _Check(
        request.locate(target),
        _with_command_line(configured, request),
        request.force_exclude,
        _baseline(baseline_path, request),
    )
    with overlaid(_unsaved(request, check.paths)):
        with progress() as say:
            if request.verify:
                check = structs.replace(check, ask=ask_server(request.dsn, say, fires=request.fire))
            outcome = _outcome(target, request, check, say)
        project = outcome.analysis.project
        require_own(check.paths, outcome.analysis)
        output_file = target.directory / request.output_file if request.output_file else None
        if request.diff:
            return _show_diff(outcome, output_file)
        left: Sequence[Diagnostic] = outcome.diagnostics
        if request.stdin_filename is None:
            write_texts(project.root, outcome.after)
        elif request.fixes:
            click.echo(_text(outcome, str(resolved(check.paths[0]))), nl=False)
        if request.show_fixes:
            echo_fixes(outcome.applied, project.display_path)
        if request.add_ignores:
            left = _add_ignores(outcome, request.reason or "")
        if request.write_baseline and baseline_path is not None:
            _write_baseline(baseline_path, check, outcome.analysis)
            left = ()
        elif baseline_path is not None:
            echo_stale(check.stale(outcome.analysis), baseline_path)
        if request.fix_only:
            click.echo(f"Fixed {counted(len(outcome.applied), 'finding')}.", err=True)
            left = ()
        elif not request.write_baseline:
            echo_report(
                request,
                project,
                left,
                fixed=len(outcome.applied),
                file=output_file,
                to_stderr=request.fixes and request.stdin_filename is not None,
            )
    echo_summary(outcome.analysis)
    if request.only_reports:
        speed.reusable(project.root)
    return _has_failed(request, outcome, left)


def _has_failed(request: Request, outcome: Fixed, left: Sequence[Diagnostic]) -> bool:
    if request.exit_non_zero_on_fix and outcome.applied:
        return True
    return any(finding.severity in request.failing for finding in left)


class _Check(Struct, frozen=True):
    """Runs the rules as asked for, without the findings that the baseline knows."""

    paths: Sequence[Path]
    options: LintOptions
    force_exclude: bool
    baseline: Baseline | None
    ask: Callable[[Analysis], tuple[ServerFault, ...]] = ask_nobody

    def __call__(self, analysis: Analysis) -> Sequence[Diagnostic]:
        found = self.found(analysis)
        if self.baseline is None:
            return found
        return self.baseline.compare(found, analysis.project.display_path).new

    def found(self, analysis: Analysis) -> Sequence[Diagnostic]:
        """The findings, known ones included."""
        return pipeline.lint(
            analysis,
            self.paths,
            options=self.options,
            force_exclude=self.force_exclude,
            is_committed=is_committed,
            server_faults=self.ask(analysis),
        )

    def stale(self, analysis: Analysis) -> Counter[BaselineEntry]:
        """What the baseline knows, and this run could have found and has not."""
        if self.baseline is None:
            return Counter()
        stale = self.baseline.compare(self.found(analysis), analysis.project.display_path).stale
        return Counter({one: count for one, count in stale.items() if self.judges(analysis, one)})

    def judges(self, analysis: Analysis, entry: BaselineEntry) -> bool:
        """Whether this run tells if the entry is stale: its file and its rule are in it."""
        scope = scope_of(analysis, self.paths, force_exclude=self.force_exclude)
        rules = [rule for rule in RULES if rule.code == entry.code]
        return scope.covers(str(analysis.project.root / entry.path)) and all(
            map(self.options.selection.includes, rules)
        )


def _with_command_line(configured: LintOptions, request: Request) -> LintOptions:
    selection = configured.selection.overridden(
        select=command_line_selectors("--select", request.select),
        extend_select=command_line_selectors("--extend-select", request.extend_select),
        ignore=command_line_selectors("--ignore", request.ignore),
    )
    return configured.with_command_line(
        selection,
        per_file_ignores=command_line_file_ignores("--per-file-ignores", request.per_file_ignores),
        fixable=command_line_selectors("--fixable", request.fixable),
        unfixable=command_line_selectors("--unfixable", request.unfixable),
    )


def _baseline(path: Path | None, request: Request) -> Baseline | None:
    """The baseline to hold findings against; none when it is to be written."""
    return None if path is None or request.write_baseline else read_baseline(path)


def _unsaved(request: Request, paths: Sequence[Path]) -> Mapping[str, bytes]:
    """The text that stands for a file on disk."""
    if request.stdin_filename is None:
        return {}
    return {str(resolved(paths[0])): sys.stdin.buffer.read()}


def _outcome(target: Target, request: Request, check: _Check, say: Callable[[str], None]) -> Fixed:
    def analyze() -> Analysis:
        say("Reading the project")
        return analyze_target(target, history=True, remember=request.only_reports)

    def findings(analysis: Analysis) -> Sequence[Diagnostic]:
        say("Checking the rules")
        return check(analysis)

    if not request.fixes:
        analysis = analyze()
        return Fixed(analysis, tuple(findings(analysis)))
    unsaved = request.stdin_filename is not None
    only = str(resolved(check.paths[0])) if unsaved else None
    return fix_all(analyze, findings, unsafe=request.unsafe_fixes, only=only)


def _show_diff(outcome: Fixed, file: Path | None) -> bool:
    project = outcome.analysis.project
    diff = unified_diff(outcome.before, outcome.after, project.display_path)
    echo_result(diff, project.root, file)
    click.echo(f"Would fix {counted(len(outcome.applied), 'finding')}.", err=True)
    return bool(outcome.applied)


def _text(outcome: Fixed, path: str) -> bytes:
    """The text of a file after the fixes."""
    return (outcome.after.get(path) or read_source(path)).encode()


def _add_ignores(outcome: Fixed, reason: str) -> Sequence[Diagnostic]:
    """Writes comments, and returns the findings that none can silence."""
    own = functools.partial(is_own, outcome.analysis)
    ignores = add_ignores(outcome.diagnostics, read_source, own, reason)
    write_texts(outcome.analysis.project.root, ignores.texts)
    click.echo(f"Silenced {counted(len(ignores.added), 'finding')} with comments.", err=True)
    return ignores.left


def _write_baseline(path: Path, check: _Check, analysis: Analysis) -> None:
    """Writes what is found; entries that this run says nothing of stay as they are."""
    new = Baseline.of(check.found(analysis), analysis.project.display_path)
    if path.exists():
        new = read_baseline(path).merged(new, lambda entry: not check.judges(analysis, entry))
    write_baseline(analysis.project.root, path, new.render())
    click.echo(f"Wrote {counted(new.counts.total(), 'finding')} to {path}.", err=True)
