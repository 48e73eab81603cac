"""Values that were assumed, as they are printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.assumption import masked
from tests.support.cli import run_cli
from tests.support.projects import copy_project


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("PGDATABASE", "shop", "shop"),
        ("DEBUG", "True", "True"),
        ("USE_TOKENS", "False", "False"),
        ("SECRET_KEY", "django-insecure", "…"),
        ("API_TOKEN", "x", "…"),
        ("DATABASE_PASSWORD", "x", "…"),
        ("DB", "postgres://user:hunter2@host:5432/shop", "postgres://user:…@host:5432/shop"),
        ("CACHE", "redis://:hunter2@host/0", "redis://:…@host/0"),
        ("BROKERS", "amqp://a:hunter2@h,amqp://b:hunter2@h", "amqp://a:…@h,amqp://b:…@h"),
        ("DB", "host=h password=hunter2", "…"),
        ("DB", "host=h Password = hunter2", "…"),
        ("ROBOT", "ghp_hunter2hunter2", "…"),
        ("AMAZON", "AKIAIOSFODNN7EXAMPLE", "…"),
        ("PEM", "-----BEGIN PRIVATE KEY-----\nhunter2", "…"),
        ("SERVICE", "eyJhbGciOiJIUzI1NiJ9.e30.x", "…"),
        ("PORT", "5432", "5432"),
        ("API_KEY", "", ""),
    ],
)
def test_what_looks_like_a_credential_is_hidden(name: str, value: str, shown: str) -> None:
    assert masked(name, value) == shown


def test_how_many_are_printed(tmp_path: Path) -> None:
    project = copy_project("shop", tmp_path)
    settings = project / "shop" / "settings.py"
    more = "".join(f"PGTRIGGER_{n} = os.environ.get('NUMBER_{n}', '{n}')\n" for n in range(11))
    settings.write_text(f"{settings.read_text()}\n{more}")

    usual, quiet, verbose = (
        run_cli(project, *option, "show").stderr.splitlines() for option in ((), ("-q",), ("-v",))
    )

    assert usual[0].startswith("note: 11 values are assumed")
    assert len([line for line in verbose if line.startswith("note: assumed ")]) == 12
    # What was found is said in any case.
    assert quiet == usual[1:] == verbose[12:]
    assert run_cli(project, "-q", "-v", "show").exit_code == 2


@pytest.mark.usefixtures("one_analysis")
@pytest.mark.parametrize(
    ("settings", "models", "is_printed"),
    [
        ("MAIL_HOST = os.environ.get('MAIL', 'h')", "", False),
        ("INSTALLED_APPS += [os.environ.get('MAIL', 'django.contrib.sites')]", "", True),
        ("if os.environ.get('MAIL', ''):\n    INSTALLED_APPS += ['a']", "", True),
        ("USE_TZ = os.environ.get('MAIL', '1') == '1'", "", True),
        ("DATABASES['default']['HOST'] = os.environ.get('MAIL', 'h')", "", False),
        ("MAIL_HOST = os.environ.get('MAIL', 'h')", "NAME = settings.MAIL_HOST", True),
        ("MAIL_HOST = os.environ.get('MAIL', 'h')", "NAME = settings.MAIL", False),
        ("", "NAME = os.environ.get('MAIL', 'h')", True),
    ],
)
def test_what_the_output_depends_on_is_printed(
    settings: str, models: str, is_printed: bool, tmp_path: Path
) -> None:
    project = copy_project("shop", tmp_path)
    file = project / "shop" / "settings.py"
    file.write_text(f"{file.read_text()}\n{settings}\n")
    more = project / "shop" / "customers" / "models.py"
    imports = "import os\nfrom django.conf import settings\n"
    more.write_text(f"{more.read_text()}\n{imports if models else ''}{models}\n")

    usual, verbose = (run_cli(project, *option, "show").stderr for option in ((), ("-v",)))

    assert ("assumed MAIL = " in usual) is is_printed
    assert "assumed MAIL = " in verbose


@pytest.mark.parametrize(
    "command",
    [("show",), ("show", "--output-format", "json"), ("config",), ("lint",), ("diff",)],
    ids=" ".join,
)
def test_no_output_has_them(tmp_path: Path, command: tuple[str, ...]) -> None:
    project = copy_project("shop", tmp_path)
    settings = project / "shop" / "settings.py"
    settings.write_text(
        f"{settings.read_text()}\n"
        "PGTRIGGER_A = os.environ.get('BACKEND', 'postgres://u:hunter2@h/d')\n"
        "PGTRIGGER_B = os.environ.get('SECRET_KEY', 'hunter2')\n"
    )
    pyproject = project / "pyproject.toml"
    table = pyproject.read_text() if pyproject.exists() else ""
    pyproject.write_text(f"{table}\n[tool.pgtrigger-codegen.env]\nMAIL_PASSWORD = 'hunter2'\n")

    outcome = run_cli(project, *command)

    assert "hunter2" not in outcome.stdout + outcome.stderr
    assert command != ("show",) or "assumed SECRET_KEY = '…'" in outcome.stderr
