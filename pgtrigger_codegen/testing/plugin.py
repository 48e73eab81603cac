"""The plugin of pytest: installs triggers in each test database, where the project asks for it.

pytest imports this module in every run, of other projects too. So it imports neither Django nor the
other stages, and does nothing unless `pgtrigger_install` is set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.testing.installing import TriggersNotInstalledError, install_triggers

_FIXTURE = "django_db_setup"
"""Of pytest-django, or of the project in its place: makes the test databases, once in a process."""

_VALUES = ("off", "strict", "readable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the settings."""
    parser.addini(
        "pgtrigger_install",
        "install the triggers of Django models in each test database, from source: `strict`; "
        "`readable` if some source cannot be read; or `off`",
        default="off",
    )
    parser.addini(
        "pgtrigger_project",
        "the Django project's folder, where that is not the one of pytest's configuration",
        default=".",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begins to watch for test databases, if asked to."""
    value = str(config.getini("pgtrigger_install")).strip().lower()
    if value not in _VALUES:
        raise pytest.UsageError(
            f"pgtrigger_install is {value!r}, and has to be one of {', '.join(_VALUES)}"
        )
    if value != "off":
        folder = config.rootpath / str(config.getini("pgtrigger_project"))
        installer = _Installer(folder, allow_unread=value == "readable")
        config.pluginmanager.register(installer, "pgtrigger_codegen_installer")


class _Installer:
    """Lets the fixture that makes the databases install the triggers, too."""

    def __init__(self, folder: Path, *, allow_unread: bool) -> None:
        self._folder = folder
        self._allow_unread = allow_unread

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> None:
        """Changes the function of the fixture, so that pytest remembers a failure as its own."""
        if fixturedef.argname == _FIXTURE and not hasattr(fixturedef.func, "installs_triggers"):
            unblocked = _unblocking(request)
            function = self._installing(fixturedef.func, unblocked)
            function.installs_triggers = True  # type: ignore[attr-defined]
            fixturedef.func = function  # type: ignore[misc]

    def _installing(
        self, function: Callable[..., Any], unblocked: Callable[[], AbstractContextManager[Any]]
    ) -> Callable[..., Any]:
        """The function of the fixture, which installs triggers once the databases are there."""

        def installing(*arguments: Any, **options: Any) -> Iterator[Any]:
            before = _names()
            made = function(*arguments, **options)
            is_generator = hasattr(made, "__next__")
            value = next(made) if is_generator else made
            try:
                with unblocked():
                    self._install(before)
                yield value
            finally:
                if is_generator:
                    next(made, None)

        return installing

    def _install(self, before: dict[str, str]) -> None:
        """Installs triggers in the databases that were made for tests, and in no other.

        Raises:
            TriggersNotInstalledError: No database was made; or as `install_triggers`.
        """
        from django.db import connections

        made = [alias for alias, name in before.items() if _name(alias) == _test_name(alias, name)]
        if before and not made:
            raise TriggersNotInstalledError(
                f"the fixture {_FIXTURE} has made no test database, so no triggers were installed: "
                "call pgtrigger_codegen.testing.install_triggers() where the database is made, and "
                "set pgtrigger_install = off"
            )
        done = set()
        for alias in made:
            settings = connections[alias].settings_dict
            place = (settings["NAME"], settings.get("HOST"), settings.get("PORT"))
            if connections[alias].vendor == "postgresql" and place not in done:
                done.add(place)
                install_triggers(alias, project=self._folder, allow_unread=self._allow_unread)


def _names() -> dict[str, str]:
    """Names of the databases that Django would connect to now, by alias."""
    from django.db import connections

    return {alias: _name(alias) for alias in connections}


def _name(alias: str) -> str:
    from django.db import connections

    return str(connections[alias].settings_dict.get("NAME") or "")


def _test_name(alias: str, name: str) -> str:
    """The name of the database that Django makes for tests of one with that name."""
    from django.db import connections

    given = connections[alias].settings_dict.get("TEST", {}).get("NAME")
    return str(given) if given else f"test_{name}"


def _unblocking(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[Any]]:
    """What lets this process use databases, where pytest-django keeps it from them."""
    try:
        blocker = request.getfixturevalue("django_db_blocker")
    except pytest.FixtureLookupError:
        return nullcontext
    unblock: Callable[[], AbstractContextManager[Any]] = blocker.unblock
    return unblock
