"""Stage migrations: what the project's migrations leave installed, and the files that are missing.

`reader` lists the files, `graph` orders them, `state` replays them. `autodetector` compares
the outcome with the source, `requirements` finds what a new migration has to wait for, and
`writer` renders it. `planner` goes through all of that for every app. Nothing here writes:
the outcome is text.
"""
