"""The README's recording of a terminal: its commands are run, and print what stands there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

from click.testing import CliRunner

from pgtrigger_codegen.cli.main import main
from tests.support.django_process import DjangoProject
from tests.support.projects import REPOSITORY

README = REPOSITORY / "README.md"
_RECORDING = re.compile(
    r"(?<=<!-- recording -->\n```text\n).*?(?=```\n<!-- /recording -->)", re.DOTALL
)

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def test_the_recording_is_what_the_commands_print(
    tmp_path: Path, database: str, update_expected: bool
) -> None:
    root = Path(shutil.copytree(REPOSITORY / "fixtures" / "recording", tmp_path / "blog"))
    project = DjangoProject(root, database)
    text = README.read_text()
    (recording,) = _RECORDING.findall(text)
    commands = re.findall(r"^\$ (.+)$", recording, re.MULTILINE)
    assert len(commands) > 6

    printed = "\n".join(f"$ {command}\n{_printed(project, command)}" for command in commands)

    if update_expected:
        README.write_text(_RECORDING.sub(lambda _: printed, text))
        recording = printed
    assert recording == printed


def _printed(project: DjangoProject, command: str) -> str:
    """What a terminal shows of a command: both streams, in the order of writing."""
    match shlex.split(command):
        case ["pgtrigger-codegen", *arguments]:
            result = CliRunner().invoke(
                main, ["-C", str(project.root), *arguments], catch_exceptions=False
            )
            assert result.exit_code in {0, 1}
            return result.output
        case ["python", "manage.py", *arguments]:
            return _COLOUR.sub("", project.manage(*arguments))
        case ["cat" | "sed", *_]:
            return subprocess.run(
                ["bash", "-c", command],
                cwd=project.root,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        case words:
            raise AssertionError(f"no test knows how to run {words}")
