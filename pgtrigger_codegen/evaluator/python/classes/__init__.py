"""Classes: made real, on real bases, with methods that the machine runs.

- A class that must not be made real is the domain's.
- Metaclasses of the user's are not run.
- What library code could read of a class is never `Unknown`: it refuses to be read.
"""
