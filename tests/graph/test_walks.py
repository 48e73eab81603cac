"""Loops and chains in graphs of a few nodes."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.graph.walks import chains, loops


def test_a_line_is_one_chain_and_no_loop() -> None:
    edges = {"a": ["b"], "b": ["c"]}

    assert chains("abc", edges) == [("a", "b", "c")]
    assert loops("abc", edges) == []


def test_two_are_no_chain() -> None:
    assert chains("ab", {"a": ["b"]}) == []


def test_the_longest_way_counts() -> None:
    edges = {"a": ["b", "d"], "b": ["c"], "c": ["d"]}

    assert chains("abcd", edges) == [("a", "b", "c", "d")]


def test_loops_of_one_and_of_several() -> None:
    edges = {"a": ["a"], "b": ["c"], "c": ["b", "d"], "d": []}

    assert loops("abcd", edges) == [("a",), ("b", "c")]
    assert chains("abcd", edges) == [("b", "c", "d")]


def test_many_nodes_need_no_deep_stack() -> None:
    nodes = [f"{number:05}" for number in range(5_000)]
    edges = {one: [then] for one, then in pairwise(nodes)}

    assert chains(nodes, edges) == [tuple(nodes)]


@given(st.integers(0, 2**25 - 1))
def test_nodes_are_in_a_loop_if_they_come_back_to_themselves(bits: int) -> None:
    pairs = [pair for number, pair in enumerate(product("abcde", "abcde")) if bits >> number & 1]
    edges: dict[str, list[str]] = {}
    for one, then in pairs:
        edges.setdefault(one, []).append(then)

    found = {node for loop in loops("abcde", edges) for node in loop}

    assert found == {node for node in "abcde" if node in _reached(node, edges)}
    for way in chains("abcde", edges):
        assert len(way) == len({*way}) >= 3


def _reached(node: str, edges: dict[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    pending = list(edges.get(node, ()))
    while pending:
        current = pending.pop()
        if current not in seen:
            seen.add(current)
            pending += edges.get(current, ())
    return seen
