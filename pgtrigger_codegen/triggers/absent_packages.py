"""Stage triggers: one sentence on missing packages and the declarations that need them.

A hook often runs where the project's own packages are not. Each refusal names what could not be
evaluated by its dotted path; that one package is behind many of them is said here, once.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.triggers.compiled import UnresolvedTrigger

_DOTTED = re.compile(r"`([A-Za-z_]\w*)\.[\w.]+`")
_MOST_NAMED = 8


def absent_packages(
    unresolved: Iterable[UnresolvedTrigger], loader: ModuleLoader
) -> list[tuple[str, int]]:
    """Packages that are not found, each with how many declarations need it, the most first."""
    counts: Counter[str] = Counter()
    for one in unresolved:
        counts.update({match[1] for match in _DOTTED.finditer(one.reason)})
    for top in [top for top in counts if not _is_absent(top, loader)]:
        del counts[top]
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def needed_package(unresolved: UnresolvedTrigger, absent: Collection[str]) -> str | None:
    """The one of the packages that are not found which a declaration needs, the first by name."""
    needed = {match[1] for match in _DOTTED.finditer(unresolved.reason)}
    return min(needed & set(absent), default=None)


def absent_notice(found: Sequence[tuple[str, int]], *, complete: bool) -> tuple[str, ...]:
    """What is missing, what it costs and what mends it; nothing where no package is missing.

    Args:
        found: The packages, each with how many declarations need it.
        complete: Whether the project's environment is known.
    """
    if not found:
        return ()
    named = ", ".join(f"`{name}` ({count})" for name, count in found[:_MOST_NAMED])
    if len(found) > _MOST_NAMED:
        named += f" and {len(found) - _MOST_NAMED} more"
    packages = "1 package is" if len(found) == 1 else f"{len(found)} packages are"
    if complete:
        where, help = "in the project's environment", "install what is missing there"
    else:
        where = "where pgtrigger-codegen looks"
        help = (
            'name the project\'s environment, as in python = ".venv/bin/python" under '
            "[tool.pgtrigger-codegen] in pyproject.toml, or install what is missing beside "
            "pgtrigger-codegen"
        )
    total = sum(count for _, count in found)
    triggers = f"{total} declaration{'' if total == 1 else 's'} of triggers"
    return (f"{packages} not installed {where}, so {triggers} cannot be read: {named}; {help}",)


def _is_absent(top: str, loader: ModuleLoader) -> bool:
    """Whether a name is that of a package, and not of a class, which nobody can import here."""
    if top in sys.stdlib_module_names or top in ("django", "pgtrigger"):
        return False
    imported = re.compile(rf"^\s*(?:from|import)\s+{top}\b", re.MULTILINE)
    return loader.find(top) is None and any(
        imported.search(module.text) for module in loader.loaded() if module.first_party
    )
