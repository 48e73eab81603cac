from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.runner import run
from tests.lint import facts


class Always(Rule):
    """Reports what it is told to."""

    code = "PGT999"
    name = "always"
    severity = Severity.INFO

    def __init__(self, *findings: Diagnostic) -> None:
        self.findings = findings

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        yield from self.findings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("shop/models.py", "shop/forms.py", "shopping/models.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def reported(project: Path, *paths: str) -> list[str]:
    """The files reported on, of a rule that finds something in each."""
    everywhere = Always(
        *(facts.finding(facts.span(path=str(path))) for path in project.glob("*/*.py"))
    )
    found = run(facts.analysis(), [project / path for path in paths], rules=[everywhere])
    return [Path(one.span.path).relative_to(project).as_posix() for one in found]


def test_sorted_by_place_then_code() -> None:
    unsorted = [
        facts.finding(facts.span(9, 1)),
        facts.finding(facts.span(2, 9)),
        facts.finding(facts.span(2, 3), code="PGT105"),
        facts.finding(facts.span(2, 3), code="PGT002"),
        facts.finding(facts.span(99, path="/project/a.py")),
    ]

    found = run(facts.analysis(), rules=[Always(*unsorted[:2]), Always(*unsorted[2:])])

    assert found == [unsorted[index] for index in (4, 3, 2, 1, 0)]


def test_one_finding_made_twice_is_reported_once() -> None:
    twice = [facts.finding(facts.span()), facts.finding(facts.span())]

    assert run(facts.analysis(), rules=[Always(*twice)]) == twice[:1]


INSTALLED = facts.span(7, path="/project/.venv/lib/python3.11/site-packages/fields.py")


def test_what_is_found_in_a_package_is_reported_at_the_line_that_leads_there() -> None:
    steps = (
        Note("assigned", INSTALLED),
        Note("used", facts.span(3)),
        Note("declared", facts.span(9)),
    )

    (found,) = run(facts.analysis(), rules=[Always(facts.finding(INSTALLED, notes=steps))])

    assert found.span == facts.span(3)
    assert [(note.message, note.span.line) for note in found.notes] == [
        ("the reason is here", 7),
        ("assigned", 7),
        ("declared", 9),
    ]


def test_what_nothing_in_the_project_leads_to_stays_where_it_is() -> None:
    finding = facts.finding(INSTALLED, notes=(Note("assigned", INSTALLED),))

    assert run(facts.analysis(), rules=[Always(finding)]) == [finding]


def test_a_comment_silences_what_is_found_in_a_package(tmp_path: Path) -> None:
    models = tmp_path / "models.py"
    models.write_text("a = 1  # pgtrigger-codegen: ignore[PGT103] known\n")
    analysis = facts.analysis()
    analysis = replace(analysis, project=replace(analysis.project, root=tmp_path))
    used = Note("used", facts.span(1, path=str(models)))

    assert run(analysis, rules=[Always(facts.finding(INSTALLED, notes=(used,)))]) == []


def test_all_findings_of_a_given_file(project: Path) -> None:
    path = project / "shop" / "models.py"
    twice = [facts.finding(facts.span(line, path=str(path))) for line in (1, 2)]

    assert run(facts.analysis(), [path], rules=[Always(*twice)]) == twice


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], ["shop/forms.py", "shop/models.py", "shopping/models.py"]),
        (["."], ["shop/forms.py", "shop/models.py", "shopping/models.py"]),
        (["shop"], ["shop/forms.py", "shop/models.py"]),
        (["shop/forms.py", "shopping"], ["shop/forms.py", "shopping/models.py"]),
        (["shop/../shop/forms.py"], ["shop/forms.py"]),
    ],
)
def test_only_given_files_and_folders(project: Path, paths: list[str], expected: list[str]) -> None:
    assert reported(project, *paths) == expected


def test_a_path_through_a_link(project: Path) -> None:
    (project / "link.py").symlink_to(project / "shop" / "forms.py")

    assert reported(project, "link.py") == ["shop/forms.py"]


def test_a_path_that_does_not_exist_is_named(project: Path) -> None:
    with pytest.raises(CodegenError, match=r"no file or folder.*gone\.py") as caught:
        run(facts.analysis(), [project / "gone.py"])

    assert caught.value.exit_code == 2
