"""Listeners of django-pgpubsub give the triggers of a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.history import analyzed
from tests.support.cli import run_json
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers

_MODELS = """
from django.db import models

class Author(models.Model):
    name = models.CharField(max_length=20)

class Post(models.Model):
    title = models.CharField(max_length=20)

class Child(Post):
    note = models.TextField()
"""
_CHANNELS = """
from dataclasses import dataclass

import pgpubsub
from pgpubsub import TriggerChannel
from pgpubsub.channel import Channel
from shop.models import Author, Child, Post


@dataclass
class AuthorChannel(TriggerChannel):
    model = Author


@dataclass
class LockedChannel(TriggerChannel):
    model = Post
    lock_notifications = True


class DerivedChannel(LockedChannel):
    model = Child


@dataclass
class Plain(Channel):
    text: str
"""
_LISTENERS = """
import pgpubsub
import pgtrigger
from pgpubsub.listeners import listener, post_save_listener, pre_insert_listener
from shop import channels


@pgpubsub.post_insert_listener(channels.AuthorChannel)
def first(old, new):
    raise ValueError


# The model has the trigger of that channel already.
@pgpubsub.post_delete_listener(channels.AuthorChannel)
def second(old, new):
    raise ValueError


@post_save_listener(channel=channels.LockedChannel)
def third(old, new):
    raise ValueError


pre_insert_listener(channels.DerivedChannel)(first)


@listener(channels.Plain)
def fourth(text):
    raise ValueError


@pgpubsub.trigger_listener(
    "shop.channels.AuthorChannel", trigger=pgtrigger.Protect(name="own", operation=pgtrigger.Delete)
)
def fifth(old, new):
    raise ValueError
"""
_APPS = """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        import shop.listeners
"""
_SETTINGS = 'INSTALLED_APPS += ["pgpubsub"]\n'


def _files(channels: str = _CHANNELS, listeners: str = _LISTENERS) -> dict[str, str]:
    return {
        "shop/channels.py": channels,
        "shop/listeners.py": listeners,
        "shop/apps.py": _APPS,
    }


def test_listeners_register_what_they_register_in_django(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, _MODELS, settings=_SETTINGS, files=_files())

    assert [one.reason for one in analysis.unresolved] == []
    assert not analysis.certificate.gaps
    theirs = [
        trigger
        for trigger in registered_triggers(DjangoProject(tmp_path))
        if not trigger.uri.startswith("pgpubsub.")  # of its own model, in its own migrations
    ]
    assert len(theirs) == 4
    assert [(one.uri, one.pgid, one.hash, one.table) for one in analysis.triggers] == [
        (one.uri, one.pgid, one.hash, one.table) for one in theirs
    ]
    shown = run_json(tmp_path, "show")["triggers"]
    assert {one["origin"] for one in shown} == {"provider"}
    assert {one["path"] for one in shown} == {"shop/listeners.py"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    model = Author", "    model = unknown()", "elsewhere.unknown"),
        ("    model = Author", ("    model = Author\n    @classmethod\n    def name(cls):\n"
         "        return 'x'"), "a `name` of its own"),
        ("class AuthorChannel(TriggerChannel)", "class AuthorChannel", "not a class that derives"),
    ],
)  # fmt: skip
def test_a_channel_that_is_not_known_is_named(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    channels = f"from elsewhere import unknown\n{_CHANNELS.replace(old, new)}"
    analysis = analyzed(tmp_path, _MODELS, settings=_SETTINGS, files=_files(channels))

    # Three listeners ask for it.
    assert len([one for one in analysis.unresolved if reason in one.reason]) == 3
    assert {one.uri.partition(":")[0] for one in analysis.triggers} == {"shop.Post", "shop.Child"}
    assert analysis.certificate.gaps
