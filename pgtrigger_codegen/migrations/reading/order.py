"""Stage migrations: the order in which Django runs migrations.

Where neither of two migrations comes after the other, the order is Django's to choose, and a new
database has what that order leaves. So Django's own graph is asked, as its executor asks it:
https://docs.djangoproject.com/en/stable/topics/migrations/#workflow
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping, Sequence

from django.db.migrations.graph import MigrationGraph as DjangoGraph

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.reading.reader import Key


def run_order(parents: Mapping[Key, Sequence[Key]]) -> list[Key]:
    """All migrations as `manage.py migrate` runs them in a new database.

    Args:
        parents: What each migration depends on.

    Raises:
        MigrationsError: There is a cycle.
    """
    require_no_circle(parents)
    graph = DjangoGraph()
    for key in parents:
        graph.add_node(key, None)
    for key, listed in parents.items():
        for parent in listed:
            graph.add_dependency(None, key, parent, skip_validation=True)
    plan = _plan(graph, graph.leaf_nodes())
    return [key for key in plan if key in parents]


def require_no_circle(parents: Mapping[Key, Sequence[Key]]) -> None:
    """Refuse what Django cannot run either.

    Raises:
        MigrationsError: Migrations depend on each other in a circle.
    """
    try:
        graphlib.TopologicalSorter(parents).prepare()
    except graphlib.CycleError as error:
        cycle = error.args[1][:0:-1]
        first = cycle.index(min(cycle))
        raise _cycle([*cycle[first:], *cycle[:first]]) from error


def _plan(graph: DjangoGraph, leaves: Iterable[Key]) -> list[Key]:
    """The plans of the leaves one after the other, as the executor joins them.

    It asks for the plan of each leaf, which all repeat most of the others. A chain of nodes that
    depend on the leaves gives the same in one go: of several parents Django takes the greatest
    first, and these nodes are greater than any app's.
    """
    last: Key | None = None
    for number, leaf in enumerate(leaves):
        node = (_GREATER, f"{number:06d}")
        graph.add_node(node, None)
        for parent in (leaf, last) if last else (leaf,):
            graph.add_dependency(None, node, parent, skip_validation=True)
        last = node
    return graph.forwards_plan(last) if last else []


_GREATER = "\U0010ffff"


def _cycle(path: list[Key]) -> MigrationsError:
    steps = " → ".join(f"{app}.{name}" for app, name in [*path, path[0]])
    return MigrationsError(
        f"migrations depend on each other in a circle: {steps}",
        help="Django cannot run them either; remove one of these dependencies",
    )
