"""The history is the same whoever replays it, and its operations have places."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pgtrigger_codegen.incremental import worker
from pgtrigger_codegen.incremental.engine import Incremental
from pgtrigger_codegen.lint.facts.history import class_list, operation_node, replayed_history
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.source.module import parse_module
from tests.lint.cases import Case, read_cases

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
MIGRATION_RULES = [rule for rule in RULES if rule.code.startswith("PGT4")]
# For each of them the first case, in which it fires.
CASES = {fixture.stem: read_cases(fixture)[0] for fixture in sorted(FIXTURES.glob("PGT4*.md"))}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_replayed_in_another_process(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.write(tmp_path)
    here = run(analyze(tmp_path), rules=MIGRATION_RULES)
    monkeypatch.setattr(worker, "WORTH_IT", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    answers = []
    take = worker.Worker.take

    def noted(self: worker.Worker) -> worker.Answer | None:
        answers.append(take(self))
        return answers[-1]

    monkeypatch.setattr(worker.Worker, "take", noted)
    there = run(analyze(tmp_path, engine=Incremental()), rules=MIGRATION_RULES)

    assert [type(answer) for answer in answers] == [worker.Answer]
    assert there == here
    assert here


@pytest.mark.parametrize(
    ("is_committed", "severities"), [(True, []), (False, ["warning"]), (None, ["info"])]
)
def test_a_migration_that_is_committed_is_left_alone(
    tmp_path: Path, is_committed: bool | None, severities: list[str]
) -> None:
    CASES["PGT412-trigger-mixed-with-slow-operation"].write(tmp_path)
    asked = []

    def answer(path: Path) -> bool | None:
        asked.append(path)
        return is_committed

    found = run(analyze(tmp_path), is_committed=answer)

    assert [(one.code, one.severity) for one in found] == [("PGT412", one) for one in severities]
    assert asked == [tmp_path / "shop/migrations/0002_keep.py"]
    for one in found:
        assert ("leave it as it is" in str(one.help)) is (one.severity == "info")


@pytest.mark.parametrize("is_committed", [None, False])
def test_migrations_outside_of_git_are_one_finding(
    tmp_path: Path, is_committed: bool | None
) -> None:
    CASES["PGT412-trigger-mixed-with-slow-operation"].write(tmp_path)
    first = tmp_path / "shop/migrations/0002_keep.py"
    text = first.read_text().replace("0001_initial", "0002_keep").replace("keep()", "more()")
    text = text.replace("TRIGGER keep", "TRIGGER more")
    (tmp_path / "shop/migrations/0003_more.py").write_text(text)

    found = run(analyze(tmp_path), is_committed=lambda path: is_committed)

    assert [one.code for one in found] == ["PGT412"] * (1 if is_committed is None else 2)
    assert ("; the same holds for 1 other" in found[0].message) is (is_committed is None)


def test_migrations_that_go_in_a_circle_have_no_history(tmp_path: Path) -> None:
    migration = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "{}")]
"""
    files = {
        "shop/models.py": "",
        "shop/migrations/0001_a.py": migration.format("0002_b"),
        "shop/migrations/0002_b.py": migration.format("0001_a"),
    }
    Case("circle", files, (), {}, {}).write(tmp_path)
    analysis = analyze(tmp_path)

    assert replayed_history(analysis) is None
    assert run(analysis, rules=MIGRATION_RULES) == []


@pytest.mark.parametrize(
    ("operations", "index", "found"),
    [
        ("operations = [a(), b()]", 1, "b()"),
        ("operations: list = [a(), b()]", 0, "a()"),
        ("operations = [a(), *more, b()]", 0, "a()"),
        ("operations = [a(), *more, b()]", 2, None),
        ("operations = [a()]", 1, None),
        ("operations = more + [a()]", 0, None),
    ],
)
def test_the_place_of_an_operation(operations: str, index: int, found: str | None) -> None:
    module = parse_module("m", Path("/m.py"), f"class Migration:\n    {operations}\n")

    node = operation_node(module, index)

    text = node and module.lines[1][node.col_offset : node.end_col_offset]
    assert text == found
    assert class_list(module, "dependencies") is None


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("operations = [a()]\n\n\nclass Migration:\n    operations = [b()]\n", "b"),
        ("def f():\n    operations = [a()]\n\n\nclass Migration:\n    pass\n", None),
        ("class Migration:\n    operations = [a()]\n    operations = [b()]\n", None),
        ("class Migration:\n    operations = done = [a()]\n", "a"),
    ],
)
def test_the_list_of_the_class_is_meant(source: str, found: str | None) -> None:
    listed = class_list(parse_module("m", Path("/m.py"), source), "operations")

    assert (listed and ast.unparse(listed)) == (found and f"[{found}()]")
