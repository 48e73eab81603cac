"""Classes: values of ours, or made real on real bases; the machine runs their methods.

- A class that derives from nothing but such classes is a `Class`: `user_classes` makes it.
- On a builtin's or a library's base, by a metaclass or with `__slots__`, a class is made real. What
  it derives from besides are the faces of classes of ours, open for real code.
- A class that must not be made real is the domain's.
- Metaclasses of the user's are run in Python's order, and end in `type.__new__`, which makes the
  class with what they gave it. What they could say of equality, hashing or look-up is refused.
- What library code could read of a class is never `Unknown`: it refuses to be read.
"""
