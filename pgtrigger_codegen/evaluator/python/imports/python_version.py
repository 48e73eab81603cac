"""`sys.version_info`: of the Python that runs the project, which need not be the one that runs us.

A hook often runs under an older one. What the project's environment says is known; without an
environment ours is taken, as an assumption.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.source.span import Span

NAME = "sys.version_info"
# It has no text and no order, so that whatever depends on it is refused.
_NOT_KNOWN = object()


class VersionInfo(NamedTuple):
    """The value of `sys.version_info` under another Python, with a known minor version."""

    major: int
    minor: int
    micro: object = _NOT_KNOWN
    releaselevel: object = _NOT_KNOWN
    serial: object = _NOT_KNOWN


def version_info(vm: Machine, span: Span) -> Any:
    """The version of the project's Python, as far as it is known."""
    known, ours = vm.loader.python_version, sys.version_info[:2]
    if known is None and vm.loader.stands_in_project(span):
        vm.assume(NAME, ".".join(map(str, ours)), span)
    return sys.version_info if known in (None, ours) else VersionInfo(*known)
