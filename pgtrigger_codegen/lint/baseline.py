"""Findings that are known, and are not to be reported: a project adopts the linter at its pace.

A finding is known by its path, its code and its message, and by how many there are of these, not
by its line: a change above it does not bring it back.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.source.files import read_regular
from pgtrigger_codegen.source.paths import resolved

_VERSION = 1
_MOST_BYTES = 64 * 1024 * 1024


class BaselineEntry(NamedTuple):
    """The path, code and message that identify a finding.

    Attributes:
        path: As the output shows it.
    """

    path: str
    code: str
    message: str


class Compared(Struct, frozen=True):
    """Findings against a baseline.

    Attributes:
        new: Findings that it does not know.
        stale: What it knows and is found no more, or less often.
    """

    new: tuple[Diagnostic, ...]
    stale: Counter[BaselineEntry]


class Baseline(Struct, frozen=True):
    """Known findings, and how often each is expected."""

    counts: Counter[BaselineEntry]

    @classmethod
    def of(cls, findings: Iterable[Diagnostic], display_path: Callable[[str], str]) -> Baseline:
        """The baseline that knows these findings."""
        return cls(Counter(_entry(finding, display_path) for finding in findings))

    def compare(
        self, findings: Sequence[Diagnostic], display_path: Callable[[str], str]
    ) -> Compared:
        """Which findings are new, and which entries are stale.

        Of more findings than are known of one kind, the last ones are the new ones.
        """
        left = self.counts.copy()
        new = []
        for finding in findings:
            entry = _entry(finding, display_path)
            if left[entry] > 0:
                left[entry] -= 1
            else:
                new.append(finding)
        return Compared(tuple(new), +left)

    def merged(self, other: Baseline, keep: Callable[[BaselineEntry], bool]) -> Baseline:
        """The other one, and of this one what is to be kept."""
        kept = {entry: count for entry, count in self.counts.items() if keep(entry)}
        return Baseline(Counter(kept) + other.counts)

    def render(self) -> str:
        """The content of its file: sorted, so that it merges well."""
        findings = [
            {**entry._asdict(), "count": count} for entry, count in sorted(self.counts.items())
        ]
        document = {"version": _VERSION, "findings": findings}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_baseline(path: Path) -> Baseline:
    """Reads a baseline.

    Raises:
        ConfigError: It cannot be read, or is no baseline.
    """
    try:
        text = read_regular(resolved(path), _MOST_BYTES).data.decode()
    except OSError as error:
        raise ConfigError(
            f"the baseline {path} cannot be read: {error.strerror}",
            help="write it with `lint --baseline FILE --write-baseline`",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the baseline {path} is not UTF-8", help="write it anew") from error
    return parse_baseline(text, path)


def parse_baseline(text: str, path: Path) -> Baseline:
    """Reads what `render` gives.

    Args:
        path: The file, for messages.

    Raises:
        ConfigError: It is no baseline.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise _no_baseline(path, f"line {error.lineno}: {error.msg}") from error
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise _no_baseline(path, f"it has no `version` {_VERSION}")
    findings = document.get("findings")
    if not isinstance(findings, list):
        raise _no_baseline(path, "`findings` is not a list")
    counts: Counter[BaselineEntry] = Counter()
    for index, item in enumerate(findings):
        if not _is_entry(item):
            raise _no_baseline(path, f"entry {index + 1} of `findings` cannot be used")
        counts[BaselineEntry(item["path"], item["code"], item["message"])] += item["count"]
    return Baseline(counts)


def _entry(finding: Diagnostic, display_path: Callable[[str], str]) -> BaselineEntry:
    return BaselineEntry(display_path(finding.span.path), finding.code, finding.message)


def _is_entry(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and all(isinstance(item.get(name), str) for name in BaselineEntry._fields)
        and type(item.get("count")) is int
        and item["count"] > 0
    )


def _no_baseline(path: Path, problem: str) -> ConfigError:
    return ConfigError(
        f"{path} is not a baseline: {problem}",
        help="write it anew with `lint --baseline FILE --write-baseline`",
    )
