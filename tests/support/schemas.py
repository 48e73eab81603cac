"""Holds what the commands print as JSON against the schemas that are shipped.

`run_cli` does so with every document that any test has a command print: a key that the schema does
not know makes that test fail.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

import pgtrigger_codegen

FOLDER = Path(pgtrigger_codegen.__file__).parent / "schemas"


def check_output(arguments: Sequence[str], stdout: str) -> None:
    """Requires that a command's JSON is as its schema says, where JSON was asked for."""
    name = schema_name(arguments)
    if name is not None and stdout.strip():
        require_valid(name, json.loads(stdout))


def schema_name(arguments: Sequence[str]) -> str | None:
    """Which schema describes the output of a command; None for no JSON."""
    if "--output-format" not in arguments[:-1]:
        return None
    kind = arguments[arguments.index("--output-format") + 1]
    if kind != "json" or "-o" in arguments or "--output-file" in arguments:
        return None
    command = next(word for word in arguments if (FOLDER / f"{word}.json").is_file())
    return "lint-statistics" if "--statistics" in arguments else command


def require_valid(name: str, document: Any) -> None:
    """Requires that a document is as the schema of that name says."""
    errors = list(validator(name).iter_errors(document))
    assert not errors, f"{name}.json: {errors[0].json_path}: {errors[0].message}"


@functools.cache
def validator(name: str) -> Draft7Validator:
    """Checks documents by the schema of that name."""
    return Draft7Validator(schema(name), format_checker=Draft7Validator.FORMAT_CHECKER)


def schema(name: str) -> dict[str, Any]:
    """The schema of that name."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found
