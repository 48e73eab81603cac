"""What the page on testing shows is run."""

from __future__ import annotations

import re
import sys

import pytest

from tests.support.projects import REPOSITORY, write_files
from tests.testing.project import SETTINGS, database_for_tests

pytest_plugins = ("pytester",)

PAGE = (REPOSITORY / "docs/testing.md").read_text()
MODELS = """
import pgtrigger
from django.db import models


class Customer(models.Model):
    email = models.EmailField()
    is_protected = models.BooleanField(default=False)

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="keep_protected",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__is_protected=True),
            )
        ]
"""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_page_as_it_stands(pytester: pytest.Pytester, postgres: str) -> None:
    (ini,) = _blocks("ini")
    install, refuses, disabled = _blocks("python")
    settings = SETTINGS.format(apps='"shop.customers"', databases=database_for_tests(postgres))
    write_files(
        pytester.path,
        {
            "pytest.ini": ini,
            "shop/__init__.py": "",
            "shop/settings.py": settings,
            "shop/customers/__init__.py": "",
            "shop/customers/models.py": MODELS,
            "test_shop.py": f"{refuses}\n\n{disabled}",
        },
    )
    assert _blocks("console") == ["$ python -m pytest\n"]
    result = pytester.run(sys.executable, "-m", "pytest")

    result.assert_outcomes(passed=2)
    # Another name of a database and of a folder is all that is different.
    compile(install, "docs/testing.md", "exec")
