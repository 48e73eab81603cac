"""The project's own files as text, for questions that the analysis does not answer.

Rules ask only when they have found something to report and want to be sure of it: reading a
whole project takes its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.migrations.reading.reader import migration_files
from pgtrigger_codegen.project.folders import python_files
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.files import MOST_BYTES
from pgtrigger_codegen.source.module import Module, SourceSyntaxError, read_module
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.uri_uses import may_name_uris
from pgtrigger_codegen.source.walking import walk

# A dump of a database may well be in a project.
_MOST_SQL = 64 * 1024 * 1024
# Helpers may hide the name of the library, but not that of what they are assigned to.
_MARK, _OTHER_MARK, _WIDE_MARK = b"pgtrigger", b"pghistory", b"triggers"


def marked_files(analysis: Analysis) -> Iterator[tuple[Path, bool]]:
    """The project's files that may declare triggers, by the words in them.

    The flag says whether a file may name triggers by their URIs.
    """
    for path in _python_paths(analysis):
        try:
            content = read_bytes(path)
        except OSError:
            continue
        if _MARK in content or _OTHER_MARK in content or _WIDE_MARK in content:
            yield Path(path), may_name_uris(content)


def first_party_files(analysis: Analysis) -> Iterator[Path]:
    """The Python files of the project, each once."""
    yield from map(Path, _python_paths(analysis))


def _python_paths(analysis: Analysis) -> Iterable[str]:
    folders = [analysis.project.root, *(app.path for app in analysis.project.first_party_apps)]
    return dict.fromkeys(path for folder in folders for path in python_files(folder))


def sql_files(analysis: Analysis) -> Iterator[Path]:
    """The `.sql` files of the project."""
    for folder, folders, names in walk(analysis.project.root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".sql"))


def project_module(analysis: Analysis, path: str | Path) -> Module | None:
    """A file of an app as the module that it is imported as; None when it cannot be read."""
    file = Path(path)
    app = app_of_file(analysis, file)
    is_package = file.name == "__init__.py"
    name = ""
    if app is not None:
        parts = file.relative_to(app.path).with_suffix("").parts
        name = ".".join((app.name, *(parts[:-1] if is_package else parts)))
    try:
        return read_module(name, file, is_package=is_package, first_party=True)
    except (OSError, SourceSyntaxError):  # changed since it was analysed
        return None


def app_of_file(analysis: Analysis, file: Path) -> App | None:
    """The app whose folder a file is in; the inner one of two."""
    apps = {app.path: app for app in analysis.project.apps.values()}
    return next((apps[folder] for folder in file.parents if folder in apps), None)


def holds_models(analysis: Analysis, file: Path) -> bool:
    """Whether Django imports a file as it loads models, and not as late as `ready()`.

    django-pgtrigger reads `Meta.triggers` in its own `ready()`, so it does not see those of a
    class that comes later.
    """
    app = app_of_file(analysis, file)
    if app is None:
        return False
    first, *_ = file.relative_to(app.path).parts
    return first in ("models.py", "models")


def migration_texts(apps: Iterable[App]) -> Iterator[tuple[Path, str]]:
    """The migration files of some apps, and what is in them."""
    for app in apps:
        for path in migration_files(app.migrations_dir).values():
            yield path, text_of(path)


def text_of(path: Path) -> str:
    """The file's text; nothing of a file that is gone."""
    try:
        most = MOST_BYTES if path.suffix == ".py" else _MOST_SQL
        return read_bytes(path, most).decode(errors="replace")
    except OSError:
        return ""


def is_test(path: Path) -> bool:
    """Whether a file is one of tests, by its name or by that of a folder that it is in."""
    return path.name.startswith("test_") or any(
        part in ("tests", "test", "conftest.py", "tests.py") for part in path.parts
    )
