"""The list of all rules.

An explicit list: what lints is then found by reading, not by importing folders. A test proves
that no file of `rules/` is left out.
"""

from __future__ import annotations

from typing import Final

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.rules.abstract_registration import AbstractRegistration
from pgtrigger_codegen.lint.rules.abstract_triggers_never_inherited import (
    AbstractTriggersNeverInherited,
)
from pgtrigger_codegen.lint.rules.altered_column_in_trigger import AlteredColumnInTrigger
from pgtrigger_codegen.lint.rules.always_true_or_false_condition import AlwaysTrueOrFalseCondition
from pgtrigger_codegen.lint.rules.ambiguous_name import AmbiguousName
from pgtrigger_codegen.lint.rules.app_not_installed import AppNotInstalled
from pgtrigger_codegen.lint.rules.avoidable_exclusive_lock import AvoidableExclusiveLock
from pgtrigger_codegen.lint.rules.before_delete_returns_new import BeforeDeleteReturnsNew
from pgtrigger_codegen.lint.rules.before_row_trigger_returns_null import BeforeRowTriggerReturnsNull
from pgtrigger_codegen.lint.rules.body_not_checkable import BodyNotCheckable
from pgtrigger_codegen.lint.rules.columns_in_statement_condition import ColumnsInStatementCondition
from pgtrigger_codegen.lint.rules.competing_autodetector import CompetingAutodetector
from pgtrigger_codegen.lint.rules.condition_sql_syntax import ConditionSqlSyntax
from pgtrigger_codegen.lint.rules.constraint_trigger_misuse import ConstraintTriggerMisuse
from pgtrigger_codegen.lint.rules.default_through_proxy import DefaultThroughProxy
from pgtrigger_codegen.lint.rules.duplicate_trigger_name import DuplicateTriggerName
from pgtrigger_codegen.lint.rules.edited_trigger_sql import EditedTriggerSql
from pgtrigger_codegen.lint.rules.event_fails_when_fired import EventFailsWhenFired
from pgtrigger_codegen.lint.rules.faulty_trigger_sql import FaultyTriggerSql
from pgtrigger_codegen.lint.rules.foreign_trigger import ForeignTrigger
from pgtrigger_codegen.lint.rules.generated_column_in_before_condition import (
    GeneratedColumnInBeforeCondition,
)
from pgtrigger_codegen.lint.rules.identifier_too_long import IdentifierTooLong
from pgtrigger_codegen.lint.rules.install_on_migrate import InstallOnMigrate
from pgtrigger_codegen.lint.rules.invalid_trigger_arguments import InvalidTriggerArguments
from pgtrigger_codegen.lint.rules.invalid_trigger_name import InvalidTriggerName
from pgtrigger_codegen.lint.rules.irreversible_trigger_sql import IrreversibleTriggerSql
from pgtrigger_codegen.lint.rules.lost_inherited_triggers import LostInheritedTriggers
from pgtrigger_codegen.lint.rules.migration_outside_project import MigrationOutsideProject
from pgtrigger_codegen.lint.rules.migrations_still_enabled import MigrationsStillEnabled
from pgtrigger_codegen.lint.rules.misplaced_triggers import MisplacedTriggers
from pgtrigger_codegen.lint.rules.missing_dependency import MissingDependencyRule
from pgtrigger_codegen.lint.rules.missing_return import MissingReturn
from pgtrigger_codegen.lint.rules.mixed_integration import MixedIntegration
from pgtrigger_codegen.lint.rules.model_meta_disabled import ModelMetaDisabled
from pgtrigger_codegen.lint.rules.new_assigned_in_after_trigger import NewAssignedInAfterTrigger
from pgtrigger_codegen.lint.rules.new_in_delete_body import NewInDeleteBody
from pgtrigger_codegen.lint.rules.new_in_delete_condition import NewInDeleteCondition
from pgtrigger_codegen.lint.rules.non_postgresql_database import NonPostgresqlDatabase
from pgtrigger_codegen.lint.rules.not_provable import NotProvable
from pgtrigger_codegen.lint.rules.old_in_insert_body import OldInInsertBody
from pgtrigger_codegen.lint.rules.old_in_insert_condition import OldInInsertCondition
from pgtrigger_codegen.lint.rules.overlapping_proxies import OverlappingProxies
from pgtrigger_codegen.lint.rules.parent_table_column import ParentTableColumn
from pgtrigger_codegen.lint.rules.pending_trigger_changes import PendingTriggerChanges
from pgtrigger_codegen.lint.rules.plpgsql_check_warning import PlpgsqlCheckWarning
from pgtrigger_codegen.lint.rules.plpgsql_syntax_error import PlpgsqlSyntaxError
from pgtrigger_codegen.lint.rules.programmatic_registration import ProgrammaticRegistration
from pgtrigger_codegen.lint.rules.provider_missing import ProviderMissing
from pgtrigger_codegen.lint.rules.relation_in_condition import RelationInCondition
from pgtrigger_codegen.lint.rules.removed_column_in_trigger import RemovedColumnInTrigger
from pgtrigger_codegen.lint.rules.renamed_model_orphans_trigger import RenamedModelOrphansTrigger
from pgtrigger_codegen.lint.rules.row_level_truncate import RowLevelTruncate
from pgtrigger_codegen.lint.rules.schema_editor_disabled import SchemaEditorDisabled
from pgtrigger_codegen.lint.rules.soft_delete_with_database_cascade import (
    SoftDeleteWithDatabaseCascade,
)
from pgtrigger_codegen.lint.rules.statement_refused_by_server import StatementRefusedByServer
from pgtrigger_codegen.lint.rules.swapped_model import SwappedModel
from pgtrigger_codegen.lint.rules.syntax_error import SyntaxErrorRule
from pgtrigger_codegen.lint.rules.template_braces import TemplateBraces
from pgtrigger_codegen.lint.rules.third_party_registration import ThirdPartyRegistration
from pgtrigger_codegen.lint.rules.third_party_tracking import ThirdPartyTracking
from pgtrigger_codegen.lint.rules.transition_table_misuse import TransitionTableMisuse
from pgtrigger_codegen.lint.rules.trigger_cycle import TriggerCycle
from pgtrigger_codegen.lint.rules.trigger_mixed_with_slow_operation import (
    TriggerMixedWithSlowOperation,
)
from pgtrigger_codegen.lint.rules.trigger_refused_by_server import TriggerRefusedByServer
from pgtrigger_codegen.lint.rules.triggers_not_a_sequence import TriggersNotASequence
from pgtrigger_codegen.lint.rules.unknown_column import UnknownColumn
from pgtrigger_codegen.lint.rules.unknown_field import UnknownField
from pgtrigger_codegen.lint.rules.unknown_table import UnknownTable
from pgtrigger_codegen.lint.rules.unknown_trigger_uri import UnknownTriggerUri
from pgtrigger_codegen.lint.rules.unmanaged_model import UnmanagedModel
from pgtrigger_codegen.lint.rules.unquoted_dynamic_sql import UnquotedDynamicSql
from pgtrigger_codegen.lint.rules.unreachable_registration import UnreachableRegistration
from pgtrigger_codegen.lint.rules.unread_source import UnreadSource
from pgtrigger_codegen.lint.rules.unresolved_model_base import UnresolvedModelBase
from pgtrigger_codegen.lint.rules.unresolved_settings import UnresolvedSettings
from pgtrigger_codegen.lint.rules.unresolved_trigger import UnresolvedTriggerRule
from pgtrigger_codegen.lint.rules.unused_suppression import UnusedSuppression
from pgtrigger_codegen.lint.rules.update_of_field_not_column import UpdateOfFieldNotColumn
from pgtrigger_codegen.lint.rules.update_of_misses_before_trigger import UpdateOfMissesBeforeTrigger
from pgtrigger_codegen.lint.rules.view_restriction import ViewRestriction
from pgtrigger_codegen.lint.rules.virtual_generated_column_read import VirtualGeneratedColumnRead
from pgtrigger_codegen.lint.selection import closest_rule

RULES: Final[tuple[Rule, ...]] = (
    SyntaxErrorRule(),
    UnresolvedTriggerRule(),
    UnresolvedModelBase(),
    UnresolvedSettings(),
    UnusedSuppression(),
    UnreadSource(),
    ThirdPartyRegistration(),
    DefaultThroughProxy(),
    LostInheritedTriggers(),
    DuplicateTriggerName(),
    InvalidTriggerName(),
    InvalidTriggerArguments(),
    UnreachableRegistration(),
    AppNotInstalled(),
    AbstractTriggersNeverInherited(),
    UnmanagedModel(),
    SwappedModel(),
    TriggersNotASequence(),
    ProgrammaticRegistration(),
    OverlappingProxies(),
    ForeignTrigger(),
    ThirdPartyTracking(),
    ProviderMissing(),
    MisplacedTriggers(),
    AbstractRegistration(),
    UnknownTriggerUri(),
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
    PlpgsqlSyntaxError(),
    MissingReturn(),
    BeforeDeleteReturnsNew(),
    OldInInsertBody(),
    UnknownColumn(),
    UnknownTable(),
    BeforeRowTriggerReturnsNull(),
    NewAssignedInAfterTrigger(),
    TriggerCycle(),
    SoftDeleteWithDatabaseCascade(),
    VirtualGeneratedColumnRead(),
    UpdateOfMissesBeforeTrigger(),
    TemplateBraces(),
    UnquotedDynamicSql(),
    BodyNotCheckable(),
    NewInDeleteBody(),
    AmbiguousName(),
    PendingTriggerChanges(),
    RenamedModelOrphansTrigger(),
    RemovedColumnInTrigger(),
    AlteredColumnInTrigger(),
    MigrationOutsideProject(),
    IrreversibleTriggerSql(),
    AvoidableExclusiveLock(),
    EditedTriggerSql(),
    NonPostgresqlDatabase(),
    MissingDependencyRule(),
    MixedIntegration(),
    TriggerMixedWithSlowOperation(),
    FaultyTriggerSql(),
    InstallOnMigrate(),
    MigrationsStillEnabled(),
    CompetingAutodetector(),
    SchemaEditorDisabled(),
    ModelMetaDisabled(),
    StatementRefusedByServer(),
    TriggerRefusedByServer(),
    NotProvable(),
    PlpgsqlCheckWarning(),
    EventFailsWhenFired(),
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
    family = [rule.code for rule in RULES if rule.code.lower().startswith(wanted)]
    if 0 < len(family) < len(RULES):
        help = f"the rules that begin so are {', '.join(family)}"
    elif rule := closest_rule(wanted, RULES):
        help = f"did you mean {rule.code} ({rule.name})?"
    else:
        help = f"the rules are {', '.join(rule.code for rule in RULES)}"
    raise CodegenError(f"there is no rule {code_or_name!r}", help=help)
