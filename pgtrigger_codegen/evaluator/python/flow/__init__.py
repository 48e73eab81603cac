"""Flow: statements with blocks, and how a block ends.

- A block gives a signal: `Return`, `Break`, `Continue`, `Maybe`, or None when it came to its end.
- Of blocks of which only one will run, all are executed; names keep what they agree on.
- An exception is `PythonRaise` where a `try` may catch it, and an `Invalid` value elsewhere.
"""
