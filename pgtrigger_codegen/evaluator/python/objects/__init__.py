"""Objects: values in use, from their kinds up to assignments.

- `membrane` is the only border to real code: inward what is listed or opaque, outward no callable
  that would do something unchecked.
- `faces` are what Python has of the user's classes; `user_attributes` looks names up in these.
- `access` says which attributes of real objects may be read, and which names may be bound.
- A reader of attributes is chosen by the type of the value, in one table of the machine.
- Where something changed in a way that cannot be followed, the container is poisoned.
"""
