"""Stage project: apps and triggers that are evident from the text of a project.

Only for suggestions, such as those of a shell. Nothing is evaluated, and what is not plain to see
is missing: inherited triggers, registrations elsewhere, names that are put together.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pgtrigger_codegen.project.folders import python_files
from pgtrigger_codegen.source.files import read_within

_MOST_FILES = 5_000
"""Files that are looked at: a shell waits for the answer."""

_MOST_BYTES = 500_000
_MARKERS = ("manage.py", "pyproject.toml", ".git")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def evident_apps(directory: Path) -> list[str]:
    """Labels of the folders that look like apps, sorted."""
    return sorted(set(_labels(_files(directory)).values()))


def evident_uris(directory: Path) -> list[str]:
    """URIs of triggers that a model of the project declares by itself, sorted."""
    files = _files(directory)
    labels = _labels(files)
    found = set()
    for path in files:
        label = _label_of(path, labels)
        if label is not None and f"{os.sep}migrations{os.sep}" not in path:
            found |= {f"{label}.{model}:{name}" for model, name in _declared(path)}
    return sorted(found)


def _files(directory: Path) -> list[str]:
    """The Python files of the project that the folder is in."""
    around = (directory, *directory.parents)
    root = next((one for one in around if any((one / name).exists() for name in _MARKERS)), None)
    return list(islice(python_files(root or directory), _MOST_FILES))


def _labels(files: list[str]) -> dict[str, str]:
    """Labels by folder."""
    found: dict[str, str] = {}
    for path in files:
        folder, name = os.path.split(path)
        parent, last = os.path.split(folder)
        if name == "models.py":
            found.setdefault(folder, last)
        elif name == "__init__.py" and last in ("models", "migrations"):
            found.setdefault(parent, os.path.split(parent)[1])
    for path in files:
        folder, name = os.path.split(path)
        if name == "apps.py" and (label := _configured_label(path)):
            found[folder] = label
    return {folder: label for folder, label in found.items() if _PLAIN.fullmatch(label)}


def _label_of(path: str, labels: dict[str, str]) -> str | None:
    folder = os.path.split(path)[0]
    while folder not in labels:
        parent = os.path.split(folder)[0]
        if parent == folder:
            return None
        folder = parent
    return labels[folder]


def _configured_label(path: str) -> str | None:
    """The label that the first `AppConfig` with a name gives."""
    for node in _tree(path, b"AppConfig").body:
        if isinstance(node, ast.ClassDef):
            values = _constants(node)
            label = values.get("label", values.get("name", "").rpartition(".")[2])
            if label:
                return label
    return None


def _declared(path: str) -> Iterator[tuple[str, str]]:
    """Names of models and of triggers that stand in their `Meta` or in a decorator."""
    for node in ast.walk(_tree(path, b"pgtrigger")):
        if not isinstance(node, ast.ClassDef):
            continue
        for place in (*_triggers_of_meta(node), *node.decorator_list):
            for call in ast.walk(place):
                name = _name_of_trigger(call)
                if name and _PLAIN.fullmatch(name) and _PLAIN.fullmatch(node.name):
                    yield node.name, name


def _triggers_of_meta(model: ast.ClassDef) -> Iterator[ast.expr]:
    for meta in model.body:
        if not isinstance(meta, ast.ClassDef) or meta.name != "Meta":
            continue
        values = dict(_assigned(meta))
        abstract = values.get("abstract")
        if isinstance(abstract, ast.Constant) and abstract.value is True:
            return
        if "triggers" in values:
            yield values["triggers"]


def _name_of_trigger(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return keyword.value.value if isinstance(keyword.value.value, str) else None
    return None


def _constants(node: ast.ClassDef) -> dict[str, str]:
    """Strings that the class assigns."""
    return {
        name: value.value
        for name, value in _assigned(node)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _tree(path: str, word: bytes) -> ast.Module:
    """The file's syntax; an empty one where it lacks the word, or cannot be read."""
    try:
        data = read_within(Path(path), most=_MOST_BYTES)
        return ast.parse(data) if word in data else ast.Module([], [])
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])
