from __future__ import annotations

import re

import click
import pytest

from pgtrigger_codegen.cli.markdown import rendered
from pgtrigger_codegen.lint.documentation import rule_page
from pgtrigger_codegen.lint.registry import RULES

PAGE = """\
# some-rule (PGT999)

Severity: error. See `lint --fix-only` and
what follows.

## What it does
Reports one of

- a trigger of the
  first kind,
- another.

## Example
```python
class Order:
    # a comment

    name = "`odd`"
```

```sql
SELECT 1;
```
"""


def test_a_page_without_colours() -> None:
    assert rendered(PAGE, 30, colour=False) == (
        "some-rule (PGT999)\n\n"
        "Severity: error. See `lint\n--fix-only` and what follows.\n\n"
        "What it does\n\n"
        "Reports one of\n\n"
        "- a trigger of the first kind,\n- another.\n\n"
        "Example\n\n"
        '    class Order:\n        # a comment\n\n        name = "`odd`"\n\n'
        "    SELECT 1;\n"
    )


def test_colours_change_nothing_but_backticks() -> None:
    coloured = rendered(PAGE, 30, colour=True)

    assert click.style("some-rule (PGT999)", bold=True) in coloured
    assert click.style("--fix-only", fg="cyan") in coloured
    plain = rendered(PAGE, 30, colour=False)
    prose, _, code = plain.partition("Example")
    assert click.unstyle(coloured) == prose.replace("`", "") + "Example" + code


@pytest.mark.parametrize("width", [1, 20, 80])
def test_no_word_is_broken_and_none_is_lost(width: int) -> None:
    for rule in RULES:
        page = rule_page(rule)
        shown = rendered(page, width, colour=False)

        # The sign also begins a comment in code.
        words = [word for word in page.split() if not re.fullmatch(r"#+|```\w*", word)]
        assert [word for word in shown.split() if word not in ("#", "##")] == words
