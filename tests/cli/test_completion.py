"""What a shell offers, asked as the shell asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from pgtrigger_codegen.cli import completion
from pgtrigger_codegen.cli.completion import complete
from pgtrigger_codegen.cli.main import COMMANDS, main
from pgtrigger_codegen.lint.registry import RULES
from tests.support.cli import CONSOLE_SCRIPT
from tests.support.projects import small_project, write_files

FILE = Path(completion.__file__).with_suffix(".json")


def test_the_options_are_those_of_the_commands(update_expected: bool) -> None:
    expected = _specification()
    if update_expected:
        FILE.write_text(f"{json.dumps(expected, indent=1, ensure_ascii=False)}\n")

    assert json.loads(FILE.read_text()) == expected


def _specification() -> dict[str, Any]:
    context = click.Context(main)
    commands = {}
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        parameters = [_parameter(one) for one in command.params if not _is_hidden(one)]
        commands[name] = {"help": COMMANDS[name][1], "parameters": parameters}
    return {
        "options": [_parameter(one) for one in main.params if not _is_hidden(one)],
        "commands": commands,
        "rules": {rule.code: rule.name for rule in RULES},
    }


def _is_hidden(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and parameter.hidden


def _parameter(parameter: click.Parameter) -> dict[str, Any]:
    if isinstance(parameter, click.Argument):
        return {"names": [parameter.name], "nargs": parameter.nargs, **_kind(parameter)}
    assert isinstance(parameter, click.Option)
    names = [parameter.name, *parameter.opts]
    if parameter.secondary_opts:
        names = [parameter.name, "/".join((*parameter.opts, *parameter.secondary_opts))]
    if parameter.is_flag and parameter.flag_value not in (True, None):
        names = parameter.opts
    return {"names": names, **_kind(parameter), "help": parameter.help}


def _kind(parameter: click.Parameter) -> dict[str, Any]:
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return {"kind": "flag"}
    match parameter.type:
        case click.Choice(choices=choices):
            return {"kind": "choice", "choices": list(choices)}
        case click.Path(file_okay=is_file):
            return {"kind": "file" if is_file else "folder"}
    metavar = (parameter.metavar or parameter.name or "").strip("[].").upper()
    kinds = {"URI": "uris", "URIS": "uris", "APP": "apps", "CODE": "rules", "RULES": "rules"}
    return {"kind": kinds.get(metavar, "text")}


class Shell:
    """Asks for what can stand at the end of a line."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], root: Path
    ) -> None:
        self.root = root
        self._monkeypatch = monkeypatch
        self._capture = capfd

    def __call__(self, line: str, shell: str = "zsh") -> list[str]:
        words = line.split(" ")
        self._monkeypatch.setenv("COMP_WORDS", line)
        # zsh counts from 1 and leaves an empty last word out; bash gives the word's index.
        self._monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        assert complete(f"{shell}_complete") == 0
        output = self._capture.readouterr().out
        if shell == "bash":
            return [row.partition(",")[2] for row in output.splitlines() if row]
        return output.splitlines()[1::3]


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Shell:
    root = small_project(tmp_path)
    monkeypatch.chdir(root)
    return Shell(monkeypatch, capfd, root)


def test_commands_and_options(shell: Shell) -> None:
    assert shell("pgtrigger-codegen make") == ["makemigrations"]
    assert shell("pgtrigger-codegen makemigrations --no-w") == ["--no-weave"]
    assert shell("pgtrigger-codegen show --output-format ") == ["text", "json", "sql"]
    assert shell("pgtrigger-codegen schema lint") == ["lint", "lint-statistics"]


def test_apps(shell: Shell) -> None:
    write_files(
        shell.root,
        {
            "shop/billing/models.py": "",
            "shop/billing/apps.py": "class C(AppConfig):\n    label = 'bills'\n",
        },
    )

    assert shell("pgtrigger-codegen makemigrations ") == ["bills", "catalog"]
    assert shell("pgtrigger-codegen collapse ca") == ["catalog"]
    assert shell("pgtrigger-codegen graph --app b") == ["bills"]


DECLARED = """
import pgtrigger

class Base(models.Model):
    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="inherited")]

@pgtrigger.register(pgtrigger.Protect(name="decorated"))
class Order(models.Model):
    class Meta:
        triggers = [
            *MORE,
            pgtrigger.Protect(name="protect", operation=pgtrigger.Delete),
            pgtrigger.Protect(name="$(touch pwned)"),
            pgtrigger.Protect(name=COMPUTED),
        ]
"""


def test_uris_as_far_as_they_are_evident(shell: Shell) -> None:
    write_files(shell.root, {"shop/orders/models.py": DECLARED})
    whole = ["orders.Order:decorated", "orders.Order:protect"]

    assert shell("pgtrigger-codegen show orders") == whole
    assert shell("pgtrigger-codegen ls orders.Order:p") == whole[1:]
    assert shell("pgtrigger-codegen verify prot") == ["protect"]
    assert shell("pgtrigger-codegen show Order:d") == ["Order:decorated"]
    assert shell("pgtrigger-codegen show Orde") == ["Order:decorated", "Order:protect"]
    assert shell("pgtrigger-codegen show $") == []


def test_bash_ends_a_word_at_a_colon(shell: Shell) -> None:
    """What comes back stands behind the colon that was typed."""
    write_files(shell.root, {"shop/orders/models.py": DECLARED})

    assert shell("pgtrigger-codegen show orders.Order : pro", "bash") == ["protect"]
    assert shell("pgtrigger-codegen show orders.Order : ", "bash") == ["decorated", "protect"]
    assert shell("pgtrigger-codegen show orders.Or", "bash") == [
        "orders.Order:decorated",
        "orders.Order:protect",
    ]


def test_rules(shell: Shell) -> None:
    assert "PGT103" in shell("pgtrigger-codegen rule PGT1")
    assert shell("pgtrigger-codegen rule lost") == ["lost-inherited-triggers"]
    assert shell("pgtrigger-codegen lint --select PGT101,pgt102") == ["PGT101,PGT102"]


def test_the_project_of_another_folder(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert shell("pgtrigger-codegen makemigrations ") == []
    assert shell(f"pgtrigger-codegen -C {shell.root} makemigrations ") == ["catalog"]


@pytest.mark.parametrize(
    "text", ["class (", "\0", "x = " + "(" * 5_000, "pgtrigger = '\\ud800'", "pgtrigger\n\tx\n  y"]
)
def test_files_that_cannot_be_read_offer_nothing(shell: Shell, text: str) -> None:
    write_files(shell.root, {"shop/odd/models.py": text, "shop/odd/apps.py": f"AppConfig {text}"})

    assert "odd" in shell("pgtrigger-codegen makemigrations ")
    assert [uri for uri in shell("pgtrigger-codegen show ") if uri.startswith("odd")] == []


@pytest.mark.parametrize("instruction", ["", "zsh", "nonsense_complete", "bash_complete"])
def test_a_shell_that_asks_wrongly_gets_nothing(
    instruction: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_WORDS", "pgtrigger-codegen")
    monkeypatch.setenv("COMP_CWORD", "no number")

    assert complete(instruction) == 1
    assert capfd.readouterr() == ("", "")


_FUNCTION = """
eval "$(_PGTRIGGER_CODEGEN_COMPLETE=bash_source {program})"
COMP_WORDS=({program} show catalog)
COMP_CWORD=2
_pgtrigger_codegen_completion {program}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def test_a_real_bash_completes_without_importing_django(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    (root / "manage.py").write_text("raise SystemExit('was run')\n")
    (tmp_path / "django").mkdir()
    (tmp_path / "django/__init__.py").write_text("raise SystemExit('Django was imported')\n")
    program = tmp_path / "pgtrigger-codegen"
    program.write_text(
        f"#!{sys.executable}\nimport sys; sys.path.insert(0, {str(tmp_path)!r})\n{CONSOLE_SCRIPT}\n"
    )
    program.chmod(0o755)
    result = subprocess.run(
        ["bash", "-c", _FUNCTION.format(program=program)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.split() == ["catalog.Product:fixed_title"]
    assert result.stderr == ""
