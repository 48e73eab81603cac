"""Stage certificate: a gap is an unread place, with the triggers that it may hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind
from pgtrigger_codegen.triggers.compiled import Cause, UnresolvedTrigger

Scope = Literal["everything", "other-apps", "app", "table", "trigger"]


class Concern(Struct, frozen=True, order=True):
    """Which triggers a gap may hide.

    Attributes:
        scope: `everything`; `other-apps`, those of apps that are not known at all; `app`, those
            that one app declares, on its own tables or on others; `table`, those on one table;
            `trigger`, those of one name.
        name: The app's label, the model's `db_table` or the trigger's name.
    """

    scope: Scope
    name: str = ""

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}" if self.name else self.scope

    @property
    def words(self) -> str:
        """What may be hidden, for a sentence."""
        match self.scope:
            case "everything":
                return "any trigger"
            case "other-apps":
                return "triggers of unknown apps"
            case "app":
                return f"triggers of app `{self.name}`"
            case "table":
                return f"triggers on table `{self.name}`"
            case "trigger":
                return f"a trigger named `{self.name}`"


EVERYTHING = Concern("everything")
OTHER_APPS = Concern("other-apps")


class Gap(Struct, frozen=True):
    """A place that was not read, and that may declare triggers.

    Attributes:
        reason: In words, a clause that can follow a colon.
        span: Where to look; None where there is no place.
        cause: What is wrong with the declaration; None where the kind says all there is to say.
        apps: Labels of the apps of the project whose declarations are incomplete because of the
            gap; None for all. Nothing is written for those.
        blocks: Whether triggers of the project's own apps are certainly affected, so that no
            command may say that nothing is missing.
        package: For an import, dotted name of what is missing as a whole; for a call that declares
            triggers, the library that is called.
    """

    kind: GapKind
    reason: str
    concerns: Concern
    span: Span | None = None
    cause: Cause | None = None
    apps: frozenset[str] | None = frozenset()
    blocks: bool = True
    package: str | None = None

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Gaps are listed by place, then by all else: never by chance."""
        apps = self.apps is None, *sorted(self.apps or ())
        place = self.span is None, self.span or ()
        return (*place, self.kind, self.reason, self.concerns, self.cause or "", apps, self.blocks)

    def is_in(self, app_label: str) -> bool:
        """Whether the app's declarations are incomplete because of it."""
        return self.apps is None or app_label in self.apps

    def touches(self, app_label: str) -> bool:
        """Whether triggers that the app declares may be hidden."""
        return self.is_in(app_label) or self.concerns in (EVERYTHING, Concern("app", app_label))


def other_gaps(gaps: Iterable[Gap], unresolved: Iterable[UnresolvedTrigger]) -> Iterator[Gap]:
    """The gaps beside those that are told as triggers which could not be compiled."""
    told = {(item.span, item.reason) for item in unresolved}
    return (gap for gap in gaps if (gap.span, gap.reason) not in told)
