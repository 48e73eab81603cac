"""Hooks of MkDocs: the pages of the site that no file in `docs` holds.

Commands are described by click itself, so that an option has one description: its help. The pages
of contributors and the change log stand at the root of the repository, where people look for them.
Links that lead out of `docs` are turned: GitHub shows the same pages from the repository.
"""

from __future__ import annotations

import inspect
import json
import posixpath
import re
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from pgtrigger_codegen.cli.main import COMMANDS, main
from pgtrigger_codegen.lint.documentation import HOMEPAGE, families

REPOSITORY = Path(__file__).parents[1]
PROGRAM = "pgtrigger-codegen"
# Pages that are files at the root of the repository.
ROOT_PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "RELEASING.md": "releasing.md",
}
_LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)#\s]+)((?:#[^)\s]*)?\))")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the pages of commands and rules into the navigation."""
    _expand(config.nav, "commands/README.md", [f"commands/{name}.md" for name in COMMANDS])
    _expand(
        config.nav,
        "rules/README.md",
        [
            {f"{prefix}: {subject.partition(',')[0]}": [f"rules/{rule.code}.md" for rule in rules]}
            for prefix, subject, rules in families()
        ],
    )
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made here."""
    pages = {
        "commands/README.md": commands_page(),
        **{f"commands/{name}.md": command_page(name) for name in COMMANDS},
        "schemas.md": schemas_page(),
    }
    for name, page in ROOT_PAGES.items():
        path = REPOSITORY / name
        if path.exists():
            pages[page] = _links_turned(path.read_text(encoding="utf-8"), "")
    for uri, content in pages.items():
        files.append(File.generated(config, uri, content=content))
    for path in schema_files():
        files.append(
            File.generated(config, f"schemas/{path.name}", content=path.read_text("utf-8"))
        )
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns the links of a page that lead out of `docs`."""
    if page.file.generated_by:
        return markdown
    return _links_turned(markdown, f"docs/{posixpath.dirname(page.file.src_uri)}")


def commands_page() -> str:
    """The list of all commands, and the options that stand before a command's name."""
    rows = [f"| [`{name}`]({name}.md) | {summary} |" for name, (_, summary) in COMMANDS.items()]
    context = click.Context(main, info_name=PROGRAM, **main.context_settings)
    return "\n".join(
        [
            "# Commands\n",
            f"This page is made from the help of the program: `{PROGRAM} --help`.\n",
            "| command | |\n|---|---|",
            *rows,
            "",
            "Results go to standard output, everything else to standard error.",
            f"`{PROGRAM} COMMAND --help` shows the help of a command.\n",
            "## Options before the command's name\n",
            *_options(context),
        ]
    )


def command_page(name: str) -> str:
    """What click knows of one command: its text, its arguments and its options."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    parent = click.Context(main, info_name=PROGRAM, **main.context_settings)
    context = click.Context(command, info_name=name, parent=parent)
    parts = [
        f"# `{name}`\n",
        f"{_prose(COMMANDS[name][1])}\n",
        f"```text\n{PROGRAM} {name} {' '.join(command.collect_usage_pieces(context))}\n```\n",
        *(f"{_prose(text)}\n" for text in inspect.cleandoc(command.help or "").split("\n\n")[1:]),
    ]
    if (page := guide(name)) is not None:
        parts.append(f"[The guide](../{page}) says more.\n")
    return "\n".join([*parts, "## Options\n", *_options(context)])


def guide(name: str) -> str | None:
    """The hand-written page about a command, if there is one."""
    page = {
        **dict.fromkeys(
            ("ls", "install", "uninstall", "enable", "disable", "prune"), "database.md"
        ),
        "init": "quickstart.md",
        "show": "finding.md",
        "schema": "command-line.md",
        "server": "editor.md",
        "rule": "rules/README.md",
        "clean": "cache.md",
        "config": "configuration.md",
    }.get(name, f"{name}.md")
    return page if (REPOSITORY / "docs" / page).exists() else None


def schema_files() -> list[Path]:
    """The JSON schemas that the package holds."""
    return sorted((REPOSITORY / "pgtrigger_codegen" / "schemas").glob("*.json"))


def schemas_page() -> str:
    """The list of the JSON schemas."""
    rows = [f"| [{path.name}](schemas/{path.name}) | {_title(path)} |" for path in schema_files()]
    text = (
        "# JSON schemas\n\nEvery command with `--output-format json` prints one document. "
        "[`schema`](commands/schema.md) prints the schemas as well.\n\n"
        "| schema | |\n|---|---|\n"
    )
    return text + "\n".join(rows) + "\n"


def _title(path: Path) -> str:
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return str(schema.get("title") or schema.get("description") or "")


def _options(context: click.Context) -> list[str]:
    lines = []
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        # An argument has no text of its own: the command's text says what it is.
        if record is not None and (text := record[1]):
            lines.append(f"`{record[0]}`\n:   {_prose(text)}\n")
    return lines


def _prose(text: str) -> str:
    """Text of click as Markdown: only backticks mean the same in both."""
    parts = " ".join(text.split()).split("`")
    for index in range(0, len(parts), 2):
        parts[index] = re.sub(r"([\\*_\[\]<>|])", r"\\\1", parts[index]).replace("--", "\\-\\-")
    return "`".join(parts)


def _expand(nav: list[Any] | None, page: str, pages: list[Any]) -> None:
    """Makes the entry of a page a section that holds other pages as well."""
    for entry in nav or []:
        if not isinstance(entry, dict):
            continue
        for title, value in entry.items():
            if value == page:
                entry[title] = [page, *pages]
            elif isinstance(value, list):
                _expand(value, page, pages)


def _links_turned(markdown: str, folder: str) -> str:
    """Markdown of a file in `folder` of the repository, with links as the site needs them."""

    def turned(found: re.Match[str]) -> str:
        before, target, after = found.groups()
        path = posixpath.normpath(posixpath.join(folder, target))
        if path in ROOT_PAGES and (REPOSITORY / path).exists():
            return f"{before}{_from(folder, ROOT_PAGES[path])}{after}"
        if path == "README.md":
            return f"{before}{_from(folder, 'index.md')}{after}"
        if path.startswith("docs/"):
            return f"{before}{_from(folder, path.removeprefix('docs/'))}{after}"
        return f"{before}{HOMEPAGE}/blob/main/{path}{after}"

    return _LINK.sub(turned, markdown)


def _from(folder: str, page: str) -> str:
    return posixpath.relpath(f"docs/{page}", folder if folder.startswith("docs") else "docs")
