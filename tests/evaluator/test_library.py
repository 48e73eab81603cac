from __future__ import annotations

import gc
import weakref
from pathlib import Path

from pgtrigger_codegen.evaluator.library.kinds import has_base
from tests.evaluator.code import check_as_python, execute


def test_sql_is_formatted_as_the_project_formats_it(tmp_path: Path) -> None:
    check_as_python(
        tmp_path,
        """
        import sqlparse
        from sqlparse import format as layout
        a = sqlparse.format("select  1 -- one", strip_comments=True, keyword_case="upper")
        b = layout("a=1", use_space_around_operators=True)
        """,
    )


def test_sql_of_any_length_is_not_formatted(tmp_path: Path) -> None:
    ours = execute(tmp_path, "import sqlparse\na = sqlparse.format('a' * 50000)\n")
    assert "is not evaluated" in ours.refusal("a")[0]


def test_classes_of_earlier_projects_are_not_kept() -> None:
    """A class of a project holds the interpreter that made it, with all modules."""

    def asked(number: int) -> weakref.ref[type]:
        cls = type(f"Class{number}", (), {})
        assert not has_base(cls, "django.db.models.fields", "Field")
        return weakref.ref(cls)

    first = asked(0)
    for number in range(2_000):
        asked(number)
    gc.collect()
    assert first() is None
