"""The output formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pgtrigger_codegen.lint.reporters.concise import concise
from pgtrigger_codegen.lint.reporters.full import full
from pgtrigger_codegen.lint.reporters.json_list import json_list
from pgtrigger_codegen.lint.reporters.report import Reporter

REPORTERS: Final[Mapping[str, Reporter]] = {"full": full, "concise": concise, "json": json_list}
