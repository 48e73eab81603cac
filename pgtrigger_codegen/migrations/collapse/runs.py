"""Stage migrations: a run of one app's migrations, as a user names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, build_graph
from pgtrigger_codegen.migrations.reading.reader import Key, MigrationReader
from pgtrigger_codegen.project.app_labels import label_help

_NUMBER = re.compile(r"[0-9]+")


class Run(Struct, frozen=True):
    """Migrations of one app that follow each other.

    Attributes:
        keys: In the order in which they run.
    """

    app_label: str
    keys: tuple[Key, ...]
    graph: MigrationGraph
    reader: MigrationReader


def find_run(
    reader: MigrationReader, own_apps: Iterable[str], app_label: str, first: str, last: str | None
) -> Run:
    """The migrations from one to another, by their names or how these begin.

    Raises:
        MigrationsError: There are no such migrations, or the one is not before the other.
    """
    graph = _graph(reader, own_apps, app_label)
    start = _find(reader, graph, app_label, first)
    leaf = graph.leaf(app_label)
    assert leaf is not None
    end = _find(reader, graph, app_label, last) if last else leaf
    ancestors = graph.ancestors(end) | {end}
    if start not in ancestors:
        raise MigrationsError(
            f"migration {'.'.join(start)} does not come before {'.'.join(end)}",
            help="name the earlier one first",
        )
    after = descendants(graph, start)
    keys = tuple(
        key
        for key in graph.order()
        if key[0] == app_label and key in ancestors and (key in after or key == start)
    )
    return Run(app_label, keys, graph, reader)


def first_unreleased(
    reader: MigrationReader,
    own_apps: Iterable[str],
    app_label: str,
    is_released: Callable[[Key, Path], bool],
) -> str | None:
    """The name of the app's first migration after which none is released; None if the last is.

    Raises:
        MigrationsError: There is no such app, or what comes before what cannot be read.
    """
    graph = _graph(reader, own_apps, app_label)
    first = None
    for key in reversed([key for key in graph.order() if key[0] == app_label]):
        if is_released(key, graph.migrations[key].path):
            break
        first = key[1]
    return first


def _graph(reader: MigrationReader, own_apps: Iterable[str], app_label: str) -> MigrationGraph:
    """The migrations of the project, of which those of the app can be read.

    Raises:
        MigrationsError: There is no such app, or what comes before what cannot be read.
    """
    own = sorted(own_apps)
    if app_label not in own:
        raise MigrationsError(
            f"no app of the project has the label {app_label!r}",
            help=label_help(app_label, own),
        )
    graph = build_graph(reader, own)
    for item in graph.unreadable:
        if item.migration[0] == app_label and item.part != "operations":
            raise MigrationsError(
                f"{item.part} of migration {'.'.join(item.migration)} cannot be read: "
                f"{item.unknown.reason}",
                help="what comes before and after it must be known",
            )
    return graph


def descendants(graph: MigrationGraph, key: Key) -> set[Key]:
    """All migrations that come after one."""
    children: dict[Key, list[Key]] = {}
    for child, parents in graph.parents.items():
        for parent in parents:
            children.setdefault(parent, []).append(child)
    found: set[Key] = set()
    pending = [key]
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found:
                found.add(child)
                pending.append(child)
    return found


def _find(reader: MigrationReader, graph: MigrationGraph, app_label: str, name: str) -> Key:
    """A migration by its name or how that begins, as Django's commands take it, or its number."""
    names = [other for label, other in graph.migrations if label == app_label]
    found = [name] if name in names else [other for other in names if _is_meant(other, name)]
    if len(found) == 1:
        return app_label, found[0]
    if found:
        raise MigrationsError(
            f"several migrations of app {app_label!r} begin with {name!r} or have that number: "
            f"{', '.join(sorted(found))}",
            help="write more of the name",
        )
    for key, by in sorted(graph.replaced.items()):
        if key[0] == app_label and key[1].startswith(name) and key[1] in reader.names(app_label):
            raise MigrationsError(
                f"migration {'.'.join(key)} is replaced by {'.'.join(by)}",
                help="a migration that was squashed is not rewritten; take later ones",
            )
    raise MigrationsError(
        f"app {app_label!r} has no migration {name!r}",
        help=f"it has {', '.join(sorted(names)) or 'none'}",
    )


def _is_meant(name: str, given: str) -> bool:
    """Whether a migration's name begins like this, or has this number: `3` is `0003_order`."""
    number = _NUMBER.match(name)
    if number is not None and _NUMBER.fullmatch(given) and int(number[0]) == int(given):
        return True
    return name.startswith(given)
