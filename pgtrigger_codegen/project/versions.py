"""Stage project: the project's versions of the libraries that shape a trigger's SQL.

Those are the libraries that compile triggers, and those that a stub may stand for.

Triggers are compiled by our own Django, django-pgtrigger and psycopg. Where the project has
others, hashes can differ from those that its own processes compute, and the user is told so.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.project.site_packages import own_site_packages
from pgtrigger_codegen.source.files import read_within
from pgtrigger_codegen.source.stubs import stubbed_packages

_TITLES = {
    "django": "Django",
    "django-pgtrigger": "django-pgtrigger",
    "django-pghistory": "django-pghistory",
}
_PSYCOPG = ("psycopg", "psycopg2", "psycopg2-binary")
_LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")
# `==5.0`, and `~=5.0.1`, which fixes the minor version.
_PIN = re.compile(
    r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(?:===?|~=(?=\s*\d+\.\d+\.))\s*"
    r"([0-9][^\s;,#\\]*)"
)


class Installed(Struct, frozen=True):
    """A package's version, and the source of this information.

    Attributes:
        source: A lock file, a requirements file, or `site-packages`.
    """

    name: str
    version: str
    source: str


def version_notices(found: Mapping[str, Installed]) -> Iterator[str]:
    """What to say of a project's versions that differ from ours."""
    for name, title in _TITLES.items():
        theirs, ours = found.get(name), _own_version(name)
        if theirs is not None and ours is not None and _minor(theirs.version) != _minor(ours):
            yield _notice(f"{title} {theirs.version}", theirs.source, f"{title} {ours}")
    psycopg = next((found[name] for name in _PSYCOPG if name in found), None)
    if psycopg is not None and psycopg.name != "psycopg":
        used = f"{psycopg.name} {psycopg.version}"
        yield _notice(used, psycopg.source, f"psycopg {_own_version('psycopg')}")


def project_versions(roots: Iterable[Path], site_packages: Iterable[Path]) -> dict[str, Installed]:
    """Versions of the packages that matter here, by name: installed, else locked, else pinned.

    Args:
        roots: Folders that lock and requirements files are looked for in.
        site_packages: Folders of the project's environment; our own are passed over.
    """
    found: dict[str, Installed] = {}
    names = {*_TITLES, *_PSYCOPG, *(one.distribution for one in stubbed_packages().values())}
    own = set(own_site_packages())
    folders = list(dict.fromkeys(roots))
    for installed in _environment(folder for folder in site_packages if folder not in own):
        if installed.name in names:
            found.setdefault(installed.name, installed)
    left = names - found.keys()
    for installed in (
        *(installed for root in folders for installed in _locked(root, left)),
        *(installed for root in folders for installed in _pinned(root)),
    ):
        if installed.name in names:
            found.setdefault(installed.name, installed)
    return found


def _notice(theirs: str, source: str, ours: str) -> str:
    return (
        f"the project uses {theirs} ({source}), but pgtrigger-codegen runs with {ours}: a hash "
        "may differ from the one that the project computes; a difference in formatting alone is "
        "not treated as a change"
    )


def _environment(folders: Iterable[Path]) -> Iterator[Installed]:
    for folder in folders:
        for info in sorted(folder.glob("*.dist-info")):
            name, _, version = info.name.removesuffix(".dist-info").partition("-")
            if version:
                yield Installed(_normal(name), version, "site-packages")


def _locked(root: Path, wanted: Collection[str]) -> Iterator[Installed]:
    """What lock files say, if one of the wanted names stands in them: some take long to parse."""
    # Between quotes, with any of the signs that mean the same; an escape could be any letter.
    names = "|".join(sorted(name.replace("-", "[-_.]+") for name in wanted))
    one = re.compile(rf"[\"'](?:{names})[\"']|\\", re.IGNORECASE)
    for name in _LOCK_FILES:
        path = root / name
        if not path.is_file():
            continue
        text = _text(path)
        document = _parsed(name, text) if one.search(text) is not None else {}
        packages = document.get("package", document.get("packages", []))
        for package in packages if isinstance(packages, list) else []:
            if isinstance(package, dict) and isinstance(package.get("version"), str):
                yield Installed(_normal(str(package.get("name"))), package["version"], name)
        default = document.get("default", {}) if name == "Pipfile.lock" else {}
        for package_name, package in default.items() if isinstance(default, dict) else ():
            version = package.get("version") if isinstance(package, dict) else None
            if isinstance(version, str) and version.startswith("=="):
                yield Installed(_normal(package_name), version[2:], name)


def _pinned(root: Path) -> Iterator[Installed]:
    patterns = ("requirements*.txt", "requirements/*.txt")
    for path in sorted(path for pattern in patterns for path in root.glob(pattern)):
        for line in _text(path).splitlines():
            if match := _PIN.match(line):
                yield Installed(_normal(match[1]), match[2], path.relative_to(root).as_posix())


def _parsed(name: str, text: str) -> dict[str, Any]:
    """A lock file; one that does not parse says nothing."""
    try:
        document = json.loads(text) if name == "Pipfile.lock" else tomllib.loads(text)
    except (ValueError, RecursionError):  # what both parsers raise, and for what is nested deeply
        return {}
    return document if isinstance(document, dict) else {}


def _text(path: Path) -> str:
    """A file's text; one that is not read says nothing of versions."""
    try:
        return read_within(path).decode(errors="replace")
    except OSError:
        return ""


def _own_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])
