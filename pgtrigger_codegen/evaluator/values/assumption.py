"""Values that are assumed, and listed in the output."""

from __future__ import annotations

import re

from msgspec import Struct

from pgtrigger_codegen.source.span import Span


class Assumption(Struct, frozen=True, order=True):
    """A value that does not follow from source alone, with the assumed value.

    Attributes:
        name: What the assumption is about: an environment variable, or a question.
        value: The value taken, as text.
        span: Where the source asks for it.
    """

    name: str
    value: str
    span: Span

    @property
    def shown(self) -> str:
        """The value as it is printed: a default is in the source, but logs travel further."""
        return masked(self.name, self.value)


HIDDEN = "…"

_SECRET_NAME = re.compile(
    r"pass|secret|key|token|url|uri|dsn|credential|auth|salt|signature|private"
    r"|conn(?!ection\.vendor)",  # the kind of a database is none
    re.IGNORECASE,
)
# `scheme://user:password@host`
_PASSWORD_IN_URL = re.compile(r"([a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+(?=@)", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"""
    -----BEGIN | \b(gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|sk-|rk_live_|AKIA|ASIA|eyJ)\w
    | \b(password|passwd|pwd|secret|token|api_?key)\s*[=:]
    """,
    re.VERBOSE | re.IGNORECASE,
)


def masked(name: str, value: str) -> str:
    """A value as it is printed under a name: nothing that looks like a credential."""
    if value == "" or value in ("True", "False", "None"):
        return value
    if _SECRET_VALUE.search(value):
        return HIDDEN
    if (shown := _PASSWORD_IN_URL.sub(rf"\1{HIDDEN}", value)) != value:
        return shown
    return HIDDEN if _SECRET_NAME.search(name) else value
