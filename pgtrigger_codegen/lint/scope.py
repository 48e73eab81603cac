"""The files whose findings are reported, of all that were read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.project.folders import Exclusion
from pgtrigger_codegen.source.overlay import overlaid_names
from pgtrigger_codegen.source.paths import resolved

_PYTHON = frozenset({".py", ".pyi"})


class ReportedFiles:
    """Which files are reported on; the analysis covers the whole project in any case.

    Files that the configuration excludes are not, unless they, or an excluded folder above them,
    are named: pre-commit names files that it knows nothing of, for which there is
    `force_exclude`. With a file that is no Python, such as the SQL of a body, all are reported on.

    Raises:
        CodegenError: A path does not exist.
    """

    def __init__(
        self, paths: Sequence[Path], exclusion: Exclusion, *, force_exclude: bool = False
    ) -> None:
        wanted = [_existing(path) for path in paths]
        # Which triggers have their bodies from a file of SQL is not kept: any could.
        everything = any(path.suffix not in _PYTHON and path.is_file() for path in wanted)
        self._wanted = [] if everything else wanted
        self._named = [] if force_exclude else [one for one in wanted if exclusion.excludes(one)]
        self._exclusion = exclusion
        self._answers: dict[str, bool] = {}

    def covers(self, path: str) -> bool:
        """Whether findings in the file of that absolute path are reported."""
        if path not in self._answers:
            self._answers[path] = self._covers(Path(path))
        return self._answers[path]

    def _covers(self, path: Path) -> bool:
        real = resolved(path)
        if self._wanted and not any(real.is_relative_to(folder) for folder in self._wanted):
            return False
        if any(real.is_relative_to(folder) for folder in self._named):
            return True
        return not self._exclusion.excludes(path)


def _existing(path: Path) -> Path:
    if not path.exists() and resolved(path).name not in overlaid_names(str(resolved(path).parent)):
        raise CodegenError(
            f"there is no file or folder {str(path)!r}",
            help="give paths of the project, or none to lint all of it",
        )
    return resolved(path)
