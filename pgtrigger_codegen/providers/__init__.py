"""Libraries that register triggers for you, each behind a provider.

A provider is a class with a few attributes and two methods, named in the entry point group
`pgtrigger_codegen.providers` by the top-level package of its library:

    [project.entry-points."pgtrigger_codegen.providers"]
    acme_audit = "acme_audit_codegen:AcmeAudit"

It names the library's callables by dotted path, and turns their calls, given as values, into
models and triggers. `docs/providers.md` shows a complete one.
"""

from __future__ import annotations

from pgtrigger_codegen.providers.interface import (
    Call,
    Misplaced,
    NewModel,
    NewTrigger,
    PreparedModel,
    ProjectValues,
    Provider,
)

__all__ = [
    "Call",
    "Misplaced",
    "NewModel",
    "NewTrigger",
    "PreparedModel",
    "ProjectValues",
    "Provider",
]
