"""What `docs/ci.md` shows beside the GitHub Action: the job for GitLab, and the hooks."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cli import run_cli
from tests.support.git_project import PROTECT, STAMP, GitProject
from tests.support.projects import REPOSITORY

PAGE = (REPOSITORY / "docs" / "ci.md").read_text()
HOOKS = {
    hook["id"]: hook for hook in yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
}
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _documents() -> list[dict[str, Any]]:
    return [yaml.safe_load(block) for block in _BLOCK.findall(PAGE)]


class GitLab:
    """A server with the notes of one merge request, others' among them."""

    def __init__(self) -> None:
        stranger = {
            "id": 1,
            "author": {"id": 8},
            "body": "<!-- pgtrigger-codegen: triggers -->\nmine",
        }
        self.notes: list[dict[str, Any]] = [
            stranger,
            *({**stranger, "body": "hi"} for _ in range(120)),
        ]
        self.calls: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def own(self) -> list[str]:
        return [note["body"] for note in self.notes if note["author"]["id"] == 9]

    def answer(self, method: str, path: str, content: dict[str, str]) -> object:
        self.calls.append(method)
        place = path.partition("?")[0].removeprefix("/api/v4/")
        notes = "projects/3/merge_requests/7/notes"
        match method, place:
            case "GET", "user":
                return {"id": 9}
            case "GET", place if place == notes:
                page = int(path.rpartition("=")[2])
                return self.notes[(page - 1) * 100 : page * 100]
            case "POST", place if place == notes:
                self.notes.append({"id": 1000, "author": {"id": 9}, **content})
            case "PUT", place if place == f"{notes}/1000":
                self.notes[-1].update(content)
            case _:
                raise AssertionError(path)
        return {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def _respond(self) -> None:
                assert self.headers["PRIVATE-TOKEN"] == "secret"
                size = int(self.headers.get("Content-Length") or 0)
                content = json.loads(self.rfile.read(size)) if size else {}
                data = json.dumps(answer(self.command, self.path, content)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = _respond  # noqa: N815  (named by the library)

            def log_message(self, format: str, *args: object) -> None:
                """Prints nothing."""

        return Handler


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    found = GitLab()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.mark.slow
def test_the_job_for_gitlab(tmp_path: Path, gitlab: GitLab) -> None:
    (job,) = (document["triggers"] for document in _documents() if "triggers" in document)
    project = GitProject(tmp_path / "project", PROTECT)
    project.declare(PROTECT, STAMP.replace("RETURN NEW;", ""))
    project.commit()
    called = tmp_path / "called"
    tools = _tools(tmp_path / "bin", called)
    variables = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "REPORT_TOKEN": "secret",
        "CI_API_V4_URL": f"http://127.0.0.1:{gitlab.server.server_address[1]}/api/v4",
        "CI_JOB_NAME": "triggers",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": project.git("rev-parse", "main").strip(),
    }

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])],
            cwd=project.root,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    result = run()

    assert result.returncode == 1, result.stderr
    assert "1 added" in (project.root / job["artifacts"]["paths"][0]).read_text()
    quality = json.loads((project.root / job["artifacts"]["reports"]["codequality"]).read_text())
    assert "missing-return" in {finding["check_name"] for finding in quality}
    assert (
        called.read_text().splitlines()[0].startswith("pip install pgtrigger-codegen @ git+https:")
    )
    (note,) = gitlab.own
    assert note.startswith(
        "<!-- pgtrigger-codegen: triggers -->\n<!-- pgtrigger-codegen report -->\n"
    )
    assert "1 added" in note

    # The next pipeline updates the note, and a person's note that looks like it stays as it is.
    project.declare(PROTECT)
    assert run().returncode == 0
    (note,) = gitlab.own
    assert "No trigger changes" in note
    assert gitlab.notes[0]["body"].endswith("mine")
    assert gitlab.calls.count("POST") == 1


@pytest.mark.slow
def test_a_merge_request_without_changes_gets_no_note_on_gitlab(
    tmp_path: Path, gitlab: GitLab
) -> None:
    (job,) = (document["triggers"] for document in _documents() if "triggers" in document)
    (tmp_path / "report.md").write_text("<!-- pgtrigger-codegen report -->\nNo trigger changes.\n")
    (script,) = (part for part in job["script"] if part.startswith("python"))
    variables = {
        "CI_API_V4_URL": f"http://127.0.0.1:{gitlab.server.server_address[1]}/api/v4",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
    }

    environment = {**os.environ, **variables}

    # Without a token, nobody is asked.
    for token in ("", "secret"):
        assert gitlab.calls == []
        environment["REPORT_TOKEN"] = token
        subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, check=True)

    assert gitlab.own == []
    assert set(gitlab.calls) == {"GET"}


def _tools(folder: Path, called: Path) -> Path:
    folder.mkdir()
    (folder / "pip").write_text(f"#!/bin/sh\necho pip \"$@\" >> '{called}'\n")
    (folder / "pgtrigger-codegen").write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -m pgtrigger_codegen \"$@\"\n"
    )
    for path in folder.iterdir():
        path.chmod(0o755)
    return folder


def test_the_hooks_are_there_and_the_one_that_writes_is_off() -> None:
    (listed,) = (document["repos"][0]["hooks"] for document in _documents() if "repos" in document)
    shown = re.findall(r"id: ([\w-]+)$", PAGE, re.MULTILINE)

    assert [hook["id"] for hook in listed] == ["pgtrigger-codegen-lint", "pgtrigger-codegen-check"]
    assert set(shown) == set(HOOKS)


def test_what_the_hook_writes_has_to_be_added(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, STAMP)
    project.git("add", "--all")

    written = _run(project, "pgtrigger-codegen-makemigrations")
    refused = _run(project, "pgtrigger-codegen-check")
    project.git("add", "--all")
    accepted = _run(project, "pgtrigger-codegen-check")

    assert [written, refused, accepted] == [0, 1, 0]


def _run(project: GitProject, hook: str) -> int:
    assert not HOOKS[hook]["pass_filenames"]
    program, *arguments = shlex.split(HOOKS[hook]["entry"])
    assert program == "pgtrigger-codegen"
    return run_cli(project.root, *arguments).exit_code
