"""The rules there are.

An explicit list: what lints is then found by reading, not by importing folders. A test proves
that no file of `rules/` is left out.
"""

from __future__ import annotations

import difflib
from typing import Final

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.rules.default_through_proxy import DefaultThroughProxy
from pgtrigger_codegen.lint.rules.duplicate_trigger_name import DuplicateTriggerName
from pgtrigger_codegen.lint.rules.invalid_trigger_arguments import InvalidTriggerArguments
from pgtrigger_codegen.lint.rules.invalid_trigger_name import InvalidTriggerName
from pgtrigger_codegen.lint.rules.lost_inherited_triggers import LostInheritedTriggers
from pgtrigger_codegen.lint.rules.syntax_error import SyntaxErrorRule
from pgtrigger_codegen.lint.rules.third_party_registration import ThirdPartyRegistration
from pgtrigger_codegen.lint.rules.unresolved_trigger import UnresolvedTriggerRule
from pgtrigger_codegen.lint.rules.unused_suppression import UnusedSuppression

RULES: Final[tuple[Rule, ...]] = (
    SyntaxErrorRule(),
    UnresolvedTriggerRule(),
    UnusedSuppression(),
    ThirdPartyRegistration(),
    DefaultThroughProxy(),
    LostInheritedTriggers(),
    DuplicateTriggerName(),
    InvalidTriggerName(),
    InvalidTriggerArguments(),
)


def find_rule(code_or_name: str) -> Rule:
    """The rule of that code (`PGT103`) or name (`lost-inherited-triggers`), in any case.

    Raises:
        CodegenError: There is none.
    """
    known = {key.lower(): rule for rule in RULES for key in (rule.code, rule.name)}
    wanted = code_or_name.strip().lower()
    if rule := known.get(wanted):
        return rule
    close = difflib.get_close_matches(wanted, known, n=1)
    if close:
        rule = known[close[0]]
        help = f"did you mean {rule.code} ({rule.name})?"
    else:
        help = f"the rules are {', '.join(rule.code for rule in RULES)}"
    raise CodegenError(f"there is no rule {code_or_name!r}", help=help)
