"""Writes the report as a comment on a pull request, or updates the one that is there.

Run by `action.yml`, with variables of GitHub Actions and these: FILE, the report; NUMBER, of the
pull request; DIRECTORY, the project's folder, since each project of a repository has its own
comment; TOKEN.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = 100  # comments that are asked for at a time, the most that GitHub gives
NOTHING = "No trigger changes"


def main() -> None:
    """Does it; a missing permission is a notice, since it must not fail the job."""
    report = Path(os.environ["FILE"]).read_text(encoding="utf-8")
    marker = f"<!-- pgtrigger-codegen: {json.dumps(os.environ['DIRECTORY'])} -->"
    body = {"body": f"{marker}\n{report}"}
    comments = f"issues/{os.environ['NUMBER']}/comments"
    try:
        known = next(_own(comments, marker), None)
        if known is not None:
            _ask("PATCH", f"issues/comments/{known}", body)
        elif NOTHING not in report.split("\n")[1]:
            _ask("POST", comments, body)
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403, 404):
            raise
        print(
            "::notice::The report on triggers is in the job summary. To have it as a comment too,"
            " give the job `permissions: pull-requests: write`."
        )


def _own(comments: str, marker: str) -> Iterator[int]:
    """The ids of our own comments: a person can write the marker, too."""
    page = 1
    while listed := _ask("GET", f"{comments}?per_page={PAGE}&page={page}"):
        for comment in listed:
            is_bot = (comment.get("user") or {}).get("type") == "Bot"
            if is_bot and str(comment.get("body")).startswith(marker):
                yield int(comment["id"])
        page += 1


def _ask(method: str, path: str, content: object = None) -> Any:
    address = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    request = urllib.request.Request(
        address,
        data=None if content is None else json.dumps(content).encode(),
        method=method,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


if __name__ == "__main__":
    main()
