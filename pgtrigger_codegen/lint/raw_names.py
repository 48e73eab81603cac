"""Columns and tables that migrations make with SQL of their own, which no model has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def made_by_hand(analysis: Analysis, trigger: CompiledTrigger, name: str) -> bool:
    """Whether a migration with raw SQL speaks of a column or table of that name.

    Read as text, and only for names that seem to be missing: what an `ALTER TABLE` in an `.sql`
    file or behind a condition does cannot always be told.
    """
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    return any(word.search(text) for text in _raw_texts(analysis, trigger))


def _raw_texts(analysis: Analysis, trigger: CompiledTrigger) -> Iterator[str]:
    for app in analysis.project.apps.values():
        if not app.first_party and app.label != trigger.app_label:
            continue
        migrations = sorted(app.migrations_dir.glob("*.py")) if app.migrations_dir else []
        for path in [*migrations, *sorted(app.path.rglob("*.sql"))]:
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix == ".sql" or "RunSQL" in text or "execute(" in text:
                yield text
