"""What is left unread because nobody can see it: `--eager` reads it, and every output is the same.

Only the assumptions of packages may be fewer: whoever reads less of a package assumes less in it.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import cases
from tests.fuzz.mutations import mutated
from tests.support.cli import run_cli
from tests.support.projects import ALL, EVALUATION, copy_project, small_project

COMMANDS = (
    ("show", "--output-format", "json"),
    ("makemigrations", "--check", "--output-format", "json"),
)
SEED = os.environ.get("PGTRIGGER_CODEGEN_RANDOM_SEED", "eager")
EDITS = int(os.environ.get("PGTRIGGER_CODEGEN_EAGER_EDITS", "25"))
"""Random edits in each of the slow tests, of which there are eight."""

SITE = ".venv/lib/python3.11/site-packages"
FILES = {
    ".venv/pyvenv.cfg": "version = 3.11.7\n",
    f"{SITE}/toolkit/__init__.py": """\
from .numbers import MAJOR
from .schemas import Field, Schema
from .version import __version__

REGISTRY = {}
NAME = "toolkit"


def register(cls):
    REGISTRY[cls.__name__] = cls
    return cls


for number in range(3):
    REGISTRY[number] = Field(number)
""",
    f"{SITE}/toolkit/version.py": '__version__ = "3.2"\n',
    f"{SITE}/toolkit/numbers.py": "MAJOR, MINOR = 3, 2\nPREFIX = 'kept'\n",
    f"{SITE}/toolkit/schemas.py": """\
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Kind(type):
    made = []

    def __new__(cls, name: str, bases: tuple, namespace: dict) -> Any:
        made = super().__new__(cls, name, bases, namespace)
        cls.made.append(made)
        return made


class Field:
    def __init__(self, default: Any = None) -> None:
        self.default = default


class Schema(Generic[T], metaclass=Kind):
    name = Field()
""",
    "shop/catalog/apps.py": """\
from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "shop.catalog"

    def ready(self):
        from shop.catalog import schemas
""",
    "shop/catalog/schemas.py": """\
from toolkit import Field, Schema
from shop.catalog.models import Product


class ProductSchema(Schema):
    title = Field("")

    class Config:
        model = Product

    def __str__(self):
        return Product.objects.get().title
""",
    "shop/catalog/helpers.py": """\
import toolkit
from toolkit.numbers import PREFIX

NAME = f"{PREFIX}_title" if toolkit.__version__ >= "3" else "fixed_title"
OTHER = toolkit.NAME + str(toolkit.MAJOR)
""",
}
GUARDED = """

from django.conf import settings


class Order(models.Model):
    class Meta:
        if settings.GUARDED:
            triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
"""


def with_packages(folder: Path) -> Path:
    """A small project whose triggers depend on packages, and that has more to do with these."""
    root = small_project(folder)
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    models, settings = root / "shop/catalog/models.py", root / "shop/settings.py"
    text = models.read_text().replace('"fixed_title"', "NAME")
    assert "name=NAME" in text
    models.write_text(f"from shop.catalog.helpers import NAME, OTHER\n{text}{GUARDED}")
    settings.write_text(
        f"import os\n{settings.read_text()}GUARDED = os.environ.get('GUARDED', '') == '1'\n"
    )
    return root


def check_same(root: Path) -> None:
    """Compares all that the commands print, with and without."""
    for command in COMMANDS:
        lazy, eager = run_cli(root, *command), run_cli(root, "--eager", *command)
        assert lazy.exit_code == eager.exit_code
        assert lazy.stderr == eager.stderr
        if command[0] != "show" or not lazy.stdout:
            assert lazy.stdout == eager.stdout
            continue
        shown, all_shown = json.loads(lazy.stdout), json.loads(eager.stdout)
        of_packages = _take_assumptions_of_packages(shown)
        assert of_packages <= _take_assumptions_of_packages(all_shown)
        assert json.dumps(shown) == json.dumps(all_shown)


def _take_assumptions_of_packages(shown: Any) -> set[str]:
    found = [one for one in shown["assumptions"] if one["path"].startswith("site-packages/")]
    shown["assumptions"] = [one for one in shown["assumptions"] if one not in found]
    return {json.dumps(one) for one in found}


def test_a_project_with_packages_is_read_the_same(tmp_path: Path) -> None:
    root = with_packages(tmp_path)

    check_same(root)

    names = [one["name"] for one in json.loads(run_cli(root, *COMMANDS[0]).stdout)["triggers"]]
    assert "kept_title" in names
    assert "kept" not in names


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ALL, EVALUATION])
def test_a_fixture_is_read_the_same(tmp_path: Path, name: str) -> None:
    check_same(copy_project(name, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(4))
def test_a_project_with_packages_is_read_the_same_after_edits(tmp_path: Path, batch: int) -> None:
    root = with_packages(tmp_path)
    files = {path: path.read_text() for path in sorted(root.rglob("*.py")) if path.stat().st_size}
    donors = list(files.values())
    for number in range(EDITS):
        chance = random.Random(f"{SEED} {batch} {number}")
        for path in chance.sample(list(files), chance.choice((1, 1, 2))):
            text = mutated(files[path], chance, donors, chance.choice((1, 1, 2)))
            path.write_bytes(text.encode("utf-8", "surrogatepass"))

        check_same(root)

        for path, text in files.items():
            path.write_text(text)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(4))
def test_fixtures_are_read_the_same_after_edits(tmp_path: Path, batch: int) -> None:
    for number in range(EDITS):
        root = tmp_path / str(number)
        root.mkdir()
        cases.make(f"{SEED} {batch} {number}", root)

        check_same(root)
