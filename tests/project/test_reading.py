"""Settings that cannot be read, and what the configuration says in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.errors import ProjectError
from pgtrigger_codegen.pipeline import analyze
from tests.support.projects import write_files
from tests.support.unread import EXTRAS, MANAGE

SETTINGS = """
from shop.apps_of import installed

INSTALLED_APPS = installed(open("apps.txt"))
USE_TZ = False
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "manage.py": MANAGE,
        "config/__init__.py": "",
        "config/settings.py": SETTINGS,
        "shop/__init__.py": "",
        "shop/apps_of.py": "def installed(file):\n    return file.read().split()\n",
        "shop/models.py": EXTRAS,
    }
    write_files(tmp_path, files)
    return tmp_path


def test_an_app_list_that_cannot_be_read_can_be_told(project: Path) -> None:
    with pytest.raises(ProjectError, match="INSTALLED_APPS of") as caught:
        analyze(project)
    assert "`apps` under [tool.pgtrigger-codegen]" in str(caught.value.help)

    told = 'settings = "config.settings"\napps = ["pgtrigger", "shop"]\n'
    (project / "pyproject.toml").write_text(f"[tool.pgtrigger-codegen]\n{told}")
    analysis = analyze(project)
    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Gift:keep_gifts"]
    assert analysis.project.settings.get("USE_TZ") is False  # the rest comes from the settings


def test_the_variable_that_the_apps_depend_on_is_named(project: Path) -> None:
    text = "import importlib\nimport os\nNAME = os.environ.get('SHOP_MODE')\n"
    text += "INSTALLED_APPS = importlib.import_module(NAME).APPS\n"
    (project / "config/settings.py").write_text(text)

    with pytest.raises(ProjectError, match="variable `SHOP_MODE` is not pinned") as refused:
        analyze(project)
    assert refused.value.help is not None
    assert 'below [tool.pgtrigger-codegen.env]: SHOP_MODE = "…"' in refused.value.help


def test_apps_that_a_package_is_given_stay_and_may_be_more(project: Path) -> None:
    text = (
        "from package import setup\nINSTALLED_APPS = ['pgtrigger', 'shop']\nsetup(INSTALLED_APPS)\n"
    )
    (project / "config/settings.py").write_text(text)
    analysis = analyze(project)
    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Gift:keep_gifts"]
    assert any("an entry of INSTALLED_APPS" in gap.reason for gap in analysis.certificate.gaps)


def test_of_another_list_that_a_package_is_given_nothing_is_known(project: Path) -> None:
    text = "from package import setup\nINSTALLED_APPS = ['pgtrigger', 'shop']\n"
    (project / "config/settings.py").write_text(text)
    models = "import pgtrigger\nfrom package import add\nfrom django.db import models\n"
    models += (
        "TRIGGERS = [pgtrigger.Protect(name='a', operation=pgtrigger.Delete)]\nadd(TRIGGERS)\n"
    )
    models += "class Gift(models.Model):\n    class Meta:\n        triggers = TRIGGERS\n"
    (project / "shop/models.py").write_text(models)
    analysis = analyze(project)
    assert analysis.triggers == ()
    assert [one.model for one in analysis.unresolved] == ["shop.Gift"]
