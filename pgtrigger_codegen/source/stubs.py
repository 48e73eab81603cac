"""Stage source: what is known of packages that are not installed where a project is read.

`pgtrigger_codegen/stubs` has a folder for each such package. In it are modules with the fields,
abstract models and other classes that stand in the bodies of models, as far as they shape tables.
A stub is evaluated like any other module. `packages.toml` names the releases that each stub was
compared with.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pgtrigger_codegen.source.finder import ModuleLocation

FOLDER = Path(__file__).resolve().parent.parent / "stubs"


@dataclass(frozen=True, slots=True)
class StubbedPackage:
    """A package that there is a stub for.

    Attributes:
        distribution: What an installer calls it.
        oldest: The oldest release that the stub was compared with.
        newest: The newest one.
    """

    distribution: str
    oldest: str
    newest: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.oldest} to {self.newest}"


def find_stub(dotted: str) -> ModuleLocation | None:
    """Where the stub of a module is, None where there is none."""
    path = FOLDER.joinpath(*dotted.split("."))
    if (source := path / "__init__.pyi").is_file():
        return ModuleLocation(dotted, source, is_package=True, first_party=False)
    if (source := path.with_name(f"{path.name}.pyi")).is_file():
        return ModuleLocation(dotted, source, is_package=False, first_party=False)
    return None


@functools.cache
def stubbed_packages() -> dict[str, StubbedPackage]:
    """The packages that there are stubs for, by the name that is imported."""
    tables = tomllib.loads((FOLDER / "packages.toml").read_text(encoding="utf-8"))
    return {name: StubbedPackage(**table) for name, table in tables.items()}
