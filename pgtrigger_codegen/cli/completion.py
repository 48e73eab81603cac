"""What the shell offers while a command line is typed.

The commands themselves import Django, and a key that is pressed waits for the answer. So their
options stand in `completion.json` as well, which a test compares with them, and apps and triggers
are those that are evident from the text (`project/evident_names.py`). Nothing is evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    shell_complete,
)

from pgtrigger_codegen.cli.uris import short_forms
from pgtrigger_codegen.project.evident_names import evident_apps, evident_uris
from pgtrigger_codegen.source.paths import resolved

VARIABLE = "_PGTRIGGER_CODEGEN_COMPLETE"
"""What the script of the shell sets."""

_PROGRAM = "pgtrigger-codegen"

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def complete(instruction: str) -> int:
    """Prints the shell's script, or what can stand at the cursor; gives the exit code.

    Args:
        instruction: Value of the variable: `bash_source`, `zsh_complete`.
    """
    add_completion_class(_Bash)
    group = _group(json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8")))
    try:
        return shell_complete(group, {}, _PROGRAM, VARIABLE, instruction)
    except Exception:  # noqa: BLE001  (a traceback would land in the line that is being typed)
        return 1


class _Bash(BashComplete):
    """Takes into account that a colon ends a word for bash, and stands in a URI."""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        words: list[str] = []
        for word in [*args, incomplete]:
            if words and (word == ":" or words[-1].endswith(":")):
                words[-1] += word
            else:
                words.append(word)
        return words[:-1], words[-1]

    def complete(self) -> str:
        args, incomplete = self.get_completion_args()
        before = incomplete[: incomplete.rfind(":") + 1]
        items = self.get_completions(args, incomplete)
        for item in items:
            item.value = item.value.removeprefix(before)
        return "\n".join(map(self.format_completion, items))


def _group(specification: dict[str, Any]) -> click.Group:
    rules: dict[str, str] = specification["rules"]
    group = click.Group(_PROGRAM, params=_parameters(specification["options"], rules))
    for name, command in specification["commands"].items():
        group.add_command(
            click.Command(
                name, help=command["help"], params=_parameters(command["parameters"], rules)
            )
        )
    return group


def _parameters(
    specifications: list[dict[str, Any]], rules: dict[str, str]
) -> list[click.Parameter]:
    return [_parameter(one, rules) for one in specifications]


def _parameter(specification: dict[str, Any], rules: dict[str, str]) -> click.Parameter:
    names, kind = specification["names"], specification["kind"]
    if kind == "flag":
        return click.Option(names, is_flag=True, help=specification["help"])
    kinds: dict[str, Complete] = {
        "uris": _of_project(_uris),
        "apps": _of_project(_apps),
        "rules": lambda context, parameter, incomplete: _rules(incomplete, rules),
    }
    options: dict[str, Any] = {
        "type": _TYPES[kind](specification) if kind in _TYPES else click.STRING,
        "shell_complete": kinds.get(kind),
    }
    if not names[-1].startswith("-"):
        return click.Argument(names, nargs=specification["nargs"], required=False, **options)
    return click.Option(names, multiple=True, help=specification["help"], **options)


_TYPES: dict[str, Callable[[dict[str, Any]], click.ParamType[Any]]] = {
    "choice": lambda specification: click.Choice(specification["choices"]),
    "file": lambda specification: click.Path(),
    "folder": lambda specification: click.Path(file_okay=False),
}


def _of_project(find: Callable[[Path, str], list[str]]) -> Complete:
    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        given = context.find_root().params.get("directory") or ["."]
        folder = resolved(Path(given[-1]))
        return [CompletionItem(value) for value in find(folder, incomplete)]

    return complete


def _apps(folder: Path, incomplete: str) -> list[str]:
    return [label for label in evident_apps(folder) if label.startswith(incomplete)]


def _uris(folder: Path, incomplete: str) -> list[str]:
    """URIs, or the short forms that begin so, where they mean one trigger."""
    uris = evident_uris(folder)
    found = [uri for uri in uris if uri.startswith(incomplete)]
    if found:
        return found
    forms = [form for uri in uris for form in short_forms(uri) if form.startswith(incomplete)]
    return sorted(form for form in forms if forms.count(form) == 1)


def _rules(incomplete: str, rules: dict[str, str]) -> list[CompletionItem]:
    """Codes, and names where no code begins so; after the last comma of a list."""
    before = incomplete[: incomplete.rfind(",") + 1]
    last = incomplete.removeprefix(before)
    found = [
        CompletionItem(f"{before}{code}", help=name)
        for code, name in rules.items()
        if code.startswith(last.upper())
    ]
    names = [name for name in rules.values() if last and name.startswith(last)]
    return found or [CompletionItem(f"{before}{name}") for name in names]
