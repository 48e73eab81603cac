"""Python: the rules of the language, and nothing of any framework.

- `machine` is on top and puts tables together; nobody below imports it.
- `expressions` and `statements` are tables: one function for each kind of node.
- `objects`: values in use, attributes, items, and the border to real code. `flow`: statements with
  blocks. `functions`, `calls`, `classes`, `imports`: what their names say.
- Code that may run or not is executed speculatively: what it binds otherwise is not known.
- A program binds what Python binds, or is refused with a reason; never anything else. Programs in
  `tests/evaluator/pure_python` are compared with Python itself.
- No Django: with `PlainPython` as its domain all of this runs where Django is not installed.
"""
