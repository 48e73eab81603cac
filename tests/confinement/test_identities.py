"""Identities are asked for without an audit event."""

from __future__ import annotations

import sys
from typing import Any

from pgtrigger_codegen.confinement.identities import identity


class _Equal:
    """Is equal to all of its kind, and does not say its hash."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_are_those_of_the_object_alone() -> None:
    values: list[Any] = [_Equal(), _Equal(), int, _Equal, [], [], {}, type]

    found = [identity(value) for value in values]

    assert len(set(found)) == len(values)
    assert found == [identity(value) for value in values]


def test_tell_no_audit_hook() -> None:
    heard: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if is_hearing and event == "builtins.id":
            heard.append(event)

    is_hearing = True
    sys.addaudithook(hear)
    identity([])
    assert heard == []
    id([])
    is_hearing = False
    assert heard == ["builtins.id"]
