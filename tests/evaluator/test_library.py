from __future__ import annotations

from pathlib import Path

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
