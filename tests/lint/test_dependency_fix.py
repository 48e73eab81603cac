"""A dependency is added as those that are there are laid out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.lint.fixes.dependency_fix import dependency_fix
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.source.module import parse_module

HEAD = "class Migration(migrations.Migration):\n"


ADDED = '("a", "1")'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    dependencies = []\n", f"    dependencies = [{ADDED}]\n"),
        (
            "    dependencies = [\n        # none\n    ]\n",
            f"    dependencies = [{ADDED}\n        # none\n    ]\n",
        ),
        ("    dependencies = [('b', '2')]\n", f"    dependencies = [('b', '2'), {ADDED}]\n"),
        ("    dependencies = [('b', '2'),]\n", f"    dependencies = [('b', '2'), {ADDED},]\n"),
        (
            "    dependencies: list = [\n        ('é', '2'),  # why\n    ]\n",
            f"    dependencies: list = [\n        ('é', '2'),\n        {ADDED},  # why\n    ]\n",
        ),
        (
            "\tdependencies = [\n\t\tswappable_dependency(X)\n\t]\n",
            f"\tdependencies = [\n\t\tswappable_dependency(X),\n\t\t{ADDED}\n\t]\n",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lists(before: str, after: str, newline: str) -> None:
    module = parse_module("m", Path("/m.py"), HEAD + before)

    fix = dependency_fix(module, ("a", "1"))

    assert fix is not None
    source = SourceText((HEAD + before).replace("\n", newline))
    assert source.apply(fix.edits).text == (HEAD + after).replace("\n", newline)


@pytest.mark.parametrize("written", ["BASE + [('b', '2')]", "(('b', '2'),)", "dependencies()"])
def test_what_is_no_plain_list(written: str) -> None:
    module = parse_module("m", Path("/m.py"), f"{HEAD}    dependencies = {written}\n")

    assert dependency_fix(module, ("a", "1")) is None
