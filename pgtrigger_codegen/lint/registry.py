"""The rules there are.

An explicit list: what lints is then found by reading, not by importing folders. A test proves
that no file of `rules/` is left out.
"""

from __future__ import annotations

import difflib
from typing import Final

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.rules.always_true_or_false_condition import AlwaysTrueOrFalseCondition
from pgtrigger_codegen.lint.rules.columns_in_statement_condition import ColumnsInStatementCondition
from pgtrigger_codegen.lint.rules.condition_sql_syntax import ConditionSqlSyntax
from pgtrigger_codegen.lint.rules.constraint_trigger_misuse import ConstraintTriggerMisuse
from pgtrigger_codegen.lint.rules.default_through_proxy import DefaultThroughProxy
from pgtrigger_codegen.lint.rules.duplicate_trigger_name import DuplicateTriggerName
from pgtrigger_codegen.lint.rules.generated_column_in_before_condition import (
    GeneratedColumnInBeforeCondition,
)
from pgtrigger_codegen.lint.rules.identifier_too_long import IdentifierTooLong
from pgtrigger_codegen.lint.rules.invalid_trigger_arguments import InvalidTriggerArguments
from pgtrigger_codegen.lint.rules.invalid_trigger_name import InvalidTriggerName
from pgtrigger_codegen.lint.rules.lost_inherited_triggers import LostInheritedTriggers
from pgtrigger_codegen.lint.rules.new_in_delete_condition import NewInDeleteCondition
from pgtrigger_codegen.lint.rules.old_in_insert_condition import OldInInsertCondition
from pgtrigger_codegen.lint.rules.parent_table_column import ParentTableColumn
from pgtrigger_codegen.lint.rules.relation_in_condition import RelationInCondition
from pgtrigger_codegen.lint.rules.row_level_truncate import RowLevelTruncate
from pgtrigger_codegen.lint.rules.syntax_error import SyntaxErrorRule
from pgtrigger_codegen.lint.rules.third_party_registration import ThirdPartyRegistration
from pgtrigger_codegen.lint.rules.transition_table_misuse import TransitionTableMisuse
from pgtrigger_codegen.lint.rules.unknown_field import UnknownField
from pgtrigger_codegen.lint.rules.unresolved_trigger import UnresolvedTriggerRule
from pgtrigger_codegen.lint.rules.unused_suppression import UnusedSuppression
from pgtrigger_codegen.lint.rules.update_of_field_not_column import UpdateOfFieldNotColumn
from pgtrigger_codegen.lint.rules.view_restriction import ViewRestriction

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
    OldInInsertCondition(),
    NewInDeleteCondition(),
    RelationInCondition(),
    ColumnsInStatementCondition(),
    RowLevelTruncate(),
    TransitionTableMisuse(),
    GeneratedColumnInBeforeCondition(),
    UnknownField(),
    ParentTableColumn(),
    ViewRestriction(),
    ConstraintTriggerMisuse(),
    IdentifierTooLong(),
    UpdateOfFieldNotColumn(),
    ConditionSqlSyntax(),
    AlwaysTrueOrFalseCondition(),
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
