"""The output formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pgtrigger_codegen.lint.reporters.azure import azure
from pgtrigger_codegen.lint.reporters.concise import concise
from pgtrigger_codegen.lint.reporters.full import full
from pgtrigger_codegen.lint.reporters.github import github
from pgtrigger_codegen.lint.reporters.gitlab import gitlab
from pgtrigger_codegen.lint.reporters.grouped import grouped
from pgtrigger_codegen.lint.reporters.json_lines import json_lines
from pgtrigger_codegen.lint.reporters.json_list import json_list
from pgtrigger_codegen.lint.reporters.junit import junit
from pgtrigger_codegen.lint.reporters.pylint import pylint
from pgtrigger_codegen.lint.reporters.rdjson import rdjson
from pgtrigger_codegen.lint.reporters.report import Reporter
from pgtrigger_codegen.lint.reporters.sarif import sarif
from pgtrigger_codegen.lint.reporters.statistics import statistics, statistics_json

REPORTERS: Final[Mapping[str, Reporter]] = {
    "full": full,
    "concise": concise,
    "grouped": grouped,
    "json": json_list,
    "json-lines": json_lines,
    "sarif": sarif,
    "github": github,
    "gitlab": gitlab,
    "junit": junit,
    "azure": azure,
    "pylint": pylint,
    "rdjson": rdjson,
}

# What `--statistics` makes of a format; the others have no place for them.
STATISTICS: Final[Mapping[str, Reporter]] = {
    "full": statistics,
    "concise": statistics,
    "github": statistics,
    "json": statistics_json,
}
