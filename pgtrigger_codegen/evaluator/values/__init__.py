"""Values that an expression can have besides real objects, and notes made on the way.

- Records without rules: how a value behaves is said in `python` and `django`, by its type.
- `Unknown` carries a reason in words about the user's code, and the place of the very expression.
- `Opaque` is known by its name alone: it can be passed about and compared, and no more.
- `own_kinds` lists the types that real code must never be given.
- `user_classes`: the user's own classes, and the faces that Python has of them.
- `classes` answers what a class derives from and what it binds, for real, user and model classes;
  `kinds` in `python/objects` says whether a class is the user's.
- `Findings` is what was declared. Python's rules carry it along and never look at it.
- A new type of value goes into `own_kinds`, and gets a reader and a caller where it has them.
"""
