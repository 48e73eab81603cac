"""The table `[tool.pgtrigger-codegen.lint]`, checked against the rules there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.selection import (
    Selection,
    Selector,
    matches_any,
    specificity,
    unknown_rule_help,
)
from pgtrigger_codegen.project.config import TABLE, Config
from pgtrigger_codegen.project.folders import Exclusion
from pgtrigger_codegen.project.toml_values import TomlTable, mapping, string, strings


class LintOptions(Struct, frozen=True):
    """The selected rules and their severities.

    Attributes:
        per_file_ignores: Globs, as in `exclude`, and what is not reported in files they match.
        severity: What replaces the severity that a rule gives.
        fixable: Rules whose fixes are offered and applied.
        unfixable: Rules whose fixes are not; of equally exact selectors this one wins.
        baseline: File of the findings that are known and not reported.
    """

    selection: Selection = field(default_factory=Selection)
    per_file_ignores: Mapping[str, tuple[Selector, ...]] = field(default_factory=dict)
    severity: tuple[tuple[Selector, Severity], ...] = ()
    fixable: tuple[Selector, ...] = (Selector("ALL"),)
    unfixable: tuple[Selector, ...] = ()
    baseline: Path | None = None

    def with_command_line(
        self,
        selection: Selection,
        *,
        per_file_ignores: Mapping[str, tuple[Selector, ...]],
        fixable: tuple[Selector, ...],
        unfixable: tuple[Selector, ...],
    ) -> LintOptions:
        """With what the command line says: its `fixable` replaces all that was said of fixes."""
        globs = dict.fromkeys((*self.per_file_ignores, *per_file_ignores))
        both = {
            glob: (*self.per_file_ignores.get(glob, ()), *per_file_ignores.get(glob, ()))
            for glob in globs
        }
        return replace(
            self,
            selection=selection,
            per_file_ignores=both,
            fixable=fixable or self.fixable,
            unfixable=unfixable if fixable else (*self.unfixable, *unfixable),
        )

    def offered(self, finding: Diagnostic) -> Diagnostic:
        """The finding, without its fix where the user wants none; what to do stays said."""
        fix, code, name = finding.fix, finding.code, finding.name
        is_wanted = specificity(self.fixable, code, name) > specificity(self.unfixable, code, name)
        if fix is None or is_wanted:
            return finding
        return replace(finding, fix=None, help=finding.help or fix.title)

    def graded(self, finding: Diagnostic) -> Diagnostic:
        """The finding with the severity that the user gives it."""
        fitting = [
            (selector.specificity, severity)
            for selector, severity in self.severity
            if selector.matches(finding.code, finding.name)
        ]
        if not fitting:
            return finding
        _, severity = max(fitting, key=lambda item: item[0])
        return replace(finding, severity=severity)

    def file_ignores(self, root: Path) -> Callable[[str, str, str], bool]:
        """Whether, by path, code and name, a rule's findings in a file are not reported."""
        patterns = [
            (Exclusion(root, [pattern]), selectors)
            for pattern, selectors in self.per_file_ignores.items()
        ]

        def ignored(path: str, code: str, name: str) -> bool:
            return any(
                matches_any(selectors, code, name) and exclusion.excludes(Path(path))
                for exclusion, selectors in patterns
            )

        return ignored


def lint_options(config: Config) -> LintOptions:
    """Reads the table.

    Raises:
        ConfigError: An unknown key, a wrong value, or a selector that means no rule.
    """
    if config.path is None:
        return LintOptions()
    table = TomlTable(config.path, ("tool", TABLE, "lint"))
    values: dict[str, Any] = {}
    for key, value in config.lint.items():
        reader = _READERS.get(key)
        if reader is None:
            raise table.unknown(key, _READERS)
        values[key] = reader(table, key, value)
    return LintOptions(
        selection=Selection(
            values.get("select"), values.get("extend-select", ()), values.get("ignore", ())
        ),
        per_file_ignores=values.get("per-file-ignores", {}),
        severity=values.get("severity", ()),
        fixable=values.get("fixable", (Selector("ALL"),)),
        unfixable=values.get("unfixable", ()),
        baseline=values.get("baseline"),
    )


def command_line_selectors(option: str, values: tuple[str, ...]) -> tuple[Selector, ...]:
    """Selectors of an option that is given several times, or once with commas.

    Raises:
        CodegenError: One means no rule.
    """
    texts = (text.strip() for value in values for text in value.split(","))
    selectors = tuple(Selector(text) for text in texts if text)
    for selector in selectors:
        if help := unknown_rule_help(selector, RULES):
            raise CodegenError(f"there is no rule {selector.text!r} ({option})", help=help)
    return selectors


def command_line_file_ignores(
    option: str, values: tuple[str, ...]
) -> dict[str, tuple[Selector, ...]]:
    """Globs and rules of an option: `GLOB:RULE`, further ones after commas.

    Raises:
        CodegenError: A rule stands without a glob, or means no rule.
    """
    found: dict[str, tuple[Selector, ...]] = {}
    for value in values:
        glob = ""
        for text in value.split(","):
            before, colon, rule = text.rpartition(":")
            glob = before.strip() if colon else glob
            if not glob or not rule.strip():
                raise CodegenError(
                    f"{value!r} names no files and rules ({option})",
                    help="write GLOB:RULE, as in 'legacy/*:PGT1', and further rules after commas",
                )
            found[glob] = (*found.get(glob, ()), *command_line_selectors(option, (rule,)))
    return found


def _selectors(table: TomlTable, key: str, value: object) -> tuple[Selector, ...]:
    return tuple(_selector(table, key, text) for text in strings(table, key, value))


def _selector(table: TomlTable, key: str, text: str) -> Selector:
    selector = Selector(text.strip())
    if help := unknown_rule_help(selector, RULES):
        raise table.wrong(key, f"names the rule {text!r}, which does not exist", help)
    return selector


def _per_file(table: TomlTable, key: str, value: object) -> dict[str, tuple[Selector, ...]]:
    inner = table.inner(key)
    return {
        glob: _selectors(inner, glob, selectors)
        for glob, selectors in mapping(table, key, value).items()
    }


def _severities(table: TomlTable, key: str, value: object) -> tuple[tuple[Selector, Severity], ...]:
    inner = table.inner(key)
    return tuple(
        (_selector(inner, text, text), _severity(inner, text, severity))
        for text, severity in mapping(table, key, value).items()
    )


def _severity(table: TomlTable, key: str, value: object) -> Severity:
    text = string(table, key, value)
    if text not in list(Severity):
        raise table.wrong(
            key,
            f'must be "error", "warning" or "info", not "{text}"',
            "to turn a rule off, list it under `ignore`",
        )
    return Severity(text)


def _path(table: TomlTable, key: str, value: object) -> Path:
    return table.folder(key, string(table, key, value))


_READERS: Final[Mapping[str, Callable[[TomlTable, str, object], object]]] = {
    "select": _selectors,
    "extend-select": _selectors,
    "ignore": _selectors,
    "per-file-ignores": _per_file,
    "severity": _severities,
    "fixable": _selectors,
    "unfixable": _selectors,
    "baseline": _path,
}
