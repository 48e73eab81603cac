"""Settings that stand in classes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.project.test_discovery import write
from tests.support.cli import run_cli, run_json

MANAGE = """\
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
{0}
from configurations.management import execute_from_command_line
"""
PINS = '[tool.pgtrigger-codegen.env]\nDJANGO_CONFIGURATION = "{0}"\n'
MODELS = """
    import pgtrigger
    from django.conf import settings
    from django.db import models


    class Parcel(models.Model):
        code = models.CharField(max_length=10)

        class Meta:
            triggers = [
                pgtrigger.Protect(name=settings.TRIGGER_NAME, operation=pgtrigger.Delete)
            ]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, {"manage.py": MANAGE.format(""), "pyproject.toml": ""})
    write(tmp_path, {"parcels/models.py": MODELS, "parcels/__init__.py": ""})
    write(tmp_path, ["parcels/migrations/__init__.py", "config/__init__.py"])
    return tmp_path


def settings(project: Path, text: str) -> None:
    (project / "config/settings.py").write_text(dedent(text))


def triggers(project: Path) -> list[str]:
    found = run_json(project, "show")
    assert found["unresolved"] == []
    return [trigger["uri"] for trigger in found["triggers"]]


def assumed(project: Path) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in run_json(project, "show")["assumptions"]}


BASE = """
    from configurations import Configuration, values


    class Common(Configuration):
        INSTALLED_APPS = [*Configuration.INSTALLED_APPS, "pgtrigger"]
        PREFIX = "kept"

        @property
        def TRIGGER_NAME(self):
            return f"{self.PREFIX}_by_property"


    class Dev(Common):
        INSTALLED_APPS = Common.INSTALLED_APPS + ["parcels"]
        PREFIX = "dev"


    class Prod(Dev):
        PREFIX = values.Value("prod")

        def TRIGGER_NAME(self):
            return f"{self.PREFIX}_by_method"
"""


@pytest.mark.parametrize(
    ("named", "name"), [("Dev", "dev_by_property"), ("Prod", "prod_by_method")]
)
def test_manage_py_names_the_class(project: Path, named: str, name: str) -> None:
    settings(project, BASE)
    line = f'os.environ.setdefault("DJANGO_CONFIGURATION", "{named}")'
    write(project, {"manage.py": MANAGE.format(line)})
    assert triggers(project) == [f"parcels.Parcel:{name}"]


def test_a_pin_names_the_class(project: Path) -> None:
    settings(project, BASE)
    write(project, {"pyproject.toml": PINS.format("Prod")})
    assert triggers(project) == ["parcels.Parcel:prod_by_method"]
    assert assumed(project)["DJANGO_PREFIX"] == "prod"
    write(project, {"pyproject.toml": PINS.format("Prod") + 'DJANGO_PREFIX = "pinned"\n'})
    assert triggers(project) == ["parcels.Parcel:pinned_by_method"]
    assert "DJANGO_PREFIX" not in assumed(project)


@pytest.mark.parametrize(
    "text",
    [
        (
            '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "config.settings"\n'
            'DJANGO_CONFIGURATION = "Dev"\n'
        ),
        '[tool.pytest.ini_options]\naddopts = "--ds=config.settings --dc=Dev"\n',
    ],
)
def test_the_configuration_of_pytest_names_the_class(project: Path, text: str) -> None:
    settings(project, BASE)
    write(project, {"manage.py": "# it takes DJANGO_SETTINGS_MODULE from the environment"})
    write(project, {"pyproject.toml": text})
    assert triggers(project) == ["parcels.Parcel:dev_by_property"]


def test_which_class_is_not_guessed(project: Path) -> None:
    settings(project, BASE)
    outcome = run_cli(project, "show")
    assert outcome.exit_code == 2
    for name in ("Common", "Dev", "Prod"):
        assert f'`DJANGO_CONFIGURATION = "{name}"`' in outcome.stderr
    assert "[tool.pgtrigger-codegen.env]" in outcome.stderr
    write(project, {"pyproject.toml": PINS.format("Staging")})
    outcome = run_cli(project, "show")
    assert outcome.exit_code == 2
    assert "no class `Staging`" in outcome.stderr


def test_the_only_class_is_assumed(project: Path) -> None:
    settings(
        project,
        """
        import configurations


        class Settings(configurations.Configuration):
            INSTALLED_APPS = ["pgtrigger", "parcels"]
            TRIGGER_NAME = "only"
        """,
    )
    assert triggers(project) == ["parcels.Parcel:only"]
    assert assumed(project)["DJANGO_CONFIGURATION"] == "Settings"


VALUES = """
    from configurations import Configuration, values


    class Dev(Configuration):
        INSTALLED_APPS = ["pgtrigger", "parcels"]
        NAME = {0}

        @property
        def TRIGGER_NAME(self):
            name = self.NAME
            return "t_" + ("_".join(name) if isinstance(name, list) else str(name).lower())
"""


@pytest.mark.parametrize(
    ("value", "pinned", "default", "name"),
    [
        ("values.BooleanValue(True)", ("DJANGO_NAME", "no"), "true", "false"),
        ("values.IntegerValue(3)", ("DJANGO_NAME", "12"), "3", "12"),
        ("values.Value('a', environ_prefix='APP_')", ("APP_NAME", "b"), "a", "b"),
        ("values.Value('a', environ_prefix=None)", ("NAME", "b"), "a", "b"),
        ("values.Value('a', environ_name='OTHER')", ("DJANGO_OTHER", "b"), "a", "b"),
        ("values.Value('a', environ=False)", ("DJANGO_NAME", "b"), "a", "a"),
        ("values.ListValue(['a'])[0]", ("DJANGO_NAME", "b"), None, None),
        ("values.ListValue(['a', 'b'])", ("DJANGO_NAME", "c, d"), "a_b", "c_d"),
        ("values.SecretValue()", ("DJANGO_NAME", "s"), None, "s"),
    ],
)
def test_values_read_the_environment(
    project: Path, value: str, pinned: tuple[str, str], default: str | None, name: str | None
) -> None:
    settings(project, VALUES.format(value))
    found = run_json(project, "show")
    shown = [trigger["name"] for trigger in found["triggers"]]
    assert shown == ([] if default is None else [f"t_{default}"])
    assert bool(found["unresolved"]) is (default is None)
    key, text = pinned
    write(project, {"pyproject.toml": PINS.format("Dev") + f'{key} = "{text}"\n'})
    found = run_json(project, "show")
    shown = [trigger["name"] for trigger in found["triggers"]]
    assert shown == ([] if name is None else [f"t_{name}"])


def test_hooks_are_followed(project: Path) -> None:
    settings(
        project,
        """
        import tempfile

        from configurations import Configuration


        class Dev(Configuration):
            TRIGGER_NAME = "before"

            @classmethod
            def pre_setup(cls):
                super().pre_setup()
                cls.MEDIA_ROOT = tempfile.mkdtemp()
                cls.INSTALLED_APPS = ["pgtrigger"]

            @classmethod
            def setup(cls):
                super().setup()
                cls.INSTALLED_APPS.append("parcels")
                cls.TRIGGER_NAME = "after"
        """,
    )
    assert triggers(project) == ["parcels.Parcel:after"]


@pytest.mark.parametrize(
    "line", ["if unknown():\n    return None", "for name in unknown():\n    return unknown()"]
)
def test_a_hook_that_is_not_followed_leaves_nothing_known(project: Path, line: str) -> None:
    body = "".join(f"        {part}\n" for part in line.splitlines())
    settings(
        project,
        "from configurations import Configuration\nfrom elsewhere import unknown\n\n"
        "class Dev(Configuration):\n    INSTALLED_APPS = ['pgtrigger', 'parcels']\n"
        f"    TRIGGER_NAME = 'x'\n\n    @classmethod\n    def setup(cls):\n{body}",
    )
    outcome = run_cli(project, "show")
    assert outcome.exit_code == 2
    assert "INSTALLED_APPS" in outcome.stderr


@pytest.mark.parametrize("raising", ["raise ValueError", "return 1 / 0", "1 / 0"])
def test_a_hook_that_may_raise_has_not_where_django_starts(project: Path, raising: str) -> None:
    settings(
        project,
        f"""
        from configurations import Configuration
        from elsewhere import unknown


        class Dev(Configuration):
            INSTALLED_APPS = ["pgtrigger", "parcels"]
            TRIGGER_NAME = "x"

            @classmethod
            def setup(cls):
                if unknown():
                    {raising}
        """,
    )
    assert triggers(project) == ["parcels.Parcel:x"]


OWN = """
    import inspect
    import sys


    class Settings:
        @classmethod
        def load(cls, module_name):
            self = cls()
            module = sys.modules[module_name]
            for member, value in inspect.getmembers(self):
                if member.isupper() and not member.startswith("_"):
                    {0}
                    setattr(module, member, value)


    class Dev(Settings):
        CACHES = {{"default": unknown()}}

        @property
        def INSTALLED_APPS(self):
            return ["pgtrigger", "parcels", *self.MORE]

        MORE = []
        TRIGGER_NAME = "own"


    Dev.load(__name__)
"""


def test_a_loader_of_ones_own_sets_names_of_the_module(project: Path) -> None:
    settings(project, OWN.format("pass"))
    assert triggers(project) == ["parcels.Parcel:own"]


def test_a_loader_that_does_not_come_to_its_end_leaves_nothing_known(project: Path) -> None:
    settings(project, OWN.format("value = 1 / unknown() if member == 'MORE' else 1 / 0"))
    outcome = run_cli(project, "show")
    assert outcome.exit_code == 2
    assert "INSTALLED_APPS of `config.settings` cannot be read" in outcome.stderr
