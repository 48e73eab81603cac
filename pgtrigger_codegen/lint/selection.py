"""Selects the rules that run, by selectors of the configuration and the command line.

A selector is a code (`PGT103`), the beginning of one (`PGT1`), a rule's name, or `ALL`. Where
several say something of a rule the longest wins, as in ruff: `ignore = ["PGT1"]` leaves a rule on
that `select = ["PGT103"]` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.source.misspelling import meant

_CODE = re.compile(r"pgt\d{0,3}", re.IGNORECASE)
_EVERYTHING = "ALL"


class Selector(Struct, frozen=True):
    """A user's text that names some of the rules."""

    text: str

    def matches(self, code: str, name: str) -> bool:
        """Whether it means the rule of that code and name."""
        text = self.text
        if text.upper() == _EVERYTHING:
            return True
        if _CODE.fullmatch(text):
            return code.startswith(text.upper())
        return name == text.lower()

    @property
    def specificity(self) -> int:
        """How exactly it is said: 0 for all rules, 6 for a code or a name."""
        if self.text.upper() == _EVERYTHING:
            return 0
        return len(self.text) if _CODE.fullmatch(self.text) else len("PGT000")


_LOOK_ALIKES = str.maketrans("oilsz", "01152")


class Selection(Struct, frozen=True):
    """The selected rules.

    Attributes:
        select: In place of the rules that are on by default; None means these.
        extend_select: Besides them.
        ignore: Not these; of equally exact selectors this one wins.
    """

    select: tuple[Selector, ...] | None = None
    extend_select: tuple[Selector, ...] = ()
    ignore: tuple[Selector, ...] = ()

    def includes(self, rule: Rule) -> bool:
        """Whether the rule runs."""
        chosen = specificity((*(self.select or ()), *self.extend_select), rule.code, rule.name)
        if self.select is None and rule.on_by_default:
            chosen = max(chosen, 0)
        return chosen > specificity(self.ignore, rule.code, rule.name)

    def overridden(
        self,
        *,
        select: tuple[Selector, ...] = (),
        extend_select: tuple[Selector, ...] = (),
        ignore: tuple[Selector, ...] = (),
    ) -> Selection:
        """With what the command line says: its `select` replaces all that was said before."""
        if select:
            return Selection(select, extend_select, ignore)
        return Selection(
            self.select, (*self.extend_select, *extend_select), (*self.ignore, *ignore)
        )


def matches_any(selectors: Iterable[Selector], code: str, name: str) -> bool:
    """Whether one of them means the rule."""
    return any(selector.matches(code, name) for selector in selectors)


def specificity(selectors: Iterable[Selector], code: str, name: str) -> int:
    """How exactly they mean the rule; -1 when none does."""
    return max((one.specificity for one in selectors if one.matches(code, name)), default=-1)


def unknown_rule_help(selector: Selector, rules: Iterable[Rule]) -> str | None:
    """None when it means a rule; else what may have been meant."""
    rules = tuple(rules)
    if any(selector.matches(rule.code, rule.name) for rule in rules):
        return None
    if _CODE.fullmatch(selector.text) and len(selector.text) < len("PGT000"):
        families = sorted({rule.code[:4] for rule in rules})
        return f"codes begin with {', '.join(families)}"
    if rule := closest_rule(selector.text, rules):
        return f"did you mean {rule.code} ({rule.name})?"
    return f"the rules are {', '.join(rule.code for rule in rules)}"


def closest_rule(text: str, rules: Iterable[Rule]) -> Rule | None:
    """The rule that was evidently meant, if there is one.

    Its name is misspelt, or two of the name's words are there that no other rule has, or its code
    has letters that look like digits.
    """
    by_key = {key.lower(): rule for rule in rules for key in (rule.code, rule.name)}
    # A slip of the finger in a code: a letter that looks like a digit.
    digits = text.strip().lower().translate(_LOOK_ALIKES)
    code = f"pgt{digits.removeprefix('pgt').zfill(3)}"
    if code in by_key:
        return by_key[code]
    if name := meant(text, by_key):
        return by_key[name]
    words = set(text.strip().lower().split("-"))
    longer = [rule for rule in by_key.values() if words <= set(rule.name.split("-"))]
    is_told = len(words) > 1 and len({rule.code for rule in longer}) == 1
    return longer[0] if is_told else None
