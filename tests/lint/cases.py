"""Reads the cases of a rule's Markdown fixture, and makes a project of each.

The format is described in `fixtures/rules/README.md`.
"""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

_BLOCK = re.compile(
    r"^`(?P<path>[^`\n]+)`(?: \((?P<kind>[a-z, ]+)\))?:\n\n```\w*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_EXPECTED = re.compile(
    r"[ \t]*# (?P<severity>error|warning|info): (?P<code>PGT\d{3})(?: \"(?P<message>[^\"]*)\")?"
)

_MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
_SETTINGS = """\
import os

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "pgtrigger", {apps}]
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("PGDATABASE", "cases"),
    }}
}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
PGTRIGGER_MIGRATIONS = False
"""


class Expected(Struct, frozen=True):
    """A finding that a comment announces.

    Attributes:
        message: A part of the message, possibly empty.
    """

    path: str
    line: int
    severity: str
    code: str
    message: str


class Case(Struct, frozen=True):
    """One section of a fixture.

    Attributes:
        files: Texts by path, without the comments that announce findings.
        fixed: What `--fix` makes of some of the files.
        unsafely_fixed: What `--fix --unsafe-fixes` makes of some of the files.
    """

    name: str
    files: dict[str, str]
    expected: tuple[Expected, ...]
    fixed: dict[str, str]
    unsafely_fixed: dict[str, str]

    def write(self, root: Path) -> None:
        """Makes a project of the case: what every project needs, and the case's files."""
        apps = sorted(
            {path.partition("/")[0] for path in self.files if "/" in path} - {"config", ".venv"}
        )
        settings = _SETTINGS.format(apps=", ".join(f'"{app}"' for app in apps))
        files = {"manage.py": _MANAGE, **self.files}
        files["config/settings.py"] = settings + self.files.get("config/settings.py", "")
        for name, text in files.items():
            path = root / name
            for folder in path.relative_to(root).parents[:-1]:
                (root / folder).mkdir(exist_ok=True, parents=True)
                (root / folder / "__init__.py").touch()
            path.write_text(text, encoding="utf-8")


def read_cases(fixture: Path) -> list[Case]:
    """The cases of a fixture; files before the first `##` belong to all of them."""
    shared, *sections = re.split(r"^## ", fixture.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_case(section.partition("\n")[0].strip(), shared + section) for section in sections]


def _case(name: str, text: str) -> Case:
    blocks: dict[str, dict[str, str]] = {"": {}, "fixed": {}, "fixed, unsafe": {}}
    for match in _BLOCK.finditer(text):
        blocks[match["kind"] or ""][match["path"]] = match["text"]
    expected = [one for path, source in blocks[""].items() for one in _expected(path, source)]
    expected = [_in_whole_file(one) for one in expected]
    return Case(
        name=name,
        files={path: _EXPECTED.sub("", source) for path, source in blocks[""].items()},
        expected=tuple(expected),
        fixed=blocks["fixed"],
        unsafely_fixed=blocks["fixed, unsafe"],
    )


def _expected(path: str, source: str) -> list[Expected]:
    return [
        Expected(path, number, match["severity"], match["code"], match["message"] or "")
        for number, line in enumerate(source.split("\n"), start=1)
        for match in _EXPECTED.finditer(line)
    ]


def _in_whole_file(expected: Expected) -> Expected:
    """The settings of a case stand below those that every case has."""
    if expected.path != "config/settings.py":
        return expected
    return replace(expected, line=expected.line + _SETTINGS.count("\n"))
