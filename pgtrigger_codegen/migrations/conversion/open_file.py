"""Stage migrations: a migration file while its operations are being replaced."""

from __future__ import annotations

from django.db.migrations import operations
from msgspec import Struct, field
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.migrations.conversion.outcome import ConvertedOperation
from pgtrigger_codegen.migrations.conversion.sql import run_sql
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sites import MigrationSource
from pgtrigger_codegen.source.edits import SourceEdits, module_name


class OpenFile(Struct):
    """A file while it is being converted.

    Attributes:
        runsql: What it calls `RunSQL` (`migrations.RunSQL`).
    """

    key: Key
    source: MigrationSource
    edits: SourceEdits
    runsql: str
    operations: list[ConvertedOperation] = field(default_factory=list)

    def run_sql(self, sql: str, reverse: str | None, model_name: str, uri: str) -> Code:
        return Code(self.runsql, sql, reverse, model_name, uri)


class Code(Struct, frozen=True):
    """A `RunSQL`, rendered when its indentation is known."""

    runsql: str
    sql: str
    reverse: str | None
    model_name: str
    uri: str

    def __call__(self, indent: str) -> str:
        return run_sql(self.runsql, self.sql, self.reverse, self.model_name, self.uri, indent)


def open_file(key: Key, source: MigrationSource) -> OpenFile | None:
    """The file as something to change; None when there is nothing in it that could need it."""
    kinds = (AddTrigger, RemoveTrigger, operations.DeleteModel, operations.CreateModel)
    if "pgtrigger" not in source.text and not any(
        issubclass(site.kind, kinds) for site in source.sites
    ):
        return None
    edits = SourceEdits(source.text)
    module = module_name(source.text, "django.db", "migrations")
    if module is None and any(site.is_about_triggers for site in source.sites):
        edits.add_import("from django.db import migrations")
    return OpenFile(key, source, edits, f"{module or 'migrations'}.RunSQL")
