"""A model's fields are those of a real Django process, in the same order."""

from __future__ import annotations

from pathlib import Path

from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed


def test_bases_of_other_packages_and_custom_fields(tmp_path: Path) -> None:
    ours = analyzed(
        tmp_path,
        """
        import pgtrigger
        from django.contrib.auth.models import AbstractUser
        from django.db import models
        from shop.kinds import Kind

        class Member(AbstractUser):
            kind = Kind(max_length=3)
            nick = models.TextField()

            class Meta:
                # Every other field is named in the condition, one after the other.
                triggers = [pgtrigger.ReadOnly(name="fixed", exclude=["username"])]
        """,
        {
            "settings.py": """
            SECRET_KEY = "x"
            INSTALLED_APPS = [
                "django.contrib.contenttypes", "django.contrib.auth", "pgtrigger", "shop"
            ]
            DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
            AUTH_USER_MODEL = "shop.Member"
            """,
            "shop/kinds.py": """
            from django.db import models

            class Kind(models.CharField):
                def __init__(self, *args, **kwargs):
                    super().__init__(*args, db_column="kind_column", **kwargs)
            """,
        },
    )
    [theirs] = registered_triggers(DjangoProject(tmp_path))
    [trigger] = ours.triggers

    assert trigger.hash == theirs.hash
    names = [part.partition('"')[0] for part in trigger.parts.condition.split('OLD."')[1:]]
    assert names[:4] == ["id", "password", "last_login", "is_superuser"]
    assert names[-2:] == ["kind_column", "nick"]


def test_a_field_of_a_package_that_calls_django_s_own_by_its_class(tmp_path: Path) -> None:
    ours = analyzed(
        tmp_path,
        """
        import pgtrigger
        from django.db import models

        class Created(models.DateTimeField):
            def __init__(self, *args, **kwargs):
                kwargs.setdefault("auto_now_add", True)
                models.DateTimeField.__init__(self, *args, **kwargs)

        class Order(models.Model):
            created = Created(db_column="made")

            class Meta:
                triggers = [pgtrigger.ReadOnly(name="fixed", fields=["created"])]
        """,
    )
    assert [trigger.columns for trigger in ours.triggers] == [("made",)]
