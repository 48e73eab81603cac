"""Stage migrations: finds SQL that drops a trigger to create it again, and shorter SQL for it.

`DROP TRIGGER` takes an ACCESS EXCLUSIVE lock: nobody reads the table until the transaction ends.
`CREATE OR REPLACE TRIGGER` (PostgreSQL 14) lets reads go on, and where only the function has
changed, `CREATE OR REPLACE FUNCTION` lets writes go on as well.
https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.migrations.replaying.sql_statements import normalised
from pgtrigger_codegen.sql.equivalence import TriggerDefinition, TriggerKey
from pgtrigger_codegen.sql.lexer import COMMENTS, Kind, tokenize
from pgtrigger_codegen.sql.parser import Node, parse_places
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTriggerStatement,
    DropFunction,
    DropTriggerStatement,
    SetTriggerState,
    Statement,
    statement_facts,
)


class Replacement(Struct, frozen=True):
    """The characters of a script from `start` to `end` give way to `content`."""

    start: int
    end: int
    content: str


class Recreation(Struct, frozen=True):
    """A trigger that scripts drop and create.

    Attributes:
        drops, creates: Which of the scripts.
        needs: What would do: to replace the trigger, or nothing but its function.
        changes: What makes each script do that; None where that takes more thought.
    """

    trigger: TriggerKey
    drops: int
    creates: int
    needs: Literal["trigger", "function"]
    changes: tuple[tuple[Replacement, ...], ...] | None


def recreations(
    scripts: Sequence[str], before: Mapping[TriggerKey, TriggerDefinition]
) -> list[Recreation]:
    """The triggers that scripts, which run one after the other, drop only to create them again.

    Where something that is about neither triggers nor functions comes in between, the trigger is
    probably to be out of its way, and constraint triggers can only be dropped and created.

    Args:
        before: The triggers that are there. Of what is not, nothing is said: to drop it, if
            it exists, takes no lock that stays.

    Raises:
        SqlSyntaxError: A script does not parse.
    """
    listed = [part for number, script in enumerate(scripts) for part in _parts(number, script)]
    found: list[Recreation] = []
    touched: set[TriggerKey] = set()
    for index, part in enumerate(listed):
        if not isinstance(part.fact, CreateTriggerStatement | DropTriggerStatement):
            continue
        key = (part.fact.table, part.fact.name)
        # What an earlier statement dropped or made is not what was there before them all.
        old = before.get(key) if key not in touched else None
        touched.add(key)
        last = (
            _creation(part.fact, listed, index)
            if isinstance(part.fact, DropTriggerStatement)
            else None
        )
        if old and last and not old.is_constraint:
            found.append(_recreation(old, listed, index, last, scripts))
    return found


class _Part(Struct, frozen=True):
    """A statement of one of the scripts; `fact` is None where it makes several."""

    script: int
    start: int
    end: int
    tree: Node
    fact: Statement | None

    @property
    def replaces(self) -> bool:
        """Whether it says OR REPLACE."""
        return any(node.get("replace", False) for node in self.tree.values())


def _parts(number: int, script: str) -> Iterator[_Part]:
    for start, end, tree in parse_places(script):
        facts = statement_facts(tree)
        fact = normalised(facts[0]) if len(facts) == 1 else None
        yield _Part(number, start, end, tree, fact)


def _creation(dropped: DropTriggerStatement, listed: Sequence[_Part], index: int) -> int | None:
    """Which statement creates the trigger again, if nothing else happens before."""
    for later in range(index + 1, len(listed)):
        match listed[later].fact:
            case CreateTriggerStatement() as new if (new.table, new.name) == (
                dropped.table,
                dropped.name,
            ):
                return None if new.is_constraint else later
            case DropTriggerStatement(table=dropped.table, name=dropped.name):
                return None  # it would drop what is no longer dropped here
            case (
                CreateFunction()
                | DropFunction()
                | CreateTriggerStatement()
                | DropTriggerStatement()
                | CommentOnTrigger()
            ):
                continue
            case _:
                return None
    return None


def _recreation(
    old: TriggerDefinition,
    listed: Sequence[_Part],
    first: int,
    last: int,
    scripts: Sequence[str],
) -> Recreation:
    dropped, created = listed[first], listed[last]
    new = created.fact
    assert isinstance(new, CreateTriggerStatement)
    same = new.definition == old.definition
    changes: list[list[Replacement]] = [[] for _ in scripts]
    changes[dropped.script].append(_removal(scripts[dropped.script], dropped))
    if same:
        changes[created.script].append(_removal(scripts[created.script], created))
    elif not created.replaces:
        changes[created.script].append(_or_replace(scripts[created.script], created))
    # Created anew, a trigger that was disabled fires again; left alone, it stays disabled.
    possible = not (same and any(isinstance(part.fact, SetTriggerState) for part in listed[:first]))
    for part in listed[first + 1 : last]:
        # With the trigger in place its function cannot be dropped, but replaced.
        match part.fact:
            case DropFunction(function=function) if function == old.calls:
                possible = possible and new.calls == old.calls
                changes[part.script].append(_removal(scripts[part.script], part))
            case CreateFunction(function=function) if function == old.calls and not part.replaces:
                changes[part.script].append(_or_replace(scripts[part.script], part))
            case _:
                pass
    return Recreation(
        (old.table, old.pgid),
        dropped.script,
        created.script,
        "function" if same else "trigger",
        tuple(_apart(script, made) for script, made in zip(scripts, changes, strict=True))
        if possible
        else None,
    )


def _apart(script: str, changes: Sequence[Replacement]) -> tuple[Replacement, ...]:
    """The changes in order, with one for statements that go side by side."""
    apart: list[Replacement] = []
    for change in sorted(changes, key=lambda change: (change.start, change.end)):
        last = apart[-1] if apart else None
        if last and change.start <= last.end and not (last.content or change.content):
            apart[-1] = _cleared(script, last.start, max(last.end, change.end))
        else:
            apart.append(change)
    return tuple(apart)


def _cleared(script: str, start: int, end: int) -> Replacement:
    """What is left out, with its lines where nothing else stands there."""
    before, rest = script[:start].rpartition("\n")[2], script[end:].partition("\n")[0]
    if before.strip() or rest.strip():
        return Replacement(start, end, "")
    return _lines(script, start - len(before), end + len(rest))


def _removal(script: str, part: _Part) -> Replacement:
    """The statement with its semicolon, and its lines where it has them to itself."""
    start, end = part.start, _skip(script, part.end, " \t")
    if script[end : end + 1] == ";":
        end += 1
    before, rest = script[:start].rpartition("\n")[2], script[end:].partition("\n")[0]
    if rest.strip():
        return Replacement(start, _skip(script, end, " \t"), "")
    if before.strip():
        return Replacement(len(script[:start].rstrip(" \t")), end, "")
    return _lines(script, start - len(before), end + len(rest))


def _lines(script: str, start: int, end: int) -> Replacement:
    """Whole lines, and one of two gaps around them."""
    above, below = script[:start].rstrip(" \t\n"), script[end:].lstrip(" \t\n")
    if not below:
        # The quote that closes the literal stays where it is.
        start = len(above) + 1 if above and end < len(script) else len(above)
        return Replacement(start, min(end + 1, len(script)), "")
    end += 1
    gap_above = not above or script[len(above) : start].count("\n") > 1
    line = script[end:].partition("\n")[0]
    if gap_above and not line.strip():
        end += len(line) + 1
    return Replacement(start, end, "")


def _or_replace(script: str, part: _Part) -> Replacement:
    """`CREATE` becomes `CREATE OR REPLACE`, in the case in which it is written."""
    tokens = (token for token in tokenize(script[part.start :]) if token.kind not in COMMENTS)
    create = next(token for token in tokens if token.kind is Kind.WORD)
    place = part.start + len(create.text)
    return Replacement(place, place, " or replace" if create.text.islower() else " OR REPLACE")


def _skip(script: str, position: int, characters: str) -> int:
    while position < len(script) and script[position] in characters:
        position += 1
    return position
