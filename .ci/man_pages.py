"""Writes a man page for the program and for each command: `python .ci/man_pages.py FOLDER`.

click-man lays the pages out. It is told of the commands here, since our group imports them when
they are called. `hatch_build.py` puts pages that lie in `build/man` into the distributions.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click_man.man import ManPage

from pgtrigger_codegen import __version__
from pgtrigger_codegen.cli.main import COMMANDS, main

PROGRAM = "pgtrigger-codegen"


def man_pages() -> Iterator[tuple[str, str]]:
    """The name of the file of each page, and its text for `man`."""
    program = click.Context(main, info_name=PROGRAM, **main.context_settings)
    summary, _, _ = (main.help or "").partition("\n")
    commands = [(name, _roff(summary)) for name, (_, summary) in COMMANDS.items()]
    yield f"{PROGRAM}.1", _page(program, summary, commands)
    for name, (_, summary) in COMMANDS.items():
        command = main.get_command(program, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=program)
        yield f"{PROGRAM}-{name}.1", _page(context, summary)


def _page(
    context: click.Context, summary: str, commands: list[tuple[str, str]] | None = None
) -> str:
    page = ManPage(context.command_path)
    page.version = __version__
    page.short_help = _roff(summary.rstrip("."))
    page.description = _roff(inspect.cleandoc(context.command.help or ""))
    page.synopsis = " ".join(context.command.collect_usage_pieces(context))
    page.options = [
        (flags, _roff(text))
        for parameter in context.command.get_params(context)
        if isinstance(parameter, click.Option)
        and (record := parameter.get_help_record(context)) is not None
        for flags, text in [record]
    ]
    page.commands = commands or []
    # One word, so that the title has room for both corners of a terminal.
    title = context.command_path.replace(" ", "-").upper()
    _, _, rest = str(page).partition("\n")
    return f'.TH "{title}" "1" "{page.date}" "{__version__}" "{PROGRAM}"\n{rest}'


def _roff(text: str) -> str:
    """Text that `man` shows as it is: `code` in bold, dashes of options as dashes."""
    text = text.replace("\\", r"\e").replace("--", r"\-\-")
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fP", text)
    # A line that begins with one of these would be a request.
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in man_pages():
        (folder / name).write_text(text, encoding="utf-8")
