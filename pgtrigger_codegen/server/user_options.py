"""The options that a user can set in the editor: few, and none that names a program or a path."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pgtrigger_codegen.project.config import is_dotted_name
from pgtrigger_codegen.source.escaping import one_line

DEBOUNCE = 0.05
_LONGEST = 10.0


class UserOptions(Struct, frozen=True):
    """What the user wants.

    Attributes:
        settings: Settings module, in place of the one found.
        debounce: Seconds without an edit after which a run begins.
    """

    settings: str | None = None
    debounce: float = DEBOUNCE


def user_options(given: object) -> tuple[UserOptions, list[str]]:
    """The options, and what is wrong with those that cannot be used."""
    if given is None:
        return UserOptions(), []
    if not isinstance(given, Mapping):
        return UserOptions(), ["initializationOptions must be an object of options"]
    wrong = [
        f"there is no option {one_line(str(name))!r}: the options are `settings` and `debounce`"
        for name in given
        if name not in ("settings", "debounce")
    ]
    settings, debounce = given.get("settings"), given.get("debounce", DEBOUNCE)
    if settings is not None and not (isinstance(settings, str) and is_dotted_name(settings)):
        wrong.append('`settings` must be a dotted Python name, as in "shop.settings"')
        settings = None
    is_number = isinstance(debounce, int | float) and not isinstance(debounce, bool)
    if not is_number or not 0 <= debounce <= _LONGEST:
        wrong.append(f"`debounce` must be a number of seconds from 0 to {_LONGEST:.0f}")
        debounce = DEBOUNCE
    return UserOptions(settings, float(debounce)), wrong
