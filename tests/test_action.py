"""The GitHub Action: its steps, run by bash as a runner does, beside a server that is GitHub."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.git_project import PROTECT, STAMP, GitProject
from tests.support.projects import REPOSITORY

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Runner:
    """Runs the steps as GitHub does, all but the installation.

    Attributes:
        contexts: Values of expressions, beside the inputs.
    """

    def __init__(self, project: GitProject, scratch: Path) -> None:
        self.project = project
        self.scratch = scratch
        self.summary = scratch / "summary.md"
        self.summary.touch()
        self.contexts = {
            "github.base_ref": "main",
            "github.event_name": "pull_request",
            "github.event.pull_request.number": "7",
            "github.token": "secret",
            "github.action_path": str(REPOSITORY),
        }
        self.server = "http://127.0.0.1:1"
        tools = scratch / "pgtrigger-codegen" / "bin"
        tools.mkdir(parents=True)
        (tools / "python").symlink_to(sys.executable)
        (tools / "pgtrigger-codegen").write_text(
            f"#!/bin/sh\nexec '{sys.executable}' -m pgtrigger_codegen \"$@\"\n"
        )
        (tools / "pgtrigger-codegen").chmod(0o755)

    def comment(self, report: str, folder: str = ".") -> tuple[int, str]:
        """Runs the step that comments, with a report that was written before."""
        file = self.scratch / "report.md"
        file.write_text(f"<!-- pgtrigger-codegen report -->\n{report}\n")
        known = {
            **self.contexts,
            "steps.report.outputs.file": str(file),
            "inputs.token": "secret",
            "inputs.working-directory": folder,
        }
        return self._step(STEPS["Comment"], known)[:2]

    def run(self, **inputs: str) -> tuple[int, str]:
        """The exit code of the step that fails, and what all have printed."""
        known = dict(self.contexts)
        for name, declared in ACTION["inputs"].items():
            default = EXPRESSION.sub(lambda match: known[match[1]], str(declared["default"]))
            known[f"inputs.{name}"] = inputs.pop(name.replace("-", "_"), default)
        assert not inputs
        output = ""
        for name, step in STEPS.items():
            if name == "Install" or not self._is_wanted(step, known):
                continue
            code, printed, outputs = self._step(step, known)
            output += printed
            for key, value in outputs.items():
                known[f"steps.{step['id']}.outputs.{key}"] = value
            if code:
                return code, output
        return 0, output

    def _is_wanted(self, step: dict[str, Any], known: dict[str, str]) -> bool:
        conditions = step["if"].split(" && ") if "if" in step else []
        pairs = [condition.split(" == ") for condition in conditions]
        return all(known[name] == value.strip("'") for name, value in pairs)

    def _step(self, step: dict[str, Any], known: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        outputs = self.scratch / "output"
        outputs.write_text("")
        own = {
            name: EXPRESSION.sub(lambda match: known.get(match[1], ""), text)
            for name, text in step.get("env", {}).items()
        }
        variables = {name: text for name, text in os.environ.items() if not name.startswith("GIT")}
        variables |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(REPOSITORY),
            "GITHUB_API_URL": self.server,
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_REPOSITORY": "shop/shop",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "PYTHONPATH": str(REPOSITORY),
            "RUNNER_TEMP": str(self.scratch),
        }
        result = subprocess.run(
            [*BASH, "-c", step["run"]],
            cwd=self.project.root,
            env={**variables, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        return result.returncode, result.stdout, found


class GitHub:
    """A server with the comments of one pull request.

    Attributes:
        comments: As the API has them.
        calls: Method and path.
        refusal: The status of all answers to what writes, if they are refusals.
    """

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.refusal: int | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, method: str, path: str, content: dict[str, Any]) -> tuple[int, Any]:
        self.calls.append((method, path))
        where, _, query = path.removeprefix("/repos/shop/shop/").partition("?")
        if method == "GET":
            assert where == "issues/7/comments"
            page = int(query.rpartition("=")[2])
            return 200, self.comments[(page - 1) * 100 : page * 100]
        if self.refusal:
            return self.refusal, {}
        if method == "POST":
            assert where == "issues/7/comments"
            user = {"type": "Bot"}
            self.comments.append({"id": len(self.comments) + 1, "user": user, **content})
            return 201, {}
        (comment,) = (one for one in self.comments if where == f"issues/comments/{one['id']}")
        comment.update(content)
        return 200, {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def _respond(self) -> None:
                assert self.headers["Authorization"] == "Bearer secret"
                size = int(self.headers.get("Content-Length") or 0)
                content = json.loads(self.rfile.read(size)) if size else {}
                status, found = answer(self.command, self.path, content)
                data = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = _respond  # noqa: N815  (named by the library)

            def log_message(self, format: str, *args: object) -> None:
                """Prints nothing."""

        return Handler


@pytest.fixture
def github() -> Iterator[GitHub]:
    found = GitHub()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def runner(tmp_path: Path, github: GitHub, *triggers: str) -> Runner:
    project = GitProject(tmp_path / "project", *triggers)
    project.git("update-ref", "refs/remotes/origin/main", "main")
    made = Runner(project, tmp_path / "temp")
    made.server = github.address
    return made


@pytest.fixture
def changed(tmp_path: Path, github: GitHub) -> Runner:
    """A pull request with a new trigger and its migration."""
    (tmp_path / "temp").mkdir()
    made = runner(tmp_path, github, PROTECT)
    made.project.declare(PROTECT, STAMP)
    made.project.migrate()
    made.project.commit()
    return made


def test_a_change_with_its_migration_passes(changed: Runner, github: GitHub) -> None:
    code, output = changed.run()

    assert code == 0, output
    assert "No changes detected" in output
    assert "### Triggers since `origin/main`: 1 added" in changed.summary.read_text()
    (comment,) = github.comments
    assert comment["body"].startswith('<!-- pgtrigger-codegen: "." -->\n')
    assert "`shop.Order:stamp`" in comment["body"]


def test_the_comment_is_updated(changed: Runner, github: GitHub) -> None:
    strangers = '<!-- pgtrigger-codegen: "." -->'
    github.comments += [
        {"id": number, "user": {"type": "User"}, "body": strangers} for number in range(1, 150)
    ]
    changed.comment("### Triggers: 1 added")

    code, _ = changed.comment("No trigger changes.")

    assert code == 0
    assert len(github.comments) == 150
    assert "No trigger changes." in github.comments[-1]["body"]
    assert all(comment["body"] == strangers for comment in github.comments[:-1])


def test_nothing_is_written_where_nothing_changes(changed: Runner, github: GitHub) -> None:
    code, _ = changed.comment("No trigger changes since `main`.")

    assert code == 0
    assert {method for method, _ in github.calls} == {"GET"}


def test_each_project_of_a_repository_has_its_comment(changed: Runner, github: GitHub) -> None:
    outcomes = [changed.comment("### Triggers: 1 added", folder) for folder in ("a", "b", "a")]

    assert [code for code, _ in outcomes] == [0, 0, 0]
    assert len(github.comments) == 2


def test_without_permission_there_is_a_notice(changed: Runner, github: GitHub) -> None:
    github.refusal = 403

    code, output = changed.comment("### Triggers: 1 added")

    assert code == 0, output
    assert "::notice::" in output
    assert "pull-requests: write" in output
    assert github.comments == []


def test_another_refusal_fails(changed: Runner, github: GitHub) -> None:
    github.refusal = 500

    code, _ = changed.comment("### Triggers: 1 added")

    assert code == 1


@pytest.mark.slow
def test_a_missing_migration_fails_after_all_steps(changed: Runner, github: GitHub) -> None:
    changed.project.declare(STAMP.replace("RETURN NEW;", ""))

    code, output = changed.run()

    assert code == 1
    assert re.search(r"^::error .*file=shop/models\.py,.*PGT302", output, re.MULTILINE)
    assert "1 new error" in changed.summary.read_text()
    assert "::error title=Migrations of triggers are missing::" in output
    assert "PGT401" in output
    assert len(github.comments) == 1
    assert "**none yet**" in changed.summary.read_text()


def test_a_history_that_is_missing_fails(changed: Runner) -> None:
    code, output = changed.run(since="origin/other", lint="false", check="false")

    assert code == 2
    assert "fetch-depth: 0" in output
    assert "::error title=No report on triggers::" in output


@pytest.mark.slow
def test_inputs_are_no_code(changed: Runner, tmp_path: Path) -> None:
    evil = f'"; touch {tmp_path}/owned; $(touch {tmp_path}/owned)'

    code, _ = changed.run(since=evil, lint="false", check="false")

    assert code == 2
    assert not (tmp_path / "owned").exists()
    for step in STEPS.values():
        assert "${{" not in step["run"]


def test_steps_can_be_left_out(changed: Runner, github: GitHub) -> None:
    code, output = changed.run(lint="false", check="false", report="false")

    assert (code, output, github.calls) == (0, "", [])


def test_an_old_python_is_refused(changed: Runner, tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    step = {**STEPS["Install"], "env": {"PYTHON": str(old), "REQUIREMENT": "x"}}

    code, output, _ = changed._step(step, {})

    assert code == 2
    assert "needs Python 3.11 or later" in output


@pytest.mark.slow
@pytest.mark.network
def test_the_installation(changed: Runner) -> None:
    (changed.scratch / "pgtrigger-codegen" / "bin" / "pgtrigger-codegen").unlink()
    (changed.scratch / "pgtrigger-codegen" / "bin" / "python").unlink()
    variables = {"PYTHON": sys.executable, "REQUIREMENT": str(REPOSITORY)}

    code, output, _ = changed._step({**STEPS["Install"], "env": variables}, {})

    assert code == 0, output
    tool = changed.scratch / "pgtrigger-codegen" / "bin" / "pgtrigger-codegen"
    shown = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("pgtrigger-codegen, version")
    # What is no Python is part of the wheel, too.
    drawn = subprocess.run(
        [tool, "-C", changed.project.root, "graph", "--output-format", "html"],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "<script>" in drawn.stdout


def test_no_action_of_others_is_used_unless_it_is_pinned() -> None:
    for step in STEPS.values():
        assert re.fullmatch(r".*@[0-9a-f]{40}", step.get("uses", "@" + "0" * 40))


def test_all_inputs_are_documented() -> None:
    page = (REPOSITORY / "docs" / "ci.md").read_text()

    for name, declared in ACTION["inputs"].items():
        assert declared["description"]
        assert f"| `{name}` |" in page, name
