"""Classes: made real, on real bases, with methods that the machine runs.

- A class that must not be made real is the domain's.
- Metaclasses of the user's are run in Python's order, and end in `type.__new__`, which makes the
  class with what they gave it. What they could say of equality, hashing or look-up is refused.
- What library code could read of a class is never `Unknown`: it refuses to be read.
"""
