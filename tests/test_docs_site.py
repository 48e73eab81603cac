"""The documentation site: built without a warning, closed in itself, and where messages lead."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import click
import pytest
import yaml

import pgtrigger_codegen
from pgtrigger_codegen.cli.main import COMMANDS, main
from pgtrigger_codegen.errors import SITE, docs_url
from pgtrigger_codegen.lint.documentation import page_url
from pgtrigger_codegen.lint.registry import RULES
from tests.support.projects import REPOSITORY

DOCS = REPOSITORY / "docs"
PACKAGE = Path(pgtrigger_codegen.__file__).parent
# Pages that the build makes: commands, and files at the root of the repository.
_MADE = {
    "commands/README.md",
    "schemas.md",
    "changelog.md",
    "contributing.md",
    "security.md",
    "releasing.md",
}
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class _Loader(yaml.SafeLoader):
    """MkDocs has tags of its own for what is not YAML."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((REPOSITORY / "mkdocs.yml").read_text(), _Loader)
    return loaded


def test_every_page_is_in_the_navigation(settings: dict[str, Any]) -> None:
    """A new page in `docs` needs a line under `nav` in mkdocs.yml."""
    named = set(_pages(settings["nav"]))

    assert named - _MADE == {page.name for page in DOCS.glob("*.md")} | {"rules/README.md"}
    assert named >= _MADE


def test_the_program_and_the_site_have_one_address(settings: dict[str, Any]) -> None:
    assert settings["site_url"] == f"{SITE}/"


def test_messages_lead_to_pages_and_headings_that_exist() -> None:
    named = [
        (path, page)
        for path in sorted(PACKAGE.rglob("*.py"))
        for page in re.findall(r"docs_url\(f?[\"'](.+?)[\"']\)", path.read_text())
    ]

    assert len(named) > 4
    for path, page in named:
        name, _, heading = page.replace("{code}", "PGT101").partition("#")
        text = (DOCS / name).read_text()
        assert not heading or heading in _anchors(text), f"{path.name}: {page}"


def test_files_of_docs_that_the_package_mentions_exist() -> None:
    mentioned = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"(?<!/)\bdocs/[\w/-]+\.md", path.read_text())
    }

    assert "docs/providers.md" in mentioned
    for name in mentioned:
        assert (REPOSITORY / name).exists(), name


def test_addresses_that_are_written_out_lead_to_pages() -> None:
    written = {
        address
        for path in PACKAGE.rglob("*.py")
        for address in re.findall(rf"{re.escape(SITE)}/([\w/-]+)", path.read_text())
    }

    assert written
    for address in written:
        assert (DOCS / f"{address.strip('/')}.md").exists(), address


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_names_no_file_of_the_repository(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None

    assert "docs/" not in command.get_help(click.Context(command))


def test_rules_lead_to_the_site() -> None:
    for rule in RULES:
        assert page_url(rule.code) == f"{SITE}/rules/{rule.code}/"
        assert (DOCS / "rules" / f"{rule.code}.md").exists()


def test_an_address_can_have_a_heading() -> None:
    assert docs_url("database.md#which-database") == f"{SITE}/database/#which-database"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built in an environment of its own: its packages are not for our tests to read."""
    folder = tmp_path_factory.mktemp("site")
    environment = tmp_path_factory.mktemp("environment")
    python = str(environment / "bin" / "python")
    for command in (
        [sys.executable, "-m", "venv", str(environment)],
        [*(python, "-m", "pip", "install", "-qqc", "requirements-dev.txt", "-e"), ".[docs]"],
    ):
        subprocess.run(command, cwd=REPOSITORY, check=True)
    result = subprocess.run(
        [python, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr
    return folder


@pytest.mark.network
@pytest.mark.slow
def test_the_built_site(site: Path, subtests: pytest.Subtests) -> None:
    """One test, so that one worker builds the site for all of them."""
    for check in (
        _check_that_links_and_headings_of_the_site_exist,
        _check_that_pages_ask_nobody_else_for_anything,
        _check_that_commands_are_described_as_in_their_help,
        _check_that_the_schemas_are_on_the_site,
        _check_that_search_finds_rules_commands_and_pages,
    ):
        with subtests.test(check.__name__):
            check(site)


def _check_that_links_and_headings_of_the_site_exist(site: Path) -> None:
    """The menus' links too, which `mkdocs build --strict` does not look at."""
    pages = {path: _Page(path.read_text()) for path in site.rglob("*.html")}
    assert len(pages) > len(RULES) + len(COMMANDS) + 20
    checked = 0
    for path, page in pages.items():
        address = f"{SITE}/{path.relative_to(site).as_posix().removesuffix('index.html')}"
        for link in page.links:
            whole = urljoin(address, link)
            if not whole.startswith(f"{SITE}/"):
                assert link.startswith(("https://", "mailto:")), f"{path}: {link}"
                continue
            target = site / unquote(urlsplit(whole).path.removeprefix(urlsplit(f"{SITE}/").path))
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{path}: {link}"
            heading = unquote(urlsplit(whole).fragment)
            if heading and target in pages:
                assert heading in pages[target].ids, f"{path}: {link}"
            checked += 1
    assert checked > 1000


def _check_that_pages_ask_nobody_else_for_anything(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = _Page(path.read_text())
        for address in page.loaded:
            assert not urlsplit(address).netloc, f"{path}: {address}"
        # Browsers refuse what a script would ask others for.
        (policy,) = page.policies
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'self'"
        assert not [word for rule in rules.values() for word in rule.split() if "." in word]
        assert not {"connect-src", "font-src", "frame-src"} & set(rules)
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )[\"']?(https?:)?//", path.read_text()), path


def _check_that_commands_are_described_as_in_their_help(site: Path) -> None:
    described = 0
    for name in COMMANDS:
        text = _Page((site / "commands" / name / "index.html").read_text()).text
        command = main.get_command(click.Context(main), name)
        assert command is not None
        options = [option for option in command.params if isinstance(option, click.Option)]
        for option in options:
            if not option.hidden:
                described += 1
                assert option.opts[-1] in text, (name, option.opts)
                assert " ".join((option.help or "").replace("`", "").split()) in text, option.opts
    assert described > 100
    text = _Page((site / "commands" / "index.html").read_text()).text
    assert "--isolated" in text
    assert "--eager" not in text


def _check_that_the_schemas_are_on_the_site(site: Path) -> None:
    page = _Page((site / "schemas" / "index.html").read_text())
    schemas = list((PACKAGE / "schemas").glob("*.json"))

    assert len(schemas) > 10
    for schema in schemas:
        assert schema.name in page.links, schema.name
        assert (site / "schemas" / schema.name).read_text() == schema.read_text()


def _check_that_search_finds_rules_commands_and_pages(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text())
    places = {entry["location"] for entry in index["docs"]}

    assert {f"rules/{rule.code}/" for rule in RULES} <= places
    assert {f"commands/{name}/" for name in COMMANDS} <= places
    assert "locks/" in places


def _pages(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        match entry:
            case str():
                yield entry
            case dict():
                for value in entry.values():
                    yield from _pages(value if isinstance(value, list) else [value])


def _anchors(text: str) -> set[str]:
    titles = (re.sub(r"[^\w\s-]", "", title).strip().lower() for title in _HEADING.findall(text))
    return {re.sub(r"[\s-]+", "-", title) for title in titles}


class _Page(HTMLParser):
    """What a page links to, loads, and can be linked to at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.policies: list[str] = []
        self._words: list[str] = []
        self.feed(text)

    @property
    def text(self) -> str:
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(values["href"])
        if values.get(_LOADED.get(tag, "")):
            self.loaded.append(values[_LOADED[tag]])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(values["content"])

    def handle_data(self, data: str) -> None:
        self._words.append(data)
