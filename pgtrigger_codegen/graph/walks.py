"""Ways through the graph of triggers that fire each other: loops, and long chains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

LONG = 3
"""Triggers of a chain that is worth a look: one that fires one that fires another."""

Edges = Mapping[str, Sequence[str]]


def loops(nodes: Iterable[str], edges: Edges) -> list[tuple[str, ...]]:
    """The largest sets of nodes that all lead to each other, and nodes that lead to themselves.

    By Kosaraju's algorithm, without recursion: a project may have thousands of triggers.
    """
    found = [part for part in _parts(sorted(nodes), edges) if len(part) > 1]
    alone = [(node,) for node in sorted(nodes) if node in edges.get(node, ())]
    inside = {node for part in found for node in part}
    return sorted([*found, *(one for one in alone if one[0] not in inside)])


def chains(nodes: Iterable[str], edges: Edges) -> list[tuple[str, ...]]:
    """The longest way from each node that nothing leads to, if it is long; loops are passed once.

    A loop that nothing leads to begins a way like a node.
    """
    listed = sorted(nodes)
    parts = _parts(listed, edges)
    part_of = {node: number for number, part in enumerate(parts) for node in part}
    following: dict[int, set[int]] = {number: set() for number in range(len(parts))}
    entered = set()
    for node in listed:
        for then in edges.get(node, ()):
            if part_of[then] != part_of[node]:
                following[part_of[node]].add(part_of[then])
                entered.add(part_of[then])
    # `parts` comes in the order of the ways, so that what follows a part is known before it.
    best: dict[int, tuple[str, ...]] = {}
    for number in reversed(range(len(parts))):
        rest = max(sorted(best[then] for then in following[number]), key=len, default=())
        best[number] = (*parts[number], *rest)
    firsts = [number for number in following if number not in entered]
    return sorted(best[number] for number in firsts if len(best[number]) >= LONG)


def _parts(nodes: Sequence[str], edges: Edges) -> list[tuple[str, ...]]:
    """Nodes that lead to each other together, each part before those that it leads to."""
    backwards: dict[str, list[str]] = {node: [] for node in nodes}
    for node in nodes:
        for then in edges.get(node, ()):
            backwards[then].append(node)
    parts: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for node in reversed(_by_end(nodes, edges)):
        part, pending = [], [node]
        while pending:
            current = pending.pop()
            if current not in seen:
                seen.add(current)
                part.append(current)
                pending += backwards[current]
        if part:
            parts.append(tuple(sorted(part)))
    return parts


def _by_end(nodes: Sequence[str], edges: Edges) -> list[str]:
    """The nodes in the order in which a search through the graph is done with them."""
    done: list[str] = []
    seen: set[str] = set()
    for node in nodes:
        pending = [(node, False)]
        while pending:
            current, is_done = pending.pop()
            if is_done:
                done.append(current)
            elif current not in seen:
                seen.add(current)
                pending.append((current, True))
                pending += [(then, False) for then in edges.get(current, ())]
    return done
