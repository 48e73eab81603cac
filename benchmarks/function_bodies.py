"""What linting the functions of triggers costs: `python -m benchmarks.function_bodies`.

The bodies are those of `fixtures/bodies`, right and wrong, each in a trigger, a table and a module
of its own. All rules PGT3 run over all of them, from the SQL to the places of the findings;
imports are not counted. What is printed are milliseconds of processor time a trigger, the
median of several runs.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.body import read_body
from pgtrigger_codegen.sql.definition import read_definition
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.lint.bodies import COLUMNS, FOLDER, BodyCase, compiled, module_of, read_bodies
from tests.lint.facts import analysis, model

RUNS = 7
TABLE = "shop_order"


def main(files: str = "*.sql") -> None:
    """Prints what a trigger costs, for the bodies in some files of the corpus."""
    bodies = read_bodies(sorted(FOLDER.glob(files)))
    with tempfile.TemporaryDirectory() as folder:
        made = [_made(body, number, Path(folder)) for number, body in enumerate(bodies)]
        models = [owner for _, owner in made]
        triggers = tuple(trigger for trigger, _ in made)
        runs = [_run(models, triggers) for _ in range(RUNS + 1)][1:]  # the first imports
    costs = [cost for cost, _ in runs]
    sys.stdout.write(
        f"{len(triggers)} triggers, {runs[0][1]} findings, {RUNS} runs\n"
        f"{statistics.median(costs):.2f} ms a trigger, from {min(costs):.2f} to {max(costs):.2f}\n"
    )


def _made(body: BodyCase, number: int, folder: Path) -> tuple[CompiledTrigger, ModelFact]:
    """A trigger with the body, in a module of its own and on a table of its own."""
    table = f"{TABLE}_{number}"
    source, end_line = module_of(body)
    path = folder / f"models_{number}.py"
    path.write_text(source.replace(TABLE, table), encoding="utf-8")
    trigger = compiled(body, Span(str(path), 3, 11, end_line, 5))
    func = trigger.parts.func.replace(TABLE, table)
    owner = replace(model(f"shop.Order_{number}"), table=table, columns=(*COLUMNS, "tags"))
    trigger = replace(
        trigger,
        uri=f"{owner.label}:case",
        model=owner.name,
        table=table,
        concrete_model=owner.label,
        parts=replace(trigger.parts, table=table, func=func),
    )
    return trigger, owner


def _run(models: list[ModelFact], triggers: tuple[CompiledTrigger, ...]) -> tuple[float, int]:
    """Milliseconds a trigger, and how many findings there were."""
    read_body.forget()
    read_definition.forget()
    context = LintContext(_analysis(models, triggers))
    start = time.process_time()
    findings = sum(1 for rule in RULES if rule.code.startswith("PGT3") for _ in rule.check(context))
    return (time.process_time() - start) * 1000 / len(triggers), findings


def _analysis(models: list[ModelFact], triggers: tuple[CompiledTrigger, ...]) -> Analysis:
    files = frozenset(Path(trigger.span.path) for trigger in triggers)
    return analysis(models=models, triggers=triggers, read_files=files)


if __name__ == "__main__":
    main()
