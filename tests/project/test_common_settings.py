"""Of split settings, the file that all of them share."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.project.common_settings import common_settings
from pgtrigger_codegen.source.finder import ModuleFinder
from tests.support.projects import write_files

APPS = "INSTALLED_APPS = ['shop']\n"
STAR = "from .base import *\n"


@pytest.mark.parametrize(
    ("files", "module", "expected"),
    [
        ({"settings.py": APPS}, "settings", "settings.py"),
        (
            {
                "conf/__init__.py": "",
                "conf/local.py": STAR,
                "conf/base.py": APPS,
            },
            "conf.local",
            "conf/base.py",
        ),
        (
            {"conf/__init__.py": STAR, "conf/base.py": APPS},
            "conf",
            "conf/base.py",
        ),
        (
            {
                "conf/__init__.py": "",
                "conf/local.py": "from conf.dev import *\nINSTALLED_APPS += ['debug']\n",
                "conf/dev.py": "from .more.base import *\n",
                "conf/more/__init__.py": "",
                "conf/more/base.py": "INSTALLED_APPS: list = []\n",
            },
            "conf.local",
            "conf/more/base.py",
        ),
        # Several are taken over, and the last one wins.
        (
            {"a.py": "from b import *\nfrom c import *\n", "b.py": APPS, "c.py": APPS},
            "a",
            "c.py",
        ),
        ({"a.py": "from b import *\n", "b.py": "from a import *\n"}, "a", None),
        ({"a.py": "from gone import *\n"}, "a", None),
        ({"a.py": "from ......b import *\n"}, "a", None),
        ({"a.py": "from b import INSTALLED_APPS\n", "b.py": APPS}, "a", None),
        ({"a.py": "INSTALLED_APPS = (\n"}, "a", None),
    ],
)
def test_the_file_that_says_which_apps_there_are(
    tmp_path: Path, files: dict[str, str], module: str, expected: str | None
) -> None:
    write_files(tmp_path, files)
    found = common_settings(module, ModuleFinder([tmp_path]))

    assert found == (tmp_path / expected if expected else None)


def test_a_module_of_a_package_is_not_the_projects_to_change(tmp_path: Path) -> None:
    write_files(tmp_path, {"own/a.py": "from b import *\n", "packages/b.py": APPS})

    assert common_settings("a", ModuleFinder([tmp_path / "own"], [tmp_path / "packages"])) is None
