"""Stage source: the stubs of packages that are not installed where a project is read.

`pgtrigger_codegen/stubs` has a folder for each such package. In it are modules with the fields,
abstract models and other classes that stand in the bodies of models, as far as they shape tables,
and functions whose answers follow from the project's settings.

A stub is evaluated like any other module, but for `raise NotImplementedError(…)`: that says that
something is not known, and why. `packages.toml` names the releases that each stub was compared
with.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.source.finder import ModuleLocation

FOLDER = Path(__file__).resolve().parent.parent / "stubs"


class StubbedPackage(Struct, frozen=True):
    """A package that there is a stub for.

    Attributes:
        distribution: What an installer calls it.
        oldest: The oldest release that the stub was compared with.
        newest: The newest one.
    """

    distribution: str
    oldest: str
    newest: str

    def covers(self, version: str | None) -> bool:
        """Whether the stub holds for a release: any where the project does not tell its own.

        Releases of the newest minor version that came later count as well.
        """
        if version is None:
            return True
        minor = _numbers(self.newest)[:2]
        return _numbers(self.oldest) <= _numbers(version) and _numbers(version)[:2] <= minor

    def __str__(self) -> str:
        return f"{self.distribution} {self.oldest} to {self.newest}"


def _numbers(version: str) -> tuple[int, ...]:
    """`5.0.1rc1` as `(5, 0, 1)`, with zeros up to three numbers."""
    numbers = [int(number) for number in re.findall(r"\d+", version)][:3]
    return (*numbers, *[0] * (3 - len(numbers)))


def find_stub(dotted: str) -> ModuleLocation | None:
    """Where the stub of a module is, None where there is none."""
    if not all(part.isidentifier() for part in dotted.split(".")):
        return None  # a name that code has put together can be a path, and lead out of here
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
