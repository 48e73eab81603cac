"""`init`: what it writes, what it leaves alone, and how it asks."""

from __future__ import annotations

import io
import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from pgtrigger_codegen.cli.main import main
from tests.support.cli import run_cli
from tests.support.git_project import PROTECT, STAMP, GitProject
from tests.support.projects import copy_project, write_files

SETTINGS = """\
INSTALLED_APPS = ["pgtrigger", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
"""
LINE = "PGTRIGGER_MIGRATIONS = False\n"


@pytest.fixture
def project(tmp_path: Path) -> GitProject:
    """With a trigger, and without RunSQL mode."""
    made = GitProject(tmp_path)
    made.write("settings.py", SETTINGS)
    made.declare(PROTECT)
    made.commit()
    return made


def _contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git/" not in str(path) and "cache" not in str(path)
    }


def _changed(root: Path, before: dict[str, bytes]) -> set[str]:
    now = _contents(root)
    return {name for name in {*before, *now} if before.get(name) != now.get(name)}


class _Terminal(io.BytesIO):
    """An input that somebody types."""

    def isatty(self) -> bool:
        return True


def test_first_steps_then_makemigrations(project: GitProject) -> None:
    outcome = run_cli(project.root, "init", "--yes")

    assert outcome.exit_code == 0
    assert "1. Set PGTRIGGER_MIGRATIONS = False in settings.py\n" in outcome.stdout
    assert f"+{LINE}" in outcome.stdout
    assert (project.root / "settings.py").read_text() == SETTINGS + LINE
    assert "Found 1 trigger in 1 of 1 app, all of it read\n" in outcome.stdout
    assert "makemigrations, then python manage.py migrate\n" in outcome.stdout
    project.migrate()
    assert run_cli(project.root, "makemigrations", "--check").exit_code == 0


def test_a_second_time_there_is_nothing_to_do(project: GitProject) -> None:
    (project.root / ".github/workflows").mkdir(parents=True)
    project.write(".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks: []\n")
    run_cli(project.root, "init", "--yes")
    before = _contents(project.root)
    again = run_cli(project.root, "init", "--yes")

    assert ".github/workflows/triggers.yml" in before
    assert again.stdout.startswith("Nothing to do: the first steps are done\n")
    assert _changed(project.root, before) == set()
    project.migrate()
    assert "lint; no migration is missing" in run_cli(project.root, "init", "--yes").stdout


def test_a_dry_run_shows_the_same_and_writes_nothing(project: GitProject) -> None:
    before = _contents(project.root)
    dry = run_cli(project.root, "init", "--dry-run")

    assert f"+{LINE}" in dry.stdout
    assert dry.stdout.splitlines()[-1].endswith("init")
    assert _changed(project.root, before) == set()


@pytest.mark.parametrize(("answers", "changed"), [("y\ny\n", 2), ("n\ny\n", 1), ("n\nn\n", 0)])
def test_on_a_terminal_it_asks_for_each_step(
    project: GitProject, answers: str, changed: int
) -> None:
    (project.root / ".github/workflows").mkdir(parents=True)
    before = _contents(project.root)
    command = ["-C", str(project.root), "init"]
    typed = _Terminal(answers.encode())
    result = CliRunner().invoke(main, command, input=typed, catch_exceptions=False)

    assert result.exit_code == 0
    assert len(_changed(project.root, before)) == changed
    if answers[0] == "n":
        assert "Next: PGTRIGGER_MIGRATIONS = False in the settings, then" in result.stdout


def test_whoever_ends_the_questions_has_changed_nothing(project: GitProject) -> None:
    """The first answer was yes."""
    (project.root / ".github/workflows").mkdir(parents=True)
    before = _contents(project.root)
    command = ["-C", str(project.root), "init"]
    result = CliRunner().invoke(main, command, input=_Terminal(b"y\n"), catch_exceptions=False)

    assert result.exit_code == 1
    assert "Aborted!" in result.output
    assert _changed(project.root, before) == set()


def test_nobody_is_asked_who_cannot_answer(project: GitProject) -> None:
    outcome = run_cli(project.root, "init")

    assert outcome.exit_code == 2
    assert "add --yes to do all steps, or --dry-run" in outcome.stderr
    assert outcome.stdout == ""


def test_a_step_can_be_skipped(project: GitProject) -> None:
    outcome = run_cli(project.root, "init", "--yes", "--skip", "settings")

    assert "Nothing to do" in outcome.stdout
    assert (project.root / "settings.py").read_text() == SETTINGS


SPLIT = {
    "settings.py": None,
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "conf.local")\n',
    "conf/__init__.py": "",
    "conf/base.py": SETTINGS,
    "conf/local.py": "from .base import *\nDEBUG = True\n",
    "conf/production.py": "from .base import *\n",
}


def _split(project: GitProject, **others: str) -> None:
    (project.root / "settings.py").unlink()
    files = {name: text for name, text in SPLIT.items() if text is not None}
    write_files(
        project.root, {**files, **{f"conf/{name}.py": text for name, text in others.items()}}
    )


def test_split_settings_share_the_line(project: GitProject) -> None:
    _split(project)
    before = _contents(project.root)
    run_cli(project.root, "init", "--yes")

    assert _changed(project.root, before) == {"conf/base.py"}
    for module in ("local", "production"):
        assert (
            run_cli(
                project.root, "--settings", f"conf.{module}", "makemigrations", "--dry-run"
            ).exit_code
            == 0
        )
    assert (project.root / "conf/base.py").read_text() == SETTINGS + LINE


def test_where_the_shared_line_has_no_effect_the_settings_module_gets_it(
    project: GitProject,
) -> None:
    _split(project, local="from .base import *\nPGTRIGGER_MIGRATIONS = bool('yes')  # why\n")
    before = _contents(project.root)
    run_cli(project.root, "init", "--yes")

    assert _changed(project.root, before) == {"conf/local.py"}
    text = (project.root / "conf/local.py").read_text()
    assert text == "from .base import *\nPGTRIGGER_MIGRATIONS = False  # why\n"


CONFIGURATIONS = """\
from configurations import Configuration


class Local(Configuration):
    INSTALLED_APPS = ["pgtrigger", "shop"]
    PGTRIGGER_MIGRATIONS = True
"""


def test_what_no_line_can_set_is_left_to_do(project: GitProject) -> None:
    """Settings of django-configurations are in a class."""
    project.write("settings.py", CONFIGURATIONS)
    project.write(
        "manage.py",
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
        'os.environ.setdefault("DJANGO_CONFIGURATION", "Local")\n',
    )
    before = _contents(project.root)
    outcome = run_cli(project.root, "init", "--yes")

    assert outcome.exit_code == 0
    assert "Left to do: set PGTRIGGER_MIGRATIONS = False" in outcome.stdout
    assert "Next: PGTRIGGER_MIGRATIONS = False in the settings, then" in outcome.stdout
    assert _changed(project.root, before) == set()


def test_django_pgtrigger_becomes_an_app(project: GitProject) -> None:
    """In the quotes, and on the lines, of the others."""
    one_line = SETTINGS.replace('"pgtrigger", ', "")
    project.write("settings.py", one_line.replace('["shop"]', "['shop']"))
    run_cli(project.root, "init", "--yes")
    text = (project.root / "settings.py").read_text()

    assert text.startswith("INSTALLED_APPS = ['shop', 'pgtrigger']\n")
    assert text.endswith(LINE)
    project.write("settings.py", one_line.replace('["shop"]', '[\n    "shop",  # ours\n]'))
    run_cli(project.root, "init", "--yes")
    assert (
        (project.root / "settings.py")
        .read_text()
        .startswith('INSTALLED_APPS = [\n    "shop",\n    "pgtrigger",  # ours\n]\n')
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SETTINGS.replace("\n", "\r\n").encode(), (SETTINGS + LINE).replace("\n", "\r\n").encode()),
        (b"\xef\xbb\xbf" + SETTINGS.encode(), b"\xef\xbb\xbf" + (SETTINGS + LINE).encode()),
        (
            f"# coding: latin-1\nX = 'é'\n{SETTINGS}".encode("latin-1"),
            f"# coding: latin-1\nX = 'é'\n{SETTINGS}{LINE}".encode("latin-1"),
        ),
        (SETTINGS.rstrip().encode(), (SETTINGS + LINE).encode()),
        (b"A = 1\r\n" + SETTINGS.encode(), b"A = 1\r\n" + (SETTINGS + LINE).encode()),
    ],
    ids=["line ends", "byte order mark", "encoding", "no last line end", "mixed line ends"],
)
def test_the_file_stays_as_it_is_kept(project: GitProject, before: bytes, after: bytes) -> None:
    (project.root / "settings.py").write_bytes(before)
    run_cli(project.root, "init", "--yes")

    assert (project.root / "settings.py").read_bytes() == after


def test_a_file_that_cannot_be_written_stops_all(
    project: GitProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / ".github/workflows").mkdir(parents=True)
    before = _contents(project.root)
    allowed = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: "settings" not in str(path) and allowed(path, mode)
    )
    outcome = run_cli(project.root, "init", "--yes")

    assert outcome.exit_code == 2
    assert "settings.py cannot be written: Permission denied" in outcome.stderr
    assert _changed(project.root, before) == set()


def test_links_lead_to_files_of_the_project_alone(project: GitProject, tmp_path: Path) -> None:
    (project.root / "settings.py").rename(project.root / "real_settings.py")
    (project.root / "settings.py").symlink_to(project.root / "real_settings.py")
    assert run_cli(project.root, "init", "--yes").exit_code == 0
    assert (project.root / "settings.py").is_symlink()
    assert (project.root / "real_settings.py").read_text() == SETTINGS + LINE


def test_a_link_that_leads_elsewhere_is_not_followed(
    project: GitProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "config.yaml"
    outside.write_text("repos:\n- repo: local\n  hooks: []\n")
    (project.root / ".pre-commit-config.yaml").symlink_to(outside)
    run_cli(project.root, "init", "--yes")

    assert outside.read_text() == "repos:\n- repo: local\n  hooks: []\n"


def test_outside_of_git(project: GitProject) -> None:
    (project.root / ".git").rename(project.root / "gone")
    outcome = run_cli(project.root, "init", "--yes")

    assert outcome.exit_code == 0
    assert (project.root / "settings.py").read_text() == SETTINGS + LINE


def test_an_add_trigger_history_is_converted(tmp_path: Path) -> None:
    root = copy_project("adopted", tmp_path)
    committed = GitProject.__new__(GitProject)
    committed.root = root
    left = run_cli(root, "init", "--dry-run").stdout
    committed.git("init", "--quiet")
    committed.commit()
    outcome = run_cli(root, "init", "--yes")

    assert "Left to do: the project is not in a git repository" in left
    assert "Turn django-pgtrigger's operations into RunSQL in" in outcome.stdout
    assert "AddTrigger" not in "".join(path.read_text() for path in root.rglob("migrations/0*.py"))
    assert run_cli(root, "convert", "--check").exit_code == 0
    assert run_cli(root, "makemigrations", "--check").exit_code == 0


def test_much_that_lint_finds_goes_into_a_baseline(project: GitProject) -> None:
    broken = STAMP.replace("NEW.status = LOWER(NEW.status); ", "NEW.gone = 1; ")
    names = [f"stamp{number}" for number in range(12)]
    project.declare(*(broken.replace('"stamp"', f'"{name}"') for name in names))
    outcome = run_cli(project.root, "init", "--yes")
    table = tomllib.loads((project.root / "pyproject.toml").read_text())["tool"]

    assert "List 12 findings of today in pgtrigger-codegen-baseline.json" in outcome.stdout
    assert table["pgtrigger-codegen"] == {"lint": {"baseline": "pgtrigger-codegen-baseline.json"}}
    project.migrate()
    assert run_cli(project.root, "lint").exit_code == 0
    assert run_cli(project.root, "init", "--yes").stdout.startswith("Nothing to do")


def test_which_settings_are_meant_is_asked_for(project: GitProject) -> None:
    project.write("manage.py", "")
    for name in ("one", "two"):
        project.write(f"{name}/__init__.py", "")
        project.write(f"{name}/settings.py", SETTINGS)
        project.write(
            f"{name}/wsgi.py",
            f'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{name}.settings")\n',
        )
    project.write("pyproject.toml", "[project]\r\nname = 'x'\r\n")
    refused = run_cli(project.root, "init", "--yes")
    command = ["-C", str(project.root), "init", "--skip", "settings"]
    typed = _Terminal(b"two.settings\ny\n")
    result = CliRunner().invoke(main, command, input=typed, catch_exceptions=False)

    assert refused.exit_code == 2
    assert "pgtrigger-codegen --settings one.settings init or" in refused.stderr
    assert result.exit_code == 0
    text = (project.root / "pyproject.toml").read_bytes().decode()
    assert text.endswith('\r\n[tool.pgtrigger-codegen]\r\nsettings = "two.settings"\r\n')
    assert run_cli(project.root, "show").exit_code == 0


def test_the_environment_that_is_active_is_named_where_it_would_not_be_found(
    project: GitProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = project.root / "envs/dev/lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (project.root / "envs/dev/pyvenv.cfg").write_text("version = 3.11.7\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(project.root / "envs/dev"))
    project.write("pyproject.toml", '[tool.pgtrigger-codegen]\nexclude = ["x/**"]\n')
    run_cli(project.root, "init", "--yes")

    assert (project.root / "pyproject.toml").read_text() == (
        '[tool.pgtrigger-codegen]\npython = "envs/dev"\nexclude = ["x/**"]\n'
    )


def test_of_several_projects_each_has_its_own_steps(tmp_path: Path) -> None:
    projects = [GitProject(tmp_path / name, PROTECT) for name in ("one", "two")]
    for made in projects:
        (made.root / ".git").rename(tmp_path / f"gone-{made.root.name}")
        made.write("settings.py", SETTINGS)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git/objects").mkdir()
    (tmp_path / ".git/refs").mkdir()
    (tmp_path / ".pre-commit-config.yaml").write_text("repos:\n  - repo: local\n    hooks: []\n")
    refused = run_cli(tmp_path, "init", "--yes")
    for name in ("one", "two"):
        assert run_cli(tmp_path / name, "init", "--yes").exit_code == 0
    hooks = (tmp_path / ".pre-commit-config.yaml").read_text()

    assert refused.exit_code == 2
    assert "pgtrigger-codegen -C one init; pgtrigger-codegen -C two init" in refused.stderr
    assert "entry: pgtrigger-codegen -C one lint --force-exclude --" in hooks
    assert "entry: pgtrigger-codegen -C two makemigrations --check --staged --" in hooks
    for name in ("one", "two"):
        assert (tmp_path / name / "settings.py").read_text() == SETTINGS + LINE
        assert run_cli(tmp_path / name, "init", "--yes").stdout.startswith("Nothing to do")


def test_a_project_without_triggers_is_told_to_declare_one(project: GitProject) -> None:
    project.declare()
    outcome = run_cli(project.root, "init", "--yes")

    assert "Found 0 triggers in 0 of 1 app, all of it read" in outcome.stdout
    assert "Next: declare a trigger (https://" in outcome.stdout


def test_what_was_not_read_is_looked_at_first(project: GitProject) -> None:
    project.declare("pgtrigger.Protect(name=unknown())")
    outcome = run_cli(project.root, "init", "--yes")

    assert "with 1 gap, which show lists" in outcome.stdout
    assert "lint, which tells what could not be read" in outcome.stdout
