"""Runs the rules over an analysis, and drops the findings that the user silenced."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.crashes import REPORT, contain
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.options import LintOptions, lint_options
from pgtrigger_codegen.lint.places.project_place import place_of_project
from pgtrigger_codegen.lint.places.server_places import told_once
from pgtrigger_codegen.lint.places.source_text import read_source
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.rules.missing_return import MissingReturn
from pgtrigger_codegen.lint.rules.unused_suppression import UnusedSuppression
from pgtrigger_codegen.lint.scope import ReportedFiles
from pgtrigger_codegen.lint.selection import Selector, unknown_rule_help
from pgtrigger_codegen.lint.suppression import (
    MARKER,
    SuppressionComment,
    Suppressions,
    read_suppressions,
)
from pgtrigger_codegen.migrations.changes.open_changes import IsCommitted
from pgtrigger_codegen.project.folders import Exclusion
from pgtrigger_codegen.sql.server_faults import ServerFault


@confined()
def run(
    analysis: Analysis,
    paths: Sequence[Path] = (),
    *,
    rules: Iterable[Rule] = RULES,
    options: LintOptions | None = None,
    force_exclude: bool = False,
    is_committed: IsCommitted = lambda path: None,
    server_faults: tuple[ServerFault, ...] = (),
) -> list[Diagnostic]:
    """The findings, sorted by place.

    Args:
        paths: Files and folders to report on, all when empty. The analysis covers the whole
            project in any case: what is wrong in one file may have its reason in another.
        rules: The rules to select from.
        options: In place of what the project's configuration says.
        force_exclude: Whether files that the configuration excludes are left out even when they
            are among the paths.
        is_committed: Whether a file is in version control.
        server_faults: What a server says of the triggers, where one was asked.

    Raises:
        CodegenError: A path does not exist, or the configuration cannot be used.
    """
    options = options or lint_options(analysis.config)
    scope = scope_of(analysis, paths, force_exclude=force_exclude)
    selected = [rule for rule in rules if options.selection.includes(rule)]
    ignored = options.file_ignores(analysis.project.root)
    context = LintContext(analysis, is_committed, server_faults)
    checked = _checked_all(selected, context)
    failed = [one for check in checked for one in check.failed]
    found = (
        _at_home(finding, analysis)
        for finding in told_once([one for check in checked for one in check.found])
    )
    # A set, since one expression (in an abstract base, say) can be at fault for many models.
    wanted = {one for one in found if not ignored(one.span.path, one.code, one.name)}
    comments = _suppressions(analysis, wanted)
    left = [one for one in wanted if not _is_suppressed(one, comments)]
    for rule in selected:
        if isinstance(rule, UnusedSuppression):
            for path, suppressions in comments.items():
                here = functools.partial(ignored, path)
                if not here(rule.code, rule.name):
                    left += _unused(rule, suppressions, _have_run(selected, here))
    covered = {options.offered(options.graded(one)) for one in left if scope.covers(one.span.path)}
    return sorted({*covered, *failed}, key=lambda finding: finding.sort_key)


class _Checked(Struct, frozen=True):
    """The outcome of a rule.

    Attributes:
        failed: What is said of a crash.
    """

    found: list[Diagnostic]
    failed: list[Diagnostic]


_DECODER = msgspec.msgpack.Decoder(_Checked)


def _checked_all(rules: Sequence[Rule], context: LintContext) -> Sequence[_Checked]:
    """The outcome of each rule, in their order."""
    # What one of them reads of all functions is there for the others, in whichever process.
    known = {
        place: _checked(rule, context)
        for place, rule in enumerate(rules)
        if isinstance(rule, MissingReturn)
    }
    left = [place for place in range(len(rules)) if place not in known]
    work = [functools.partial(_checked, rules[place], context) for place in left]
    shared = context.analysis.share(work, _DECODER.decode, len(context.analysis.triggers))
    known.update(zip(left, shared, strict=True))
    return [known[place] for place in range(len(rules))]


def _checked(rule: Rule, context: LintContext) -> _Checked:
    """What a rule finds until it ends or crashes; a crash is a finding that nothing silences."""
    found: list[Diagnostic] = []
    failed: list[Diagnostic] = []
    crash = contain(f"rule {rule.code}", lambda: found.extend(rule.check(context)))
    if crash is not None:
        message = f"Not checked to the end: {crash.reason}, {REPORT}"
        place = place_of_project(context.analysis)
        failed.append(rule.diagnostic(message, place, severity=Severity.ERROR))
    return _Checked(found, failed)


def scope_of(
    analysis: Analysis, paths: Sequence[Path], *, force_exclude: bool = False
) -> ReportedFiles:
    """The files that are reported on.

    Raises:
        CodegenError: A path does not exist.
    """
    exclusion = Exclusion(analysis.project.root, analysis.config.exclude)
    return ReportedFiles(paths, exclusion, force_exclude=force_exclude)


def _suppressions(analysis: Analysis, findings: Iterable[Diagnostic]) -> Mapping[str, Suppressions]:
    """By path; comments of other people's packages silence nothing."""
    paths = {str(path) for path in analysis.read_files}
    paths |= {finding.span.path for finding in findings}
    own = (path for path in paths if not _is_installed(path))
    return {path: found for path in own if (found := _read(path)) is not None}


def _at_home(finding: Diagnostic, analysis: Analysis) -> Diagnostic:
    """The finding at the line of the project that leads to it, where its own is in a package.

    There it can be silenced, and there something can be done about it.
    """
    if not _is_installed(finding.span.path):
        return finding
    roots = (analysis.project.root, *analysis.project.first_party_roots)
    for note in finding.notes:
        path = Path(note.span.path)
        if not _is_installed(note.span.path) and any(path.is_relative_to(root) for root in roots):
            others = (one for one in finding.notes if one != note)
            there = Note("the reason is here", finding.span)
            return replace(finding, span=note.span, notes=(there, *others))
    return finding


def _is_installed(path: str) -> bool:
    return not {"site-packages", "dist-packages"}.isdisjoint(Path(path).parts)


def _read(path: str) -> Suppressions | None:
    try:
        source = read_source(path)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None
    return read_suppressions(path, source) if MARKER in source.text else None


def _is_suppressed(finding: Diagnostic, comments: Mapping[str, Suppressions]) -> bool:
    found = comments.get(finding.span.path)
    return found is not None and found.suppress(finding)


def _unused(
    rule: UnusedSuppression, suppressions: Suppressions, judged: Callable[[Selector], bool]
) -> Iterator[Diagnostic]:
    """What this rule says of the comments of a file.

    Args:
        judged: Whether the rules that a selector means have run for the file.
    """
    for comment in suppressions.comments:
        for finding in _problems(rule, comment, suppressions, judged):
            if not suppressions.suppress(finding):
                yield finding
    # Only now it is known whether a comment that silences this very rule has been of use.
    for comment in suppressions.comments:
        own = [
            selector
            for selector in suppressions.unused(comment)
            if selector.matches(rule.code, rule.name) and judged(selector)
        ]
        if own:
            yield rule.unused(comment, own)


def _problems(
    rule: UnusedSuppression,
    comment: SuppressionComment,
    suppressions: Suppressions,
    judged: Callable[[Selector], bool],
) -> Iterator[Diagnostic]:
    if not comment.selectors:
        yield rule.malformed(comment)
    known = []
    for selector in suppressions.unused(comment):
        if help := unknown_rule_help(selector, RULES):
            yield rule.unknown(comment, selector, help)
        elif judged(selector) and not selector.matches(rule.code, rule.name):
            known.append(selector)
    if known:
        yield rule.unused(comment, known)


def _have_run(
    selected: Sequence[Rule], ignored: Callable[[str, str], bool]
) -> Callable[[Selector], bool]:
    """Whether the rules of a selector have run: those aside that are off unless asked for."""
    ran = {rule.code for rule in selected if not ignored(rule.code, rule.name)}

    def have_run(selector: Selector) -> bool:
        meant = [rule for rule in RULES if selector.matches(rule.code, rule.name)]
        return any(rule.code in ran for rule in meant) and all(
            rule.code in ran or not rule.on_by_default for rule in meant
        )

    return have_run
