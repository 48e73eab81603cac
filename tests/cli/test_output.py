"""What a repository says drives neither a terminal nor a CI server."""

from __future__ import annotations

import gc
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest

from pgtrigger_codegen.cli.output import EscapingStream, escaping_streams
from pgtrigger_codegen.lint.reporters.formats import REPORTERS
from tests.support.cli import run_cli, run_process
from tests.support.one_analysis import one_analysis
from tests.support.projects import copy_project

_ACTIVE = "\x1b[2J\x07\x9b1m\x7f\u202e\u2066\u2028\r"
_CHARACTERS = frozenset(character for character in _ACTIVE if not character.isprintable())
_COMMANDS = ("::set-output name=x::y", "##[error]x", "##vso[task.x]y", "##teamcity[x]")


def _written(*texts: str, on_github: bool = False) -> str:
    stream = io.StringIO()
    escaping = EscapingStream(stream, is_read_by_github=on_github)
    for text in texts:
        assert escaping.write(text) == len(text)
    return stream.getvalue()


@pytest.mark.parametrize("text", ["plain\n", "tab\there\n\n", "Bücher 書 × …", "", "a:: b", "#[x"])
def test_what_nobody_acts_on_stays(text: str) -> None:
    assert _written(text, on_github=True) == text


def test_characters() -> None:
    assert _written(f"a{_ACTIVE}b") == (
        "a\\u001b[2J\\u0007\\u009b1m\\u007f\\u202e\\u2066\\u2028\\u000db"
    )


def test_a_document_keeps_its_meaning() -> None:
    document = {f"a{_ACTIVE}": [_ACTIVE, '"\\', *_COMMANDS]}
    for indent in (None, 2):
        text = json.dumps(document, indent=indent, ensure_ascii=False)
        assert json.loads(_written(text, on_github=True)) == document


@pytest.mark.parametrize("command", _COMMANDS)
def test_commands(command: str) -> None:
    for before in ("", " \t", "a line\n", "\n  "):
        written = _written(f"{before}{command}\n", on_github=True)
        assert command not in written
        assert written.startswith(before)
    assert command not in _written("a", "\n", command, on_github=True)


def test_colons_within_a_line_are_no_command() -> None:
    assert _written("a", "::text", on_github=True) == "a::text"
    assert _written("x::y\n::z\n", on_github=True) == "x::y\n\\u003a:z\n"
    assert _written("::text\n") == "::text\n"


def test_our_own_colours_reach_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    coloured = "\x1b[1m\x1b[31mred\x1b[0m"
    assert "\x1b" not in _written(coloured)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert _written(coloured) == coloured
    for other in ("\x1b[8mhidden", "\x1b[2J", "\x1b]0;title\x07", "\x1b[31;8m"):
        assert "\x1b" not in _written(other)


def test_the_streams_are_put_back() -> None:
    before = sys.stdout, sys.stderr
    with escaping_streams(), escaping_streams():
        assert isinstance(sys.stdout, EscapingStream)
        assert not isinstance(sys.stdout.copied, EscapingStream)
    assert (sys.stdout, sys.stderr) == before


# From end to end: names, messages, source and settings of a hostile repository.

_HOSTILE = f"{_ACTIVE}::error::x\n::error::y\n##[error]z ##vso[task.x]"


@pytest.fixture(scope="module")
def hostile_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that no test changes, so that it is analyzed once."""
    project = copy_project("broken", tmp_path_factory.mktemp("hostile"))
    models = next(project.rglob("models.py"))
    hostile = _HOSTILE.replace("\r", "")
    literal = repr(_HOSTILE)
    models.write_text(
        f"{models.read_text()}\n\nimport os\n"
        f"NAME = os.environ.get({literal}, {literal})\n"
        f"class Hostile(models.Model):\n"
        f'    """{hostile}"""\n'
        f"    class Meta:\n"
        f"        db_table = {literal}\n"
        f"        triggers = [\n"
        f"            pgtrigger.Protect(name={literal}, operation=pgtrigger.Delete),  # {_ACTIVE}\n"
        f'            pgtrigger.Trigger(name="ok", func={literal}, operation=pgtrigger.Delete,'
        f" when=pgtrigger.Before),\n"
        f"            pgtrigger.Protect(name=NAME, operation=unknown[{literal}]),\n"
        f"        ]\n"
    )
    odd = models.parent / "a\x1b[2J\n::error::b.py"
    odd.write_text("import pgtrigger\nclass Broken(:\n")
    with one_analysis():
        yield project


@pytest.fixture
def project(hostile_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    return hostile_project


def _harmless(text: str) -> Iterator[str]:
    """The lines, of which none does anything."""
    for line in text.split("\n"):
        assert not _CHARACTERS.intersection(line), line
        assert not line.lstrip().startswith("::"), line
        assert "##[" not in line
        assert "##vso[" not in line
        yield line


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("show", "--output-format", "json"),
        ("config",),
        ("makemigrations", "--dry-run"),
        ("makemigrations", "--check", "--output-format", "json"),
        ("diff",),
        ("lint", "--diff", "--unsafe-fixes"),
        *(("lint", "--select", "ALL", "--output-format", name) for name in REPORTERS),
    ],
    ids=" ".join,
)
def test_nothing_drives_the_reader(project: Path, arguments: tuple[str, ...]) -> None:
    outcome = run_cli(project, *arguments)

    assert outcome.exit_code in (0, 1, 2)
    assert [*_harmless(outcome.stderr)]
    if arguments[-1] == "github":
        lines = outcome.stdout.splitlines()
        commands = [line for line in lines if line.startswith("::")]
        assert commands
        # What stands in a message ends neither the message nor the line.
        kinds = tuple(f"::{kind} title=PGT" for kind in ("error", "warning", "notice"))
        assert all(line.startswith(kinds) for line in commands)
        assert lines[: len(commands)] == commands
        assert not _CHARACTERS.intersection(outcome.stdout)
        assert "##[" not in outcome.stdout
        assert "##vso[" not in outcome.stdout
        return
    assert [*_harmless(outcome.stdout)]
    if arguments[-1] in ("json", "gitlab", "sarif"):
        assert outcome.data
        if arguments[0] != "makemigrations":  # the trap works
            assert "\x1b[2J" in json.dumps(outcome.data, ensure_ascii=False).replace(
                "\\u001b", "\x1b"
            )
    elif arguments[-1] == "json-lines":
        assert all(json.loads(line) for line in outcome.stdout.splitlines())
    elif arguments[-1] == "junit":
        ET.fromstring(outcome.stdout)


@pytest.mark.parametrize("format", [name for name in REPORTERS if name != "github"])
def test_files_hold_nothing_that_drives_a_terminal(
    project: Path, format: str, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    run_cli(project, "lint", "--output-format", format, "--output-file", str(report))

    assert not _CHARACTERS.intersection(report.read_bytes().decode())


def test_sql_is_printed_as_it_is_or_not_at_all(project: Path) -> None:
    outcome = run_cli(project, "show", "--output-format", "sql")

    assert outcome.exit_code == 2
    assert "contains control characters of terminals or CI servers" in outcome.stderr
    assert [*_harmless(outcome.stdout), *_harmless(outcome.stderr)]


def test_a_crash_is_escaped_too(tmp_path: Path) -> None:
    script = (
        "from pgtrigger_codegen.cli import entry, main\n"
        "def crash(**_): raise ValueError('\\x1b[2J')\n"
        "main.main = crash\n"
        "entry.run()\n"
    )
    outcome = run_process(tmp_path, "--no-cache", "--traceback", python=("-c", script))

    assert outcome.exit_code == 2
    assert "\\u001b[2J" in outcome.stderr
    assert "\x1b" not in outcome.stderr


def test_streams_of_earlier_runs_are_not_kept() -> None:
    """Each holds what was written, and `click` remembers the streams that it writes to."""
    gc.freeze()  # what other tests have made need not be looked through
    for _ in range(3):
        with escaping_streams():
            click.echo("text")
            assert [found for found in gc.get_objects() if type(found) is EscapingStream]
    gc.collect()
    assert not [found for found in gc.get_objects() if type(found) is EscapingStream]
