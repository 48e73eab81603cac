"""Whatever is hidden of a complete project: no installed trigger disappears, no removal is written.

Each history takes the project, hides something at random, and runs every command that writes or
drops, and those that say whether anything is missing.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.engine import Engine
from pgtrigger_codegen.project.config import Config
from tests.support.tracing import untraced
from tests.support.unread import (
    SOFTLY,
    TRIGGERS,
    Hidden,
    create_tables,
    installed,
    open_folder,
    write_complete_project,
)

QUICK, SLOW = 10, int(os.environ.get("PGTRIGGER_CODEGEN_TEST_HISTORIES", "2000"))
BATCH = 10
Hide = Callable[[Path, random.Random], str | None]


def _sources(root: Path) -> list[Path]:
    found = [path for path in root.rglob("*.py") if ".venv" not in path.parts]
    return sorted(path for path in found if "migrations" not in path.parts)


def _file(root: Path, chance: random.Random) -> str:
    path = chance.choice(_sources(root))
    path.unlink()
    return f"the file {path.relative_to(root)}"


def _folder(root: Path, chance: random.Random) -> str:
    folders = sorted(path for path in (root / "shop").rglob("*") if path.is_dir())
    folder = chance.choice([one for one in folders if one.name != "__pycache__"])
    shutil.rmtree(folder)
    return f"the folder {folder.relative_to(root)}"


def _permission(root: Path, chance: random.Random) -> str:
    folders = sorted(path for path in (root / "shop").rglob("*") if path.is_dir())
    path = chance.choice([*_sources(root), *folders, root / "shop"])
    path.chmod(0o000)
    return f"the permission of {path.relative_to(root)}"


def _app(root: Path, chance: random.Random) -> str:
    name = chance.choice(["orders", "audit", "stock", "extras"])
    if chance.random() < 0.5:
        (root / "shop" / name).rename(root / "shop" / f"{name}_gone")
    else:
        path = root / "config/settings.py"
        path.write_text(path.read_text().replace(f'"shop.{name}"', "unknown_app()"))
    return f"the app {name}"


def _import(root: Path, chance: random.Random) -> str | None:
    lines = [
        (path, number)
        for path in _sources(root)
        for number, line in enumerate(path.read_text().splitlines())
        if "import" in line and path.name not in ("manage.py", "settings.py")
    ]
    path, number = chance.choice(lines)
    text = path.read_text().splitlines()
    indent = text[number][: len(text[number]) - len(text[number].lstrip())]
    removed, text[number] = text[number], f"{indent}pass"
    path.write_text("\n".join(text) + "\n")
    return f"{removed.strip()} in {path.relative_to(root)}"


def _branch(root: Path, chance: random.Random) -> str | None:
    path = chance.choice([one for one in _sources(root) if "triggers = [" in one.read_text()])
    text = path.read_text()
    test = chance.choice(
        ['os.environ.get("HIDDEN")', 'os.environ.get("HIDDEN", "") == "1"', "unknown_flag()"]
    )
    start = text.index("        triggers = [")
    end = text.index("]\n", text.index("\n        ]\n", start) if "\n        ]" in text else start)
    block = text[start : end + 2]
    inside = "".join(f"    {line}\n" for line in block.splitlines())
    path.write_text("import os\n" + text.replace(block, f"        if {test}:\n{inside}"))
    return f"the triggers of {path.relative_to(root)} behind {test}"


def _syntax(root: Path, chance: random.Random) -> str:
    path = chance.choice([one for one in _sources(root) if one.read_text().strip()])
    lines = path.read_text().splitlines()
    number = chance.randrange(len(lines))
    lines[number] += chance.choice([" (", " )", " '", " :", " $"])
    path.write_text("\n".join(lines) + "\n")
    return f"the syntax of {path.relative_to(root)}:{number + 1}"


def _variable(root: Path, chance: random.Random) -> str:
    path = root / "config/settings.py"
    other = chance.choice(['"WITH_EXTRAS"', '"WITH_EXTRAS", "no"'])
    path.write_text(path.read_text().replace('"WITH_EXTRAS", "yes"', other))
    return f"the variable ({other})"


def _package(root: Path, chance: random.Random) -> str:
    shutil.rmtree(root / (SOFTLY if chance.random() < 0.5 else ".venv"))
    return "the package"


WAYS: tuple[Hide, ...] = (
    _file,
    _folder,
    _permission,
    _app,
    _import,
    _branch,
    _syntax,
    _variable,
    _package,
)


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    with open_folder() as folder:
        write_complete_project(folder)
        yield folder


@pytest.fixture
def dsn(pristine: Path, database: str) -> str:
    create_tables(database)
    outcome = Hidden(pristine, database).run("install", "--yes")
    assert outcome.exit_code == 0, outcome.stderr
    return database


def _check(pristine: Path, dsn: str, seed: int) -> None:
    chance = random.Random(seed)
    with open_folder() as folder:
        shutil.copytree(pristine, folder, dirs_exist_ok=True)
        what = chance.choice(WAYS)(folder, chance)
        project, before = Hidden(folder, dsn), installed(dsn)
        there = set(folder.rglob("migrations/*.py")) if os.access(folder / "shop", os.R_OK) else ()
        shown = project.run("show", "--output-format", "json", "--no-cache")
        uris = (
            {trigger["uri"] for trigger in shown.data["triggers"]} if shown.exit_code == 0 else ()
        )
        hidden = TRIGGERS - set(uris)
        kept = {one for one in before if one.partition(":pgtrigger_")[2][:-6] in _names(hidden)}
        assert len(kept) == len(hidden), (seed, what, hidden, before)

        asked = chance.choice([("makemigrations", "--check"), ("diff",), ("ls", "--check")])
        outcomes = [project.run(*asked, *(() if asked[0] == "ls" else ("--no-cache",)))]
        linted = project.run("lint", "--no-cache")
        assert linted.exit_code or not hidden, (seed, what, hidden, linted)
        outcomes.append(project.run("prune", "--yes"))
        assert installed(dsn) >= before, (seed, what, outcomes)
        away, back = chance.choice([("uninstall", "install"), ("disable", "enable")])
        outcomes.append(project.run(away, "--yes"))
        assert installed(dsn, enabled=True) >= kept, (seed, what, outcomes)
        outcomes.append(project.run(back, "--yes"))
        assert installed(dsn, enabled=True) == before, (seed, what, outcomes)
        outcomes.append(project.run("makemigrations", "--no-cache"))
        for outcome in outcomes:
            assert outcome.exit_code == 2 or not hidden, (seed, what, hidden, outcome)
        for path in set(folder.rglob("migrations/*.py")) - set(there):
            assert "Removes" not in path.read_text(), (seed, what, path.read_text())
            assert "remove" not in path.name, (seed, what, path.name)


def _names(uris: set[str]) -> set[str]:
    return {uri.rpartition(":")[2] for uri in uris}


@contextlib.contextmanager
def _one_analysis() -> Iterator[None]:
    """Lets the commands of one history share what they all have to find out alike.

    They begin with the same call, and nothing changes in between, until `makemigrations` writes.
    The first histories do without it.
    """
    analyze, known = pipeline.analyze, dict[tuple[object, ...], Analysis]()

    def shared(
        directory: Path,
        *,
        settings: str | None = None,
        config: Config | None = None,
        engine: Engine,
        is_eager: bool,
    ) -> Analysis:
        assert not is_eager
        key = (directory, settings)
        if key not in known:
            known.clear()
            known[key] = analyze(directory, settings=settings, config=config, engine=engine)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pgtrigger_codegen.cli.common.analyze", shared)
        yield


@pytest.mark.early
@pytest.mark.parametrize("batch", range(QUICK // BATCH))
def test_nothing_is_lost_whatever_is_hidden(pristine: Path, dsn: str, batch: int) -> None:
    with _one_analysis() if batch else contextlib.nullcontext():
        for seed in range(batch * BATCH, (batch + 1) * BATCH):
            _check(pristine, dsn, seed)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(QUICK // BATCH, SLOW // BATCH))
def test_nothing_is_lost_in_many_histories(pristine: Path, dsn: str, batch: int) -> None:
    # What these histories reach is covered by the quick ones.
    with _one_analysis(), untraced():
        for seed in range(batch * BATCH, (batch + 1) * BATCH):
            _check(pristine, dsn, seed)
