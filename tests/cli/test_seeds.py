"""The same input gives the same output under every hash seed, in all formats of all commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest

from pgtrigger_codegen.cli.main import main
from tests.support.cli import run_cli
from tests.support.projects import REPOSITORY, copy_project

_SEEDS = ("1", "2", "3")
_OF_MIGRATIONS = ("collapse", "convert", "diff", "makemigrations")
_OF_SOURCE = ("config", "lint", "show")
_OPTIONS = {
    "collapse": [["--check"]],
    "convert": [["--check"]],
    "lint": [["--select", "ALL"], ["--statistics"], ["--diff"]],
    "makemigrations": [["--dry-run"], ["--check"]],
    "show": [["--sites"]],
}
_WRITING = (["lint", "--write-baseline"], ["lint", "--add-ignores"], ["makemigrations"])
_MODELS = """\
import pgtrigger
from django.db import models
from elsewhere import Base, anything, decorated

from .missing import Mixin, other


class Timestamped(models.Model):
    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Trigger(name="one", operation=pgtrigger.Update, func=other()),
            pgtrigger.Trigger(
                name="two",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="SELECT nothing, nobody FROM nowhere, none; NEW.no := NEW.na;",
            ),
        ]


class First(Timestamped, Base):
    pass


class Second(Timestamped, Mixin):
    pass


@decorated
class Third(Timestamped):
    pass


pgtrigger.register(
    pgtrigger.Protect(name="all", operation=pgtrigger.Delete),
    pgtrigger.Trigger(name="some", operation=pgtrigger.Delete, func=anything()),
)(First)
for model in (First, Second, Third):
    pgtrigger.register(anything(), other(model))(model)
for name in {anything(), other(1)}:
    pgtrigger.register(name)(name)
"""


@pytest.mark.slow
def test_every_seed_gives_the_same(tmp_path: Path) -> None:
    outputs = [_outputs(seed, tmp_path) for seed in _SEEDS]
    assert len(outputs[0]) > 30
    differing = [
        command
        for command, first in outputs[0].items()
        if any(other[command] != first for other in outputs[1:])
    ]
    assert differing == []


def test_the_project_has_gaps_and_findings_that_share_a_place(tmp_path: Path) -> None:
    project = _project(tmp_path)
    gaps = run_cli(project, "show", "--output-format", "json").data["gaps"]
    places = {(gap["line"], gap["column"]) for gap in gaps}
    assert len(places) < len(gaps) - 3
    findings = run_cli(project, "lint", "--output-format", "json").data
    assert len({(one["path"], one["line"], one["column"]) for one in findings}) < len(findings)


def _outputs(seed: str, folder: Path) -> dict[str, str]:
    """What all commands print and write, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.cli.test_seeds", str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    outputs: dict[str, str] = json.loads(ran.stdout)
    return outputs


def _project(folder: Path) -> Path:
    project = copy_project("broken", folder)
    models = project / "farm" / "animals" / "models.py"
    models.write_text(f"{models.read_text()}\n{_MODELS}")
    return project


def _commands(names: Iterable[str]) -> Iterator[list[str]]:
    for name in names:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        formats = [
            parameter.type.choices
            for parameter in command.params
            if parameter.name == "output_format" and isinstance(parameter.type, click.Choice)
        ]
        for options in ([], *_OPTIONS.get(name, [])):
            if name != "makemigrations" or options:
                yield [name, *options]
                if "--diff" not in options:
                    for one in formats[0] if formats else ():
                        yield [name, *options, "--output-format", one]


def _run_all(folder: Path) -> dict[str, str]:
    found = {}
    adopted = copy_project("adopted", folder)  # with migrations of django-pgtrigger's
    for command in _commands(_OF_MIGRATIONS):
        found[f"adopted: {' '.join(command)}"] = _said(adopted, *command)
    project = _project(folder)
    for command in _commands((*_OF_MIGRATIONS, *_OF_SOURCE)):
        found[" ".join(command)] = _said(project, *command)
    for command in _WRITING:
        found[f"written by {' '.join(command)}"] = _said(project, *command) + _content(project)
    return found


def _said(project: Path, *command: str) -> str:
    outcome = run_cli(project, "--no-cache", *command)
    return f"{outcome.exit_code}\n{outcome.stdout}\n{outcome.stderr}"


def _content(project: Path) -> str:
    paths = sorted(path for path in project.rglob("*") if path.suffix in (".py", ".json", ".toml"))
    return "\n".join(f"{path}\n{path.read_text(errors='replace')}" for path in paths)


if __name__ == "__main__":
    import shutil
    import tempfile

    own = Path(sys.argv[1], "same")  # one name for all: it is in what is printed
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        sys.stdout.write(json.dumps(_run_all(own)))
