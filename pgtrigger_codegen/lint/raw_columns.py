"""Columns that migrations add with SQL of their own, which no model has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def added_by_hand(analysis: Analysis, trigger: CompiledTrigger, column: str) -> bool:
    """Whether a migration with raw SQL speaks of a column of that name.

    Read as text, and only for columns that seem to be missing: what an `ALTER TABLE` in an
    `.sql` file or behind a condition does cannot always be told.
    """
    word = re.compile(rf"(?<!\w){re.escape(column)}(?!\w)", re.IGNORECASE)
    return any(
        re.search(r"\bADD\b", text, re.IGNORECASE) and word.search(text)
        for text in _raw_texts(analysis, trigger)
    )


def _raw_texts(analysis: Analysis, trigger: CompiledTrigger) -> Iterator[str]:
    for app in analysis.project.apps.values():
        if not app.first_party and app.label != trigger.app_label:
            continue
        migrations = sorted(app.migrations_dir.glob("*.py")) if app.migrations_dir else []
        for path in [*migrations, *sorted(app.path.rglob("*.sql"))]:
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix == ".sql" or "RunSQL" in text or "execute(" in text:
                yield text
