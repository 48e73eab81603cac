"""Flow: statements with blocks, and how a block ends.

- A block gives a signal: `Return`, `Break`, `Continue`, `Maybe`, or None when it came to its end.
- Of blocks of which only one will run, all are executed; names keep what they agree on.
- An exception is `PythonRaise` in a function, and where a `try` may catch it. Elsewhere it is an
  `Invalid` value; a module that such a value decides about has ended, or may have.
"""
