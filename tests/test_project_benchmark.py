"""`python -m benchmarks --project DIR --python VENV`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from tests.support.projects import small_project


@pytest.mark.slow
def test_a_project_is_measured_against_its_own_django(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = small_project(tmp_path)

    main(["--project", str(project), "--python", sys.prefix, "--runs", "1"])

    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0].partition(", ")[2] for row in rows] == [
        "nothing cached",
        "facts about packages kept",
        "nothing changed",
        "peak memory, nothing cached",
    ]
    number = r"(\d+(?:\.\d+)?)"
    for row in rows:
        found = re.search(rf"\| {number} (?:s|MB) \| {number} (?:s|MB) \| {number} \|$", row)
        assert found is not None
        ours, theirs, times = map(float, found.groups())
        assert times == pytest.approx(theirs / ours, rel=0.2)


def test_a_project_that_django_does_not_get_through_is_not_measured(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    (project / "shop/settings.py").write_text("import os\nKEY = os.environ['NOT_SET']\n")

    with pytest.raises(SystemExit, match=r"python does not get through .*: KeyError: 'NOT_SET'"):
        main(["--project", str(project), "--python", sys.prefix, "--runs", "1"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--project", "."], "belong together"),
        (["--python", "."], "belong together"),
    ],
)
def test_a_project_needs_its_environment(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)

    assert said in capsys.readouterr().err


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no manage\.py in"):
        main(["--project", str(tmp_path), "--python", sys.prefix])
    with pytest.raises(SystemExit, match="no Python in"):
        main(["--project", str(tmp_path), "--python", str(tmp_path / "nowhere/bin/python")])


@pytest.mark.slow
def test_a_list_of_projects_becomes_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small_project(tmp_path)
    good = (
        f"name = 'a/b'\nfolder = '{folder}'\npython = '{sys.prefix}'\nvariables = {{ A = 'b' }}\n"
    )
    bad = f"name = 'c/d'\nfolder = 'none'\npython = '{sys.prefix}'\n"
    (tmp_path / "list.toml").write_text(f"[[project]]\n{good}[[project]]\n{bad}")

    with pytest.raises(SystemExit, match=r"no manage\.py in .*none"):
        main(["--projects", str(tmp_path / "list.toml"), "--runs", "1"])

    _, _, row, medians = capsys.readouterr().out.splitlines()
    found = re.fullmatch(
        r"\| a/b \| ([\d.]+) s \| ([\d.]+) s \| ([\d.]+) \| ([\d.]+) \| (\d+) \|", row
    )
    assert found is not None
    theirs, ours, times, _, again = map(float, found.groups())
    assert times == pytest.approx(theirs / ours, rel=0.2)
    assert medians == f"| median | | | {found[3]} | {found[4]} | {found[5]} |"
    assert again > times


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "KeyError: 'project'"),
        ("[[project]]\nname = 'a'", "KeyError: 'folder'"),
        ("[project]", "TypeError"),
        ("=", "TOMLDecodeError"),
    ],
)
def test_a_file_that_lists_no_projects_is_refused(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "list.toml"
    file.write_text(content)

    with pytest.raises(SystemExit, match=rf"list\.toml lists no projects: {why}"):
        main(["--projects", str(file)])


@pytest.mark.slow
@pytest.mark.network
def test_the_monorepo_is_measured_with_popular_packages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--packages", "--apps", "1", "--runs", "1"])

    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == 4
