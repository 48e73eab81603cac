"""The facts that every stage notes about code that it could not read.

A trigger that was not read may still be there. So whoever passes something over, in any stage,
notes what, why and where. The certificate (`certificate/`) says what each such fact may concern,
and every command decides from the certificate alone.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pgtrigger_codegen.source.span import Span


class GapKind(StrEnum):
    """The reasons for which something may not have been read. The list is closed.

    A stage that finds a new way to miss something adds a kind here, says in
    `certificate/concerns.py` what it may concern, and in `tests/cli/test_gap_table.py` how to
    provoke it.
    """

    UNREADABLE_FILE = "unreadable-file"
    """A file or folder that cannot be opened, or is not what its name says."""
    REFUSED_FILE = "refused-file"
    """A file that is not read by rule: it lies outside of the project, or is too large."""
    SYNTAX_ERROR = "syntax-error"
    """A file that does not parse, or cannot be decoded."""
    READING_FAILED = "reading-failed"
    """A module at which this tool itself failed."""
    MISSING_IMPORT = "missing-import"
    """An import of the project's own code that leads nowhere."""
    DYNAMIC_IMPORT = "dynamic-import"
    """An import of modules whose names are not known."""
    MISSING_MODELS = "missing-models"
    """An app without a `models` module although its migrations make models."""
    APP_NOT_FOUND = "app-not-found"
    """An installed app that was not found."""
    SETTINGS_NOT_FOUND = "settings-not-found"
    """No settings module was found, so that the installed apps are not known."""
    UNKNOWN_SETTING = "unknown-setting"
    """A setting that depends on something unknown, such as a part of `INSTALLED_APPS`."""
    ASSUMED_BRANCH = "assumed-branch"
    """A branch that was not taken because of a value that was only assumed."""
    LIMIT_PASSED = "limit-passed"
    """An evaluation that was given up because it would take too long."""
    MISSING_PROVIDER = "missing-provider"
    """A library that registers triggers and that cannot be asked which."""
    UNRESOLVED_DECLARATION = "unresolved-declaration"
    """A declaration of triggers that cannot be compiled."""
    UNREAD_BASE = "unread-base"
    """A base class, decorator or hook of a model, or an `AppConfig`, that was not read."""
    UNREACHED_SITE = "unreached-site"
    """A declaration that stands in the source where Django does not come by."""
    UNACCOUNTED_SITE = "unaccounted-site"
    """A declaration in the source of which the analysis has no account."""


UNKNOWN_APP = "*"
"""In place of an app's label: any app that is not known to be installed."""


class Unread(Struct, frozen=True):
    """One thing that was not read.

    Attributes:
        reason: In words, a clause that can follow a colon.
        span: The place to look at: the import, the branch, the file; None without one.
        app: Label of the app that it is about; None where the place says that.
        certain: Whether code of the project is certainly concerned, and not only perhaps.
        package: For an import, dotted name of what is missing as a whole; for a call that declares
            triggers, the library that is called.
    """

    kind: GapKind
    reason: str
    span: Span | None = None
    app: str | None = None
    certain: bool = True
    package: str | None = None
