"""Columns and tables that migrations make or keep by SQL, and that no model has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.project_files import text_of


def made_by_hand(analysis: Analysis, app_label: str, name: str) -> bool:
    """Whether a migration that goes its own ways speaks of a column or table of that name.

    Asks the migrations of the project and of that app. Read as text, and only for names that seem
    to be missing: what an `ALTER TABLE` in an `.sql` file or behind a condition does cannot always
    be told. Only the functions of triggers do not count: they are where the name is missing.
    """
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    return any(
        word.search(text) and word.search(_TRIGGER_FUNCTION.sub("", text))
        for text in _raw_texts(analysis, app_label)
    )


def table_made_by_hand(analysis: Analysis, app_label: str, name: str) -> bool:
    """Whether such a migration makes a table or a view of that name, or calls one so.

    For a name that a table had: what was done to it under that name, such as to give it a trigger,
    does not bring it back.
    """
    made = re.compile(
        r"(\b(TABLE|VIEW)\s+(IF\s+NOT\s+EXISTS\s+)?|\bRENAME\s+TO\s+|\bINTO\s+)"
        rf"[\\\"'\w.]*?(?<!\w){re.escape(name)}(?!\w)",
        re.IGNORECASE,
    )
    altered = re.compile(r"\b(ALTER|DROP|LOCK)\s+(TABLE|VIEW)\b", re.IGNORECASE)
    return any(
        made.search(altered.sub("", _TRIGGER_FUNCTION.sub("", text)))
        for text in _raw_texts(analysis, app_label)
        if name.lower() in text.lower()
    )


_DEFINES = re.compile(r"\b(CREATE|ALTER)\b", re.IGNORECASE)
_TRIGGER_FUNCTION = re.compile(
    r"""
      \bRETURNS\W+trigger\b.*?(?P<tag>\$\w*\$).*?(?P=tag)
    | \bfunc=(?P<quote>[\"'])(?:\\.|(?!(?P=quote)).)*(?P=quote)  # of django-pgtrigger's migrations
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


# The last makes or keeps columns of which Django's state, and so the models, know nothing.
_BY_HAND = ("RunSQL", "execute(", "SeparateDatabaseAndState")


def _raw_texts(analysis: Analysis, app_label: str) -> Iterator[str]:
    for app in analysis.project.apps.values():
        if not app.first_party and app.label != app_label:
            continue
        migrations = sorted(app.migrations_dir.glob("*.py")) if app.migrations_dir else []
        for path in [*migrations, *sorted(app.path.rglob("*.sql"))]:
            text = text_of(path)
            if path.suffix == ".sql":
                if _DEFINES.search(text):  # else it may be the body in question
                    yield text
            elif any(word in text for word in _BY_HAND):
                yield text
