"""The monorepo with ten popular packages in its environment: `python -m benchmarks --packages`.

Settings and models import from all of them, as those of real projects do. Most of what the packages
do when they are imported matters to no trigger.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from benchmarks import monorepo

PACKAGES = (
    "celery",
    "django-cors-headers",
    "django-filter",
    "django-model-utils",
    "django-phonenumber-field[phonenumbers]",
    "django-storages",
    "djangorestframework",
    "pydantic",
    "requests",
    "sentry-sdk",
)
# Those that ours runs with: both sides then read the same.
_OURS = ("Django", "django-pgtrigger", "psycopg", "psycopg-binary")

_SETTINGS = """
import sentry_sdk
from corsheaders.defaults import default_headers

sentry_sdk.init(dsn=None)
CORS_ALLOW_HEADERS = (*default_headers, "x-request")
INSTALLED_APPS += ["corsheaders", "django_filters", "phonenumber_field", "rest_framework"]
INSTALLED_APPS += ["partners"]
"""

_MODELS = '''\
import pgtrigger
import requests
from celery import shared_task
from django.db import models
from django_filters import FilterSet
from model_utils.models import TimeStampedModel
from phonenumber_field.modelfields import PhoneNumberField
from pydantic import BaseModel
from rest_framework import serializers
from storages.utils import clean_name


class Address(BaseModel):
    """What a partner's server answers."""

    street: str
    number: int = 1


def place(instance, name):
    return clean_name(name)


class Partner(TimeStampedModel):
    name = models.CharField(max_length=80)
    phone = PhoneNumberField(blank=True)
    photo = models.FileField(upload_to=place)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="fixed", exclude=["phone", "photo"]),
        ]


class PartnerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Partner
        fields = ["name", "phone"]


class PartnerFilter(FilterSet):
    class Meta:
        model = Partner
        fields = ["name"]


@shared_task
def ask(partner):
    return Address(**requests.get("https://example.com", timeout=9).json())
'''


@contextmanager
def project(apps: int) -> Iterator[tuple[Path, Path]]:
    """Gives the folder of a project, and that of its environment, until the end of the block.

    Raises:
        CalledProcessError: The packages cannot be installed, or Django does not start with them.
    """
    with tempfile.TemporaryDirectory() as place:
        folder, environment = Path(place, "project"), Path(place, "environment")
        monorepo.write(folder, monorepo.Size(apps))
        with (folder / "config/settings.py").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        for name, text in (("__init__", ""), ("models", _MODELS), ("migrations/__init__", "")):
            path = folder / f"partners/{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _run(sys.executable, "-m", "venv", str(environment))
        python = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        ours = [f"{name}=={metadata.version(name)}" for name in _OURS]
        _run(python, "-m", "pip", "install", "-q", *ours, *PACKAGES)
        _run(python, "manage.py", "makemigrations", folder=folder)
        yield folder, environment


def _run(*command: str, folder: Path | None = None) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  (ours)
