from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest

from pgtrigger_codegen.project.site_packages import own_site_packages
from pgtrigger_codegen.project.versions import Installed, project_versions, version_notices

LOCKS = {
    "uv.lock": '[[package]]\nname = "django"\nversion = "4.2.9"\n',
    "poetry.lock": '[[package]]\nname = "Django"\nversion = "4.2.9"\n',
    "pylock.toml": '[[packages]]\nname = "django"\nversion = "4.2.9"\n',
    "Pipfile.lock": json.dumps({"default": {"django": {"version": "==4.2.9"}}}),
}


@pytest.mark.parametrize("name", LOCKS)
def test_reads_lock_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(LOCKS[name])

    assert project_versions([tmp_path], []) == {"django": Installed("django", "4.2.9", name)}


@pytest.mark.parametrize("written", ["d\\u006aango", "DJANGO", "Django"])
def test_reads_names_in_lock_files_however_they_are_written(tmp_path: Path, written: str) -> None:
    (tmp_path / "uv.lock").write_text(LOCKS["uv.lock"].replace("django", written))

    assert project_versions([tmp_path], []) == {"django": Installed("django", "4.2.9", "uv.lock")}


def test_does_not_parse_lock_files_that_name_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib" / "django-4.2.8.dist-info").mkdir(parents=True)
    text = LOCKS["uv.lock"] + '[[package]]\nname = "django-other"\nversion = "4.2"\n'
    (tmp_path / "uv.lock").write_text(text)
    monkeypatch.setattr("tomllib.loads", lambda text: pytest.fail("it was parsed"))

    found = project_versions([tmp_path], [tmp_path / "lib"])

    assert found == {"django": Installed("django", "4.2.8", "site-packages")}


def test_reads_pins_in_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text(
        "# django==1.0\nDjango[argon2]==5.0.1  # why\n"
        "psycopg2_binary == 2.9.9 ; python_version > '3'\n"
        "requests==2.0\ndjango-pgtrigger~=4\npsycopg2~=2.9.1\n"
    )

    assert project_versions([tmp_path], []) == {
        "django": Installed("django", "5.0.1", "requirements/base.txt"),
        "psycopg2": Installed("psycopg2", "2.9.1", "requirements/base.txt"),
        "psycopg2-binary": Installed("psycopg2-binary", "2.9.9", "requirements/base.txt"),
    }


def test_what_is_installed_counts_before_what_is_locked(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCKS["uv.lock"])
    site = tmp_path / "site-packages"
    (site / "django-5.1.2.dist-info").mkdir(parents=True)
    (site / "django_pgtrigger-4.11.0.dist-info").mkdir()

    assert project_versions([tmp_path], [site]) == {
        "django": Installed("django", "5.1.2", "site-packages"),
        "django-pgtrigger": Installed("django-pgtrigger", "4.11.0", "site-packages"),
    }


def test_names_versions_that_differ(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("django==4.2\npsycopg2==2.9.9\n")

    django, psycopg = version_notices(project_versions([tmp_path], []))

    ours = metadata.version("django")
    assert f"Django 4.2 (requirements.txt), but pgtrigger-codegen runs with Django {ours}" in django
    assert "psycopg2 2.9.9 (requirements.txt)" in psycopg


def test_says_nothing_of_the_same_minor_version(tmp_path: Path) -> None:
    minor = ".".join(metadata.version("django").split(".")[:2])
    (tmp_path / "requirements.txt").write_text(f"django=={minor}.0\npsycopg==3.1\n")

    assert list(version_notices(project_versions([tmp_path], []))) == []


def test_our_own_environment_says_nothing_of_the_project(tmp_path: Path) -> None:
    assert project_versions([tmp_path], own_site_packages()) == {}


def test_a_lock_file_that_does_not_parse_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("[[package")
    (tmp_path / "Pipfile.lock").write_text("[]")

    assert project_versions([tmp_path], []) == {}
