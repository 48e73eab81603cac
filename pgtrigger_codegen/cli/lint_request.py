"""The options of `lint` as one value, and the combinations that are allowed."""

from __future__ import annotations

from pathlib import Path

import click
from msgspec import Struct

from pgtrigger_codegen.cli.common import Target
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.diagnostic import Severity
from pgtrigger_codegen.lint.reporters.formats import STATISTICS

DSN_VARIABLE = "PGTRIGGER_CODEGEN_DSN"
"""Names the server that `verify` uses, where no option does."""

_STDIN = Path("-")


class Request(Struct, frozen=True):
    """The options of the command line, as they were given."""

    paths: tuple[Path, ...]
    fix: bool
    unsafe_fixes: bool
    fix_only: bool
    diff: bool
    show_fixes: bool
    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    ignore: tuple[str, ...]
    per_file_ignores: tuple[str, ...]
    fixable: tuple[str, ...]
    unfixable: tuple[str, ...]
    add_ignores: bool
    reason: str | None
    baseline: Path | None
    write_baseline: bool
    output_format: str | None
    output_file: Path | None
    statistics: bool
    stdin_filename: Path | None
    force_exclude: bool
    exit_zero: bool
    exit_non_zero_on_fix: bool
    fail_level: str
    verify: bool
    fire: bool
    dsn: str | None

    @property
    def failing(self) -> frozenset[Severity]:
        """The severities that it takes to fail."""
        with_warnings = self.fail_level == "warning"
        return frozenset({Severity.ERROR, Severity.WARNING} if with_warnings else {Severity.ERROR})

    @property
    def fixes(self) -> bool:
        """Whether fixes are made, if only to show them."""
        return self.fix or self.fix_only or self.diff

    @property
    def only_reports(self) -> bool:
        """Whether nothing but what is on disk is read, and nothing is written."""
        writes = self.fixes or self.add_ignores or self.write_baseline
        return (
            not writes
            and self.output_file is None
            and self.stdin_filename is None
            and not self.verify
        )

    @property
    def writes(self) -> bool:
        """Whether files of the project are written."""
        writes = self.fix or self.fix_only or self.add_ignores or self.write_baseline
        return writes and not self.diff and self.stdin_filename is None

    def check(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            click.UsageError: They do.
        """
        if self.stdin_filename is not None and set(self.paths) - {_STDIN}:
            raise click.UsageError("With --stdin-filename, no PATH but - can be given.")
        if self.stdin_filename is None and _STDIN in self.paths:
            raise click.UsageError("To lint standard input, name its file with --stdin-filename.")
        if self.dsn is not None and not self.verify:
            raise click.UsageError("--dsn needs --verify.")
        if self.fire and not self.verify:
            raise click.UsageError("--fire needs --verify.")
        if self.verify and self.fixes:
            raise click.UsageError("--verify cannot be combined with --fix, --fix-only and --diff.")
        writing = {
            "--add-ignores": self.add_ignores,
            "--write-baseline": self.write_baseline,
            "--fix, --fix-only and --diff": self.fixes,
            "--stdin-filename": self.stdin_filename is not None and not self.fixes,
        }
        given = [name for name, is_given in writing.items() if is_given]
        if len(given) > 1:
            raise click.UsageError(f"{given[0]} cannot be combined with {given[1]}.")
        if self.reason is not None:
            if not self.add_ignores:
                raise click.UsageError("--reason needs --add-ignores.")
            if not self.reason.isprintable() or "#" in self.reason:
                raise click.UsageError("--reason takes one line of text without #.")
        if self.statistics and (self.output_format or "full") not in STATISTICS:
            raise click.UsageError(
                f"--statistics does not support --output-format {self.output_format}, only "
                f"{', '.join(STATISTICS)}."
            )

    def locate(self, target: Target) -> list[Path]:
        """The paths to report on.

        Raises:
            CodegenError: The file that standard input stands for cannot exist.
        """
        if self.stdin_filename is None:
            return [locate(path, target) for path in self.paths]
        path = locate(self.stdin_filename, target)
        if path.is_dir() or not path.parent.is_dir():
            raise CodegenError(
                f"{str(self.stdin_filename)!r} cannot be a file (--stdin-filename)",
                help="name the file that standard input is, in a folder of the project",
            )
        return [path]


def locate(path: Path, target: Target) -> Path:
    """Paths are relative to -C DIR; pre-commit, which knows no -C, gives them from its root."""
    inside = target.directory / path
    return inside if inside.exists() or not path.exists() else path
