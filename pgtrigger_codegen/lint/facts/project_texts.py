"""The texts with which a project may set up its databases: migrations, scripts, containers."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.project_files import migration_texts, text_of
from pgtrigger_codegen.source.walking import walk

_SUFFIXES = frozenset(
    ".cfg .conf .env .hcl .ini .j2 .json .md .pgsql .psql .py .rst .sh .sql .tf .toml .txt .yaml"
    " .yml".split()
)
_NAMES = ("dockerfile", "containerfile", "makefile", "justfile", "procfile")
_NOT_SOURCE = frozenset({"node_modules", "site-packages", "__pycache__", "venv"})


class ProjectTexts:
    """Asks the texts of one analysis; they are read when the first question comes."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._answers: dict[str, bool] = {}

    def mention(self, pattern: str, word: str = "") -> bool:
        """Whether any of the texts has what a pattern describes, in capitals or not.

        Args:
            word: In small letters, what the pattern contains: to look for that first is quick.
        """
        if pattern not in self._answers:
            wanted = re.compile(pattern, re.IGNORECASE)
            self._answers[pattern] = any(
                wanted.search(text) for text in self._lowered if word in text
            )
        return self._answers[pattern]

    @functools.cached_property
    def _lowered(self) -> tuple[str, ...]:
        return tuple(text.lower() for text in self._texts)

    @functools.cached_property
    def _texts(self) -> tuple[str, ...]:
        packages = (app for app in self._analysis.project.apps.values() if not app.first_party)
        return (
            *map(text_of, _files(self._analysis.project.root)),
            *(text for _, text in migration_texts(packages)),
        )


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in walk(root):
        folders[:] = sorted(
            name for name in folders if name not in _NOT_SOURCE and name not in (".git", ".venv")
        )
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix.lower() in _SUFFIXES or name.lower().startswith(_NAMES):
                yield path
