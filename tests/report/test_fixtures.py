"""`report` and `graph` on each fixture project: nothing crashes, whatever cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import run_cli
from tests.support.projects import ALL, copy_project


@pytest.mark.parametrize("name", ALL)
def test_a_fixture_project(name: str, tmp_path: Path) -> None:
    project = copy_project(name, tmp_path)

    report = run_cli(project, "report", "--output-format", "json")
    graph = run_cli(project, "graph", "--output-format", "json")

    assert (report.exit_code, graph.exit_code) == (0, 0)
    drawn = {trigger["uri"] for trigger in json.loads(graph.stdout)["triggers"]}
    changes = json.loads(report.stdout)["changes"]
    shown = run_cli(project, "show", "--output-format", "json").data
    assert {trigger["uri"] for trigger in shown["triggers"]} <= drawn
    assert {change["uri"] for change in changes if change["kind"] == "add"} <= drawn
    assert len(json.loads(graph.stdout)["unresolved"]) == len(shown["unresolved"])
