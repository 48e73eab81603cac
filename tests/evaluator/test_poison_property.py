"""Something unknowable in the place of any sub-expression is refused there, and never compiled.

The resolvable declarations are those of the evaluation fixture, in small.
"""

# ruff: noqa: E501  (one declaration, one line)
from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.pipeline import analyze
from tests.evaluator.live_django import SETTINGS
from tests.support.projects import write_project

POISONS = ('requests.get("x")', 'os.environ["X"]', "random.random()", "datetime.now()")

HEADER = """\
import os
import random
import not_installed_anywhere as requests
from datetime import datetime
import pgtrigger
from django.db import models
"""

DECLARATIONS = {
    "literal": 'TRIGGERS = [pgtrigger.Protect(name="t", operation=pgtrigger.Delete)]',
    "operations": 'TRIGGERS = [pgtrigger.Protect(name="t", operation=pgtrigger.Update | pgtrigger.Delete)]',
    "condition": (
        'TRIGGERS = [pgtrigger.Protect(name="t", operation=pgtrigger.Update, '
        'condition=pgtrigger.Q(old__number__gt=5) | ~pgtrigger.Q(new__text="x"))]'
    ),
    "f-string": (
        'TRIGGERS = [pgtrigger.Trigger(name=f"t{1}", when=pgtrigger.Before, '
        "operation=pgtrigger.Update, func=f\"-- {'a' + 'b'!r:>5}\\nRETURN {'NEW'};\")]"
    ),
    "format": (
        'TRIGGERS = [pgtrigger.Trigger(name="t", when=pgtrigger.Before, operation=pgtrigger.Update, '
        'func="-- {} {k}\\nRETURN NEW;".format("a", k=["b"][0]))]'
    ),
    "percent": (
        'TRIGGERS = [pgtrigger.Trigger(name="t", when=pgtrigger.Before, operation=pgtrigger.Update, '
        'func="-- %s %s\\nRETURN NEW;" % ("a", {"k": 2}["k"]))]'
    ),
    "joined": (
        'TRIGGERS = [pgtrigger.Trigger(name="t", when=pgtrigger.Before, operation=pgtrigger.Update, '
        'func="-- " + ", ".join(word.upper() for word in ("a", "b")) + "\\nRETURN NEW;")]'
    ),
    "conditional": (
        'TRIGGERS = [pgtrigger.Protect(name="t" if 1 < 2 else "u", operation=pgtrigger.Delete)]'
    ),
    "comprehension": (
        "TRIGGERS = [pgtrigger.Protect(name=name, operation=pgtrigger.Delete) "
        'for name in ["t", "u"] if name != "u"]'
    ),
    "sum": (
        'TRIGGERS = [] + [pgtrigger.Protect(name="t", operation=pgtrigger.Delete)] + '
        '[*[pgtrigger.Protect(name="u", operation=pgtrigger.Delete)]]'
    ),
    "factory": (
        "def make(name, *operations, prefix='p', **options):\n"
        "    text = prefix + name\n"
        "    if text.startswith('p'):\n"
        "        options['operation'] = operations[0]\n"
        "    return pgtrigger.Protect(name=text, **options)\n"
        "TRIGGERS = [make('t', pgtrigger.Delete), make('u', pgtrigger.Update, prefix='pp')]"
    ),
    "loop": (
        "TRIGGERS = []\n"
        "for name, operation in {'t': pgtrigger.Delete, 'u': pgtrigger.Update}.items():\n"
        "    TRIGGERS.append(pgtrigger.Protect(name=name, operation=operation))"
    ),
    "subclass": (
        "class Note(pgtrigger.Trigger):\n"
        "    when = pgtrigger.Before\n"
        "    operation = pgtrigger.Update\n"
        "    word = 'a'\n"
        "    def __init__(self, *, more, **kwargs):\n"
        "        self.more = more\n"
        "        super().__init__(**kwargs)\n"
        "    def get_func(self, model):\n"
        "        return f'-- {self.word} {self.more} {model._meta.db_table}\\nRETURN NEW;'\n"
        "TRIGGERS = [Note(name='t', more='b')]"
    ),
    "dataclass": (
        "import dataclasses\n"
        "@dataclasses.dataclass\n"
        "class Rule:\n"
        "    name: str = 't'\n"
        "    words: list = dataclasses.field(default_factory=list)\n"
        "rule = Rule(words=['x', 'y'])\n"
        "TRIGGERS = [pgtrigger.Trigger(name=rule.name, when=pgtrigger.Before, "
        "operation=pgtrigger.Update, func='-- ' + str(rule.words) + '\\nRETURN NEW;')]"
    ),
}

FOOTER = """

class Thing(models.Model):
    number = models.IntegerField()
    text = models.TextField()

    class Meta:
        triggers = TRIGGERS
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("poison")
    return write_project(root, files={"settings.py": SETTINGS}, packages=["app"])


@pytest.mark.parametrize("declaration", DECLARATIONS.values(), ids=DECLARATIONS)
def test_the_declarations_are_resolvable(declaration: str, project: Path) -> None:
    analysis = _analyze(project, declaration)

    assert analysis.triggers
    assert not analysis.unresolved


_ALWAYS_THE_SAME = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
    derandomize=True,
)


@_ALWAYS_THE_SAME
@given(data=st.data())
def test_what_cannot_be_known_is_never_compiled(project: Path, data: st.DataObject) -> None:
    require_refusal(project, data)


@pytest.mark.slow
@settings(_ALWAYS_THE_SAME, max_examples=200)
@given(data=st.data())
def test_in_many_places_what_cannot_be_known_is_never_compiled(
    project: Path, data: st.DataObject
) -> None:
    require_refusal(project, data)


def require_refusal(project: Path, data: st.DataObject) -> None:
    declaration = data.draw(st.sampled_from(sorted(DECLARATIONS.values())))
    places = list(_places(declaration))
    start, end = data.draw(st.sampled_from(places))
    poison = data.draw(st.sampled_from(POISONS))
    poisoned = declaration[:start] + f"({poison})" + declaration[end:]
    whole = {(t.uri, t.hash) for t in _analyze(project, declaration).triggers}

    analysis = _analyze(project, poisoned)

    # Whatever still compiles is what it was; the rest is refused at the very expression.
    compiled = {(trigger.uri, trigger.hash) for trigger in analysis.triggers}
    assert compiled <= whole
    # A default that no call uses may be anything.
    assert analysis.unresolved or compiled == whole, poisoned
    text = (project / "app" / "models.py").read_text()
    for unresolved in analysis.unresolved:
        line = text.splitlines()[unresolved.span.line - 1]
        at = line[unresolved.span.column - 1 : unresolved.span.end_column - 1]
        assert at == poison, (poisoned, unresolved)


def _analyze(project: Path, declaration: str) -> Analysis:
    (project / "app" / "models.py").write_text(HEADER + declaration + FOOTER)
    return analyze(project)


def _places(source: str) -> Iterator[tuple[int, int]]:
    """Ranges of the sub-expressions whose value reaches the trigger."""
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    tree = ast.parse(source)
    inside_text = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for child in ast.walk(node)
    }
    skipped = {id(node) for node in _not_values(tree)} | inside_text
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and id(node) not in skipped:
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            yield (
                starts[node.lineno - 1] + node.col_offset,
                starts[node.end_lineno - 1] + node.end_col_offset,
            )


def _not_values(tree: ast.AST) -> Iterator[ast.AST]:
    """Targets, annotations, what stands under a star or is called: poison does not fit there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and isinstance(
            getattr(node, "ctx", None), ast.Store | ast.Del
        ):
            yield from ast.walk(node)
        elif isinstance(node, ast.Expr):  # a statement: nothing uses its value
            yield node.value
            if isinstance(node.value, ast.Call):
                yield from ast.walk(node.value.func)
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, ast.Starred):
            yield node
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            for part in (*getattr(node, "bases", ()), *node.decorator_list):
                yield from ast.walk(part)
