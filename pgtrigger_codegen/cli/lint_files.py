"""The files that `lint` reads and writes besides source: baselines, reports, and fixed source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import Target
from pgtrigger_codegen.cli.lint_request import Request
from pgtrigger_codegen.errors import CodegenError, ConfigError
from pgtrigger_codegen.lint.options import LintOptions
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.project.discovery import other_project
from pgtrigger_codegen.source.boundary import Boundary, is_under
from pgtrigger_codegen.source.escaping import escaped
from pgtrigger_codegen.source.paths import resolved
from pgtrigger_codegen.transaction.write_files import Change, write_files


def write_report(root: Path, path: Path, text: str) -> None:
    """Writes a report, into a device or a pipe too, as a shell does that redirects output.

    Raises:
        CodegenError: It cannot be written, or a link in the project leads out of it.
    """
    help = "make its folder writable, or name another file"
    if (reason := Boundary.of(root).refusal_to_write(path)) is not None:
        raise CodegenError(f"{path} is not written: {reason}", help=help)
    try:
        path.write_bytes(_encoded(text))
    except OSError as error:
        raise CodegenError(f"{path} cannot be written: {error.strerror}", help=help) from error


def write_baseline(root: Path, path: Path, text: str) -> None:
    """Writes a baseline.

    Raises:
        CodegenError: It cannot be written.
    """
    write_files(root, [Change(path, _encoded(text))])


def write_texts(root: Path, texts: Mapping[str, SourceText]) -> None:
    """Writes changed source.

    Raises:
        CodegenError: A file cannot be written.
    """
    write_files(root, [Change(Path(path), source.encode()) for path, source in texts.items()])


def _encoded(text: str) -> bytes:
    # A lone surrogate, which a name in the source can hold, has no bytes of its own.
    return escaped(text).encode(errors="backslashreplace")


def baseline_path_of(target: Target, request: Request, configured: LintOptions) -> Path | None:
    """Where the baseline is, as the command line or the configuration says.

    Raises:
        click.UsageError: There is none to write.
        ConfigError: The one to write lies outside of the project.
    """
    given = target.directory / request.baseline if request.baseline else None
    path = given or configured.baseline
    if given is None and path is not None and request.write_baseline:
        _require_inside(path, target)
    if path is None and request.write_baseline:
        raise click.UsageError("--write-baseline needs --baseline FILE.")
    return path


def _require_inside(path: Path, target: Target) -> None:
    """Refuses to write where only the repository's own configuration says so.

    Raises:
        ConfigError: The file lies outside of the project.
    """
    boundary = Boundary.of(target.directory)
    if not is_under(str(resolved(path)), boundary.root):
        raise ConfigError(
            f"the configured baseline {path} lies outside of the project",
            help="name a file of the project, or pass --baseline FILE",
        )


def require_own(paths: Sequence[Path], analysis: Analysis) -> None:
    """Say of which paths nothing was read, since another project begins above them.

    Raises:
        CodegenError: There is no other path.
    """
    project = analysis.project
    others = {
        path: folder
        for path in paths
        if resolved(path) not in analysis.read_files
        and (folder := other_project(resolved(path), project.first_party_roots, project.root))
    }
    for path, folder in others.items():
        click.echo(
            f"note: {project.display_path(resolved(path))} was skipped: it belongs to the project "
            f"of {project.display_path(folder / 'manage.py')}",
            err=True,
        )
    if others and len(others) == len(paths):
        other = project.display_path(next(iter(others.values())))
        raise CodegenError(
            "the paths belong to another project, which was not read",
            help=f"run pgtrigger-codegen -C {other} lint",
        )
