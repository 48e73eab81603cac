"""Library: what may be done with real objects, as rows.

- `rows` lists modules, callables by identity, methods by class, and what changes its receiver.
- A row must be pure, deterministic, and quick for the sizes that `limits` admits.
- What no row lists is `Opaque`: it is passed about, never called.
- To add a callable or a method: its name in `rows`, and a case in a test of the evaluator. Names
  that a version of a library does not have are skipped.
- `kinds` says what a real object is by the names of its classes: no library is loaded for that.
- Providers add rows by `lookup.admit`.
"""
