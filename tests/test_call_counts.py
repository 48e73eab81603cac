"""How much work the commands do, counted in calls of Python functions: never in seconds.

A second way through the models, or a loop over all triggers for each of them, shows here at once,
on whatever machine. How much one app costs is no test's matter: `benchmarks` measures that.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import monorepo
from tests.support.cli import run_process

SIZES = (4, 8, 16)

COMMANDS = ("makemigrations --check", "lint")

# Reading migrations, and what function bodies do, are kept: more than a quarter of the work.
LESS_AFTER_EDIT = 0.75

COUNT_CACHED = """\
import gc, sys
gc.disable()
from pgtrigger_codegen.cli import entry
from pgtrigger_codegen.incremental import sharing, worker
worker.WORTH_IT = 0  # only then anything is kept but the result
sharing.WORTH_IT = 10**9  # in this process, where calls are counted
calls = 0
def count(frame, event, argument):
    global calls
    calls += event == "call"
sys.setprofile(count)
try:
    entry.run()
except SystemExit as end:
    assert end.code in (0, None), end.code
finally:
    sys.setprofile(None)
print(calls)
"""

COUNT = """\
import gc, sys
gc.disable()
from pgtrigger_codegen.cli.main import main
from pgtrigger_codegen.incremental import sharing, worker
worker.WORTH_IT = sharing.WORTH_IT = 10**9  # in this process, where calls are counted
calls = 0
def count(frame, event, argument):
    global calls
    calls += event == "call"
sys.setprofile(count)
try:
    main(sys.argv[1:], standalone_mode=False)
except SystemExit as end:
    assert end.code in (0, None), end.code
finally:
    sys.setprofile(None)
print(calls)
"""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    made = {}
    for apps in SIZES:
        made[apps] = tmp_path_factory.mktemp(f"apps_{apps}")
        monorepo.write(made[apps], monorepo.Size(apps, modules=2))
    return made


def calls(project: Path, command: str, script: str = COUNT) -> int:
    result = run_process(
        project, *command.split(), python=("-c", script), variables={"PYTHONHASHSEED": "0"}
    )
    assert result.exit_code == 0, result.stderr
    return int(result.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_work_grows_with_the_project_and_no_faster(projects: dict[int, Path], command: str) -> None:
    small, middle, large = (calls(projects[apps], command) for apps in SIZES)
    first, second = (middle - small) / 4, (large - middle) / 8
    assert second <= 1.1 * first, (small, middle, large)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_after_an_edit_less_is_done(projects: dict[int, Path], command: str) -> None:
    ends = [projects[min(SIZES)], projects[max(SIZES)]]
    small, large = (calls_after_edit(project, command) for project in ends)
    whole_small, whole_large = (calls(project, command) for project in ends)
    assert large - small <= LESS_AFTER_EDIT * (whole_large - whole_small)


def calls_after_edit(project: Path, command: str) -> int:
    calls(project, command, COUNT_CACHED)
    edited = project / "app_001/models.py"
    text = edited.read_text()
    edited.write_text(f"{text}\n\nNUMBER = 1\n")
    try:
        return calls(project, command, COUNT_CACHED)
    finally:
        edited.write_text(text)
