"""The evaluator: an interpreter of source that executes none of it.

It goes one way, from bottom to top: `limits` (what may be spent), `values` (what exists), `modules`
(where source comes from), `protocols` (what rules see of each other), `library` (what may be done
with real objects), `python` (the rules of Python), `django` (what Django adds), `interpreter`.

- A value is plain data, a value of ours, or a library object that a row lists.
- What is not known is `Unknown`, with the reason and the place; it never crosses into real code.
- No module leads back to itself. A rule that needs another one asks the machine.
- To extend it: a callable, a method or a type is a row in `library/tables`; a statement or an
  expression is a function and a line in the table of `python/statements.py` or
  `python/expressions.py`; what is Django's is a line in a table of `django`.
"""
