"""The language server: what `lint` finds, in an editor, while somebody types.

Two processes share the work. One speaks with the editor (`language_server.py`) and never reads a
project; the other (`reader.py`) reads projects, has each run done by a fork of itself, and ends a
run that nobody waits for any more. Neither writes a file, unless the user asks for a migration.
"""
