"""Prints the supported Pythons of this machine: a line `3.11.7 /path/to/python` each, oldest first.

Looks on the path, and where pyenv, uv, asdf, mise and rye keep what they install. Of each minor
version the newest is taken. What cannot make virtual environments, a pre-release and a
free-threaded build do not count. Runs under any Python 3 and needs nothing else.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_CLASSIFIER = re.compile(r'"Programming Language :: Python :: (\d+)\.(\d+)"')
# An interpreter that is broken, or that is no Python at all, must not stop the search.
_SECONDS = 20

_ASK = """
import sys, sysconfig
import ensurepip, venv
assert sys.version_info.releaselevel == "final" and not sysconfig.get_config_var("Py_GIL_DISABLED")
print(*sys.version_info[:3], sys.implementation.name)
"""


def main() -> int:
    found = find(supported((_ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    for version, python in found:
        print(".".join(map(str, version)), python)
    return 0 if found else 1


def supported(pyproject: str) -> list[tuple[int, int]]:
    """The minor versions that the package's classifiers name."""
    return sorted((int(major), int(minor)) for major, minor in _CLASSIFIER.findall(pyproject))


def find(versions: list[tuple[int, int]]) -> list[tuple[tuple[int, int, int], Path]]:
    """The newest interpreter of each of the versions that is on this machine."""
    best: dict[tuple[int, int], tuple[tuple[int, int, int], Path]] = {}
    asked = set()
    for python in _candidates(versions):
        if (real := python.resolve()) in asked:
            continue
        asked.add(real)
        version = version_of(python)
        if version is None or version[:2] not in versions:
            continue
        known = best.get(version[:2])
        if known is None or known[0] < version:
            best[version[:2]] = version, python
    return sorted(best.values())


def _candidates(versions: list[tuple[int, int]]) -> Iterator[Path]:
    names = ["python3", "python", *(f"python{major}.{minor}" for major, minor in versions)]
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        # A shim of pyenv's is a script that resolves to itself and answers as one version only.
        yield from (Path(entry, name) for name in names if entry and Path(entry, name).is_file())
    for folder in _version_managers():
        yield from sorted(folder.glob("*/bin/python3"))


def _version_managers() -> list[Path]:
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    settings = os.environ.get
    return [
        Path(settings("PYENV_ROOT") or home / ".pyenv") / "versions",
        Path(settings("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python"),
        Path(settings("ASDF_DATA_DIR") or home / ".asdf") / "installs" / "python",
        Path(settings("MISE_DATA_DIR") or data / "mise") / "installs" / "python",
        home / ".rye" / "py",
    ]


def version_of(python: Path) -> tuple[int, int, int] | None:
    try:
        answer = subprocess.run(
            [str(python), "-I", "-c", _ASK],
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        ).stdout.split()
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    if len(answer) != 4 or answer[3] != "cpython":
        return None
    major, minor, micro = map(int, answer[:3])
    return major, minor, micro


if __name__ == "__main__":
    sys.exit(main())
