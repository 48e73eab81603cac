"""The census: every place that can declare a trigger is found in the text, and accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.source.unread import GapKind
from tests.support.cli import run_process
from tests.support.projects import PROJECTS, WORKING, analyzed, copy_project, write_project

HEAD = """
import os

import pgtrigger
from django.conf import settings
from django.db import models
from pgtrigger import Protect as Guard, register

KEEP = {"name": "keep", "operation": pgtrigger.Delete}
"""
SETTINGS = """
import os

SECRET_KEY = "x"
INSTALLED_APPS = ["pgtrigger", "shop"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql"}}}}
GUARDED = os.environ.get("GUARDED", "") == "1"
PLAIN = False
"""

CASES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "Meta": (
        """
class Order(models.Model):
    class Meta:
        triggers = [
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            Guard(name="guard", operation=pgtrigger.Update),
        ]
""",
        [("meta", "compiled"), ("trigger", "compiled"), ("trigger", "compiled")],
    ),
    "register": (
        """
@register(Guard(**KEEP))
class Order(models.Model):
    pass


pgtrigger.register(
    pgtrigger.Protect(name="other", operation=pgtrigger.Update),
)(Order)
Guard(name="third", operation=pgtrigger.Insert).register(Order)
""",
        [
            ("register", "compiled"),
            ("register", "compiled"),
            ("trigger", "compiled"),
            ("trigger", "compiled"),  # one site a line
        ],
    ),
    "subclass and helper": (
        """
class Locked(pgtrigger.Protect):
    operation = pgtrigger.Delete


def locked(name):
    return Locked(name=name)


class Order(models.Model):
    class Meta:
        triggers = [locked("keep")]
""",
        [("trigger", "compiled"), ("meta", "compiled")],
    ),
    "a helper that nobody calls": (
        """
def locked(name):
    return Guard(name=name, operation=pgtrigger.Delete)


class Order(models.Model):
    pass
""",
        [("trigger", "not called")],
    ),
    "a branch on a known value": (
        """
class Order(models.Model):
    class Meta:
        if settings.PLAIN:
            triggers = [Guard(**KEEP)]
""",
        [("meta", "known branch")],
    ),
    "a branch on an assumed value": (
        """
class Order(models.Model):
    class Meta:
        if settings.GUARDED:
            triggers = [Guard(**KEEP)]
""",
        [("meta", "assumed branch")],
    ),
    "an assumed value at hand": (
        """
FLAG = os.environ.get("FLAG", "no")
WANTED = FLAG == "yes"


class Order(models.Model):
    class Meta:
        triggers = [Guard(**KEEP)] if WANTED else []
""",
        [("meta", "compiled")],
    ),
    "an abstract model without children": (
        """
class Base(models.Model):
    class Meta:
        abstract = True
        triggers = [Guard(**KEEP)]
""",
        [("meta", "not inherited")],
    ),
    "a trigger on no model": ("SPARE = Guard(**KEEP)\n", [("trigger", "not declared")]),
    "what is not known": (
        """
class Order(models.Model):
    class Meta:
        triggers = [
            Guard(
                name="keep",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__pk=os.getpid()),
            )
        ]
""",
        [("meta", "compiled"), ("trigger", "unresolved")],
    ),
    "nothing of the kind": (
        """
from django.contrib import admin

# triggers = [pgtrigger.Protect(name="x")]
TEXT = '''
class Meta:
    triggers = [pgtrigger.Protect(name="x")]
'''


class Order(models.Model):
    '''Calls pgtrigger.register(...) nowhere.'''


class Triggers:
    triggers = ()
""",
        [],
    ),
}


def analysis(root: Path, models: str) -> Analysis:
    return analyzed(root, HEAD + models, {"settings.py": SETTINGS.format()})


def fates(found: Analysis) -> list[tuple[str, str]]:
    return [(site.what, site.fate) for site in found.census.sites]


@pytest.mark.parametrize("case", CASES)
def test_accounts_for_every_site(tmp_path: Path, case: str) -> None:
    text, expected = CASES[case]
    found = analysis(tmp_path, text)
    assert fates(found) == expected
    assert found.census.left == ()


def test_a_branch_on_an_assumed_value_is_a_gap(tmp_path: Path) -> None:
    found = analysis(tmp_path, CASES["a branch on an assumed value"][0])
    (gap,) = found.certificate.blocking
    assert gap.kind is GapKind.ASSUMED_BRANCH
    assert str(gap.concerns) == "everything"
    assert "GUARDED" in gap.reason

    pyproject = '[tool.pgtrigger-codegen.env]\nGUARDED = "0"\n'
    files = {"settings.py": SETTINGS.format(), "pyproject.toml": pyproject}
    pinned = analyzed(tmp_path, HEAD + CASES["a branch on an assumed value"][0], files)
    assert fates(pinned) == [("meta", "known branch")]
    assert pinned.certificate.blocking == ()


def test_a_value_that_settings_assume_which_install_nothing_is_a_gap_too(tmp_path: Path) -> None:
    models = HEAD + CASES["a branch on an assumed value"][0]
    installing, guarding = SETTINGS.format().split("GUARDED = ")
    settings = f"import os\nfrom common import *\nGUARDED = {guarding}"

    found = analyzed(tmp_path, models, {"common.py": installing, "settings.py": settings})

    assert fates(found) == [("meta", "assumed branch")]
    (gap,) = found.certificate.blocking
    assert "GUARDED" in gap.reason


@pytest.mark.parametrize("engine", ["sqlite3", "mysql"])
def test_settings_for_another_database_alone_make_a_gap(tmp_path: Path, engine: str) -> None:
    models = """
class Order(models.Model):
    class Meta:
        if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
            triggers = [Guard(**KEEP)]
"""
    settings = SETTINGS.format().replace("backends.postgresql", f"backends.{engine}")
    found = analyzed(tmp_path, HEAD + models, {"settings.py": settings})
    assert fates(found) == [("meta", "assumed branch")]
    assert [gap.kind for gap in found.certificate.blocking] == [GapKind.ASSUMED_BRANCH]


def test_triggers_of_a_base_behind_what_is_not_known_are_not_lost(tmp_path: Path) -> None:
    found = analysis(
        tmp_path,
        """
class Base(models.Model):
    class Meta:
        abstract = True
        if os.environ.get("HIDDEN"):
            triggers = [Guard(**KEEP)]


class Order(Base):
    pass
""",
    )
    (unresolved,) = found.unresolved
    assert unresolved.model == "shop.Order"
    assert found.certificate.gaps_of("shop") != ()


def test_what_the_evaluator_gives_up_without_a_word_is_left(tmp_path: Path) -> None:
    found = analysis(
        tmp_path,
        """
import asyncio


async def declare(model):
    pgtrigger.register(Guard(**KEEP))(model)


class Order(models.Model):
    pass


LATER = asyncio.run(declare(Order))
""",
    )
    assert [site.fate for site in found.census.left] == ["unaccounted"]
    (gap,) = found.certificate.blocking
    assert gap.kind is GapKind.UNACCOUNTED_SITE


def test_what_a_function_would_call_that_raises_before_is_left(tmp_path: Path) -> None:
    text = """
def locked(name):
    return Guard(name=name, operation=pgtrigger.Delete)


def indirectly():
    return locked("it")


class Order(models.Model):
    pass


def declare():
    {}["missing"]
    indirectly().register(Order)


declare()
"""
    [left] = analysis(tmp_path, text).census.left

    assert (left.what, left.fate) == ("trigger", "unaccounted")
    assert left.why is not None
    assert "`declare` may call it" in left.why
    assert "KeyError" in left.why


@pytest.mark.parametrize(
    "imports",
    ["", "from pgtrigger import Insert"],
    ids=["no import", "another name"],
)
@pytest.mark.parametrize(
    "call",
    [
        'pgtrigger.register(pgtrigger.Protect(name="lost", operation=pgtrigger.Insert))(Order)',
        'register(Protect(name="lost", operation=Insert))(Order)',
    ],
)
def test_a_registration_whose_import_is_missing_is_left(
    tmp_path: Path, imports: str, call: str
) -> None:
    """Django fails at such a module; that does not make its trigger one that was removed."""
    rules = f"{imports}\nfrom shop.models import Order\n\n{call}\n"
    models = "from django.db import models\n\n\nclass Order(models.Model):\n    pass\n"
    apps = "from django.apps import AppConfig\n\n\nclass Shop(AppConfig):\n    name = 'shop'\n\n"
    apps += "    def ready(self):\n        from shop import rules\n"
    analysis = analyzed(tmp_path, models, {"shop/rules.py": rules, "shop/apps.py": apps})

    assert analysis.triggers == ()
    places = [gap.span.path for gap in analysis.certificate.gaps if gap.span and gap.blocks]
    assert str(tmp_path / "shop" / "rules.py") in places


@pytest.mark.parametrize("project", WORKING)
def test_the_fixture_projects_leave_nothing(project: str, tmp_path: Path) -> None:
    from pgtrigger_codegen.pipeline import analyze

    found = analyze(copy_project(project, tmp_path))
    assert found.census.left == ()
    assert len(found.census.sites) >= len({trigger.span for trigger in found.triggers}) > 0
    assert PROJECTS.exists()


def test_words_alone_do_not_make_a_healthy_project_wait_for_libcst(tmp_path: Path) -> None:
    models = '''
class Order(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]


def rows(cursor):
    """Not declared: pgtrigger.Protect(name="keep") and pgtrigger.register(keep)(Order)."""
    triggers = set(cursor.fetchall())  # register (them)
    return triggers
'''
    script = (
        "import sys\n"
        "from pgtrigger_codegen.cli.main import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "print(sorted({'libcst'} & {*sys.modules}))\n"
    )

    project = write_project(tmp_path, f"{HEAD}{models}")
    outcome = run_process(project, "show", python=("-c", script))

    assert outcome.stdout.splitlines()[-1] == "[]", outcome.stderr
    assert "1 trigger found" in outcome.stderr
