"""PGT312: UPDATE OF a column that another trigger changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import RowUse


class UpdateOfMissesBeforeTrigger(Rule):
    """## What it does
    Reports a trigger for `UPDATE OF` a column that a BEFORE trigger of the same table sets, in
    updates which need not name the column. And a BEFORE trigger whose function reads a column of
    `NEW` that another BEFORE trigger always sets afterwards: triggers fire in the order of their
    names.

    ## Why is this bad?
    `UPDATE OF` looks at the columns that the UPDATE statement names, not at the changed values. A
    change that another trigger makes to `NEW` does not fire it. A function that runs before that
    change works with a value that is never written.

    ## Example
    ```python
    triggers = [
        pgtrigger.Trigger(
            name="total",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            func="NEW.total = NEW.price * NEW.amount; RETURN NEW;",
        ),
        pgtrigger.Trigger(
            name="log_total",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("total"),
            func="INSERT INTO log (total) VALUES (NEW.total); RETURN NULL;",
        ),
    ]
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="log_total",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange("total"),
        func="INSERT INTO log (total) VALUES (NEW.total); RETURN NULL;",
    )
    ```
    """

    code = "PGT312"
    name = "update-of-misses-before-trigger"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        setters = [
            (trigger, body, use)
            for trigger, body in context.row_bodies()
            if body.decides_write
            for use in _sets_in_update(body)
        ]
        for trigger, body in context.bodies():
            for other, setting, use in setters:
                if other.table == trigger.table and _misses(body, setting, use):
                    yield self.diagnostic(
                        f"UPDATE OF `{use.column}` does not fire when `{other.uri}` sets it",
                        trigger.span,
                        notes=[Note("set here", places.span(other, use.place))],
                        help="Fire on every UPDATE, with the condition "
                        f"OLD.{use.column} IS DISTINCT FROM NEW.{use.column}",
                    )
                    break
        yield from self._early_reads(context, places)

    def _early_reads(self, context: LintContext, places: BodyPlaces) -> Iterator[Diagnostic]:
        declared = [
            (trigger, trigger.declared.parts, body)
            for trigger, body in context.row_bodies()
            if body.decides_write and trigger.declared is not None
        ]
        on_table = defaultdict(list)
        for one in declared:
            on_table[one[0].table].append(one)
        for trigger, parts, body in declared:
            told: set[str | None] = set()
            for other, later, setting in on_table[trigger.table]:
                if parts.pgid < later.pgid:
                    for read, written in _read_too_early(body, setting):
                        if read.column in told:
                            continue  # several triggers set it
                        told.add(read.column)
                        yield self.diagnostic(
                            f"`{read.row}.{read.column}` is read before `{other.uri}` sets it:"
                            " triggers fire in the order of their names",
                            places.span(trigger, read.place),
                            notes=[Note("set here", places.span(other, written.place))],
                            help="Give the trigger that sets the column a name which comes first",
                        )


def _read_too_early(body: Body, setting: Body) -> Iterator[tuple[RowUse, RowUse]]:
    """Reads of columns that the other function sets in each write that fires both; one a column."""
    own = {use.column for use in body.uses if use.row == "NEW" and use.written}
    seen: set[str | None] = {*own, None}
    for use in body.uses:
        if use.row != "NEW" or use.column in seen or None in own:
            continue
        for written in setting.uses:
            same = written.row == "NEW" and written.written and written.column == use.column
            always = {event for event, path in written.state.items() if path.unconditional}
            if same and not setting.definition.has_condition and always >= {*use.state}:
                seen.add(use.column)
                yield use, written
                break


def _sets_in_update(body: Body) -> Iterator[RowUse]:
    """Assignments to columns that an UPDATE gets to, other than back to the old value."""
    for use in body.uses:
        if use.row == "NEW" and use.written and use.column and "UPDATE" in use.state:
            old = (one for one in body.uses if one.order == use.order and one.row == "OLD")
            if all(one.column != use.column for one in old):
                yield use


def _misses(body: Body, setting: Body, use: RowUse) -> bool:
    wanted = body.definition.update_of
    # Where the setting trigger fires only on columns of the list, both fire.
    fires_alone = not setting.definition.update_of or not (
        set(setting.definition.update_of) <= set(wanted)
    )
    return use.column in wanted and fires_alone
