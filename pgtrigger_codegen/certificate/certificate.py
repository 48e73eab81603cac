"""Stage certificate: may there be a trigger that was not read?"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.sql.names import QualifiedName, table_name


class Certificate:
    """The unread places of a project, and the triggers that they may hide.

    Attributes:
        stated: Gaps that were met while reading, by place.
    """

    def __init__(
        self,
        stated: Iterable[Gap] = (),
        apps_by_table: Callable[[], Mapping[str, str]] = dict,
        more: Callable[[], Iterable[Gap]] = tuple,
    ) -> None:
        """Takes the gaps.

        Args:
            apps_by_table: Gives the app of each table of the models that were read.
            more: Gives the gaps that it takes work to find, such as bases that are not known.
        """
        self.stated = tuple(sorted({*stated}, key=lambda gap: gap.sort_key))
        self._find_apps_by_table = apps_by_table
        self._find_more = more

    @functools.cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """All gaps, by place."""
        return tuple(sorted({*self.stated, *self._find_more()}, key=lambda gap: gap.sort_key))

    def gaps_of(self, app_label: str) -> tuple[Gap, ...]:
        """The gaps because of which an app's declarations are incomplete."""
        return tuple(gap for gap in self.stated if gap.is_in(app_label))

    @property
    def blocking(self) -> tuple[Gap, ...]:
        """The gaps beside which no command may say that nothing is missing."""
        return tuple(gap for gap in self.stated if gap.blocks)

    def doubt(self, table: QualifiedName, name: str, owner: str | None) -> Gap | None:
        """The first gap that may hide a declaration of a trigger: the decision for all commands.

        Args:
            table: Where the trigger is installed.
            name: Its name in the database (`pgtrigger_protect_1a2b3`).
            owner: The app whose migrations made it; None where none did, so that any app that
                was not read may have declared it.
        """
        return next((gap for gap in self.gaps if self._hides(gap, table, name, owner)), None)

    def _hides(self, gap: Gap, table: QualifiedName, name: str, owner: str | None) -> bool:
        concerns = gap.concerns
        match concerns.scope:
            case "everything":
                return True
            case "other-apps":
                return owner is None
            case "app":
                return owner is None or concerns.name in (owner, self._app_of(table))
            case "table":
                return is_same_table(table, table_name(concerns.name))
            case "trigger":
                return is_named(name, concerns.name)
        assert_never(concerns.scope)

    def _app_of(self, table: QualifiedName) -> str | None:
        return self._apps_by_table.get(table.name)

    @functools.cached_property
    def _apps_by_table(self) -> Mapping[str, str]:
        return {table_name(name).name: app for name, app in self._find_apps_by_table().items()}


def is_same_table(one: QualifiedName, other: QualifiedName) -> bool:
    """Whether two names may mean one table: a name without a schema may be in any."""
    return one.name == other.name and (
        one.schema == other.schema or one.schema is None or other.schema is None
    )


def is_named(installed: str, name: str) -> bool:
    """Whether a trigger in a database may be the one of that URI, or of that name alone."""
    if ":" in name:
        return installed.lower() == installed_name(name)
    return installed.lower().startswith(f"pgtrigger_{name.lower()}_")


def installed_name(uri: str) -> str:
    """The name that django-pgtrigger gives a trigger in the database (`Trigger.get_pgid`)."""
    digest = hashlib.sha1(uri.encode(), usedforsecurity=False).hexdigest()[:5]
    return f"pgtrigger_{uri.rpartition(':')[2]}_{digest}".lower()
