"""Runs the rules over an analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.pipeline import Analysis


def run(
    analysis: Analysis, paths: Sequence[Path] = (), *, rules: Iterable[Rule] = RULES
) -> list[Diagnostic]:
    """The findings, sorted by place.

    Args:
        paths: Files and folders to report on, all when empty. The analysis covers the whole
            project in any case: what is wrong in one file may have its reason in another.

    Raises:
        CodegenError: A path does not exist.
    """
    wanted = _selection(paths)
    found = (finding for rule in rules for finding in rule.check(analysis))
    # A set, since one expression (in an abstract base, say) can be at fault for many models.
    selected = {finding for finding in found if wanted(finding.span.path)}
    return sorted(selected, key=lambda finding: finding.sort_key)


def _selection(paths: Sequence[Path]) -> Callable[[str], bool]:
    if not paths:
        return lambda path: True
    wanted = [_existing(path) for path in paths]
    answers: dict[str, bool] = {}

    def selected(path: str) -> bool:
        if path not in answers:
            resolved = Path(path).resolve()
            answers[path] = any(resolved.is_relative_to(folder) for folder in wanted)
        return answers[path]

    return selected


def _existing(path: Path) -> Path:
    if not path.exists():
        raise CodegenError(
            f"there is no file or folder {str(path)!r}",
            help="give paths of the project, or none to lint all of it",
        )
    return path.resolve()
