from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.scope import ReportedFiles
from pgtrigger_codegen.project.folders import Exclusion
from pgtrigger_codegen.source.overlay import overlaid

FILES = ("shop/models.py", "shop/old/models.py", "tests/models.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "force", "expected"),
    [
        ([], False, FILES[:1]),
        (["."], False, FILES[:1]),
        (["shop"], False, FILES[:1]),
        (["shop/old"], False, FILES[1:2]),
        (["tests/models.py", "shop"], False, (FILES[0], FILES[2])),
        (["tests/models.py", "shop/models.py"], True, FILES[:1]),
        (["shop/old"], True, ()),
    ],
)
def test_excluded_files_are_reported_when_named(
    project: Path, paths: list[str], force: bool, expected: tuple[str, ...]
) -> None:
    exclusion = Exclusion(project, ["tests", "shop/old"])
    scope = ReportedFiles([project / path for path in paths], exclusion, force_exclude=force)

    assert tuple(name for name in FILES if scope.covers(str(project / name))) == expected


def test_a_path_that_does_not_exist(project: Path) -> None:
    with pytest.raises(CodegenError, match=r"no file or folder.*gone\.py"):
        ReportedFiles([project / "gone.py"], Exclusion(project))


def test_a_file_that_is_not_saved_yet(project: Path) -> None:
    new = project / "shop" / "new.py"

    with overlaid({str(new): b""}):
        assert ReportedFiles([new], Exclusion(project)).covers(str(new))


def test_with_the_sql_of_a_body_all_is_reported_on(project: Path) -> None:
    (project / "keep.sql").touch()
    scope = ReportedFiles([project / "keep.sql"], Exclusion(project, ["tests"]))

    assert [scope.covers(str(project / name)) for name in FILES] == [True, True, False]
