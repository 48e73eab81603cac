"""`python -m tests.fuzz`: runs the commands on many changed projects, and says what broke them.

The cases run in other processes, with a limit on their memory, so that one which kills its process
is a failure like others and not the end.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import multiprocessing
import os
import pkgutil
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from multiprocessing.connection import Connection, wait
from pathlib import Path

import click

import pgtrigger_codegen
from pgtrigger_codegen.crashes import surface
from tests.fuzz.cases import failure, make

MOST_BYTES = 1 << 30
_PER_PROCESS = 50
"""Each run leaves something in memory, and a user's process has one run."""
MOST_WALL_SECONDS = 300
"""After so long without an end a process is given up, whatever holds it."""


@click.command()
@click.option("--count", default=10_000, show_default=True, help="How many cases to run.")
@click.option("--seed", type=int, help="Repeats a run; without one a new seed is taken.")
@click.option("--jobs", default=1, show_default=True, help="How many processes to use.")
@click.option("--case", help="Runs this one case alone, as a failure names it.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="With --case: the folder in which to leave the project.",
)
def main(count: int, seed: int | None, jobs: int, case: str | None, keep: Path | None) -> None:
    """Changes real source, settings, migrations and bodies, and runs the commands on them."""
    if case is not None:
        failed = _run_one(case, keep)
    else:
        seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        click.echo(f"seed {seed}, {count} cases")
        failed = _run_all([f"{seed}-{number}" for number in range(count)], jobs)
    sys.exit(1 if failed else 0)


def _run_one(case: str, keep: Path | None) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            message = f"{folder} is not empty"
            raise click.UsageError(message)
        made = make(case, folder)
        click.echo(f"{case}: {made.origin}, changed: {', '.join(made.changed)}")
        _prepare(Path(tempfile.mkdtemp(dir=scratch)) if keep else folder)
        found = failure(folder)
    click.echo(found or "no failure")
    return found is not None


def _import_all() -> None:
    """Once, for all processes: some modules are imported only where they are needed."""
    for module in pkgutil.walk_packages(pgtrigger_codegen.__path__, "pgtrigger_codegen."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _run_all(cases: list[str], jobs: int) -> bool:
    _import_all()
    started, done, failed = time.monotonic(), 0, 0
    waiting = [cases[start : start + _PER_PROCESS] for start in range(0, len(cases), _PER_PROCESS)]
    running: dict[Connection, list[str]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            share = waiting.pop(0)
            running[_start(share)] = share
        for ready in wait(list(running)):
            assert isinstance(ready, Connection)
            share = running.pop(ready)
            try:
                case, found = ready.recv()
            except EOFError:
                # The process is gone, in the middle of this case.
                case, found = share[0], "the process ended: its standard error says why"
                if share[1:]:
                    waiting.insert(0, share[1:])
            else:
                if share[1:]:
                    running[ready] = share[1:]
            done += 1
            if found is not None:
                failed += 1
                click.echo(f"FAILED {case}: {found}\nrepeat: python -m tests.fuzz --case {case}\n")
            if done % 500 == 0:
                click.echo(f"{done} done in {time.monotonic() - started:.0f} s, {failed} failed")
    click.echo(f"{done} cases, {failed} failed, {time.monotonic() - started:.0f} s")
    return failed > 0


def _start(cases: list[str]) -> Connection:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("fork")
    context.Process(target=_work, args=(cases, sender), daemon=False).start()
    sender.close()
    return receiver


def _work(cases: list[str], sender: Connection) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        _prepare(Path(scratch, "cache"))
        for number, case in enumerate(cases):
            folder = Path(scratch, str(number))
            folder.mkdir()
            faulthandler.dump_traceback_later(MOST_WALL_SECONDS, exit=True)
            make(case, folder)
            found = failure(folder)
            sender.send((case, found))
            shutil.rmtree(folder)
            if number % 10 == 9:
                gc.collect()
        faulthandler.cancel_dump_traceback_later()


def _prepare(cache: Path) -> None:
    os.environ["XDG_CACHE_HOME"] = str(cache)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    faulthandler.enable()
    gc.disable()  # as in the console script
    # As in pytest: a warning that we cause is a bug of ours.
    warnings.simplefilter("error")
    surface(everything=True)


if __name__ == "__main__":
    main()
