"""PGT307: a RETURN that loses what a BEFORE trigger has set, or every row."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Query, ReturnStatement
from pgtrigger_codegen.sql.body_targets import statements_of


class BeforeRowTriggerReturnsNull(Rule):
    """## What it does
    Reports `RETURN NULL` in a BEFORE row-level trigger for INSERT or UPDATE, on a path that has
    assigned to `NEW` before, and `RETURN OLD` on such a path of an UPDATE. Also reports a function
    that does something, and then returns NULL for each INSERT.

    `RETURN NULL` alone is a way to ignore a write on purpose, and so is an INSERT into another
    table before it; neither is reported.

    ## Why is this bad?
    NULL cancels the write of the row, without an error. A function that changes `NEW` first should
    write the changed row; `RETURN NULL` is right for AFTER triggers. `RETURN OLD` writes the row
    as it was before the UPDATE.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.updated_at = NOW(); RETURN NULL;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.updated_at = NOW(); RETURN NEW;",
    )
    ```
    """

    code = "PGT307"
    name = "before-row-trigger-returns-null"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for trigger, body in context.bodies():
            if not body.decides_write:
                continue
            if (last := _drops_each_insert(body)) is not None:
                yield self.diagnostic(
                    "RETURN NULL cancels every INSERT without an error: no row is ever written",
                    places.span(trigger, last.place),
                    severity=Severity.WARNING,
                    help="Return NEW to write the row",
                )
                continue
            if _is_written_elsewhere(body):
                continue
            loses = _returns_old_always(body)
            for statement in body.returns:
                update = statement.state.get("UPDATE")
                is_lost = update and (update.assigned or loses) and not update.doubtful
                if statement.value == "OLD" and is_lost:
                    yield self.diagnostic(
                        "RETURN OLD writes the old row: the changes of the UPDATE and of the "
                        "function are lost",
                        places.span(trigger, statement.place),
                        severity=Severity.WARNING,
                        help="Return NEW to write the changed row",
                    )
                paths = [statement.state.get(event) for event in ("INSERT", "UPDATE")]
                assigned = any(path is not None and path.assigned for path in paths)
                if statement.value == "NULL" and assigned:
                    yield self.diagnostic(
                        "RETURN NULL drops the row whose values the function has just set",
                        places.span(trigger, statement.place),
                        help="Return NEW to write the changed row",
                    )


def _drops_each_insert(body: Body) -> ReturnStatement | None:
    """The last RETURN of a function that works, and then returns NULL for each INSERT."""
    definition = body.definition
    returns = [item for item in body.returns if "INSERT" in item.state]
    if definition.has_condition or not returns or any(item.value != "NULL" for item in returns):
        return None
    if any(use.row == "NEW" and use.written for use in body.uses):
        return None  # said of the RETURN that drops what was set
    kinds = {kind for query in body.queries for kind, _ in statements_of(query)}
    works = "UpdateStmt" in kinds or any(_is_call(query) for query in body.queries)
    on_purpose = body.dynamic or body.conditions or kinds & {"InsertStmt", "DeleteStmt"}
    return returns[-1] if works and not on_purpose else None


def _returns_old_always(body: Body) -> bool:
    """Whether a function sets columns of NEW for some updates, and returns OLD for all."""
    returns = [item for item in body.returns if "UPDATE" in item.state]
    sets = any(use.row == "NEW" and use.written and "UPDATE" in use.state for use in body.uses)
    return sets and all(item.value == "OLD" for item in returns)


def _is_call(query: Query) -> bool:
    return bool(query.prefix) and "(" in query.text


def _is_written_elsewhere(body: Body) -> bool:
    """Whether what is set is also read: the row may go into another table on purpose."""
    written = (use for use in body.uses if use.row == "NEW" and use.written)
    return any(body.is_read_after(use) for use in written)
