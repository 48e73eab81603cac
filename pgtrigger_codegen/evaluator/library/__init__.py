"""Library: tables of the operations that are allowed on real objects.

- `rows` says what a row is; `tables` has them, one table for each library: modules with what is
  called in them, classes with the methods that are called, attributes of `_meta`.
- A row must be pure, deterministic, and quick for the sizes that `limits` admits.
- What no row lists is `Opaque`: it is passed about, never called.
- To add a callable, a type or a method: its row, and a program in a test of the evaluator. Names
  that a version of a library does not have are skipped.
- `kinds` says what a real object is by the names of its classes: no library is loaded for that.
- `lookup` answers questions about rows. Providers add theirs by `lookup.admit`.
"""
