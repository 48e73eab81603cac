"""Stage migrations: the triggers that migrations leave installed, and the files that are missing.

`reading` lists the migration files and orders them, `replaying` finds what they leave behind, with
the tables as `schema` keeps book of them, and `watching` looks on while it happens. `changes`
compares the outcome with the source and finds what an operation has to wait for, `writing` renders
operations, and `planning` goes through all of that for every app. `collapse` and `conversion`
rewrite a history that is there. Nothing here writes to the disk: the outcome is text.
"""
