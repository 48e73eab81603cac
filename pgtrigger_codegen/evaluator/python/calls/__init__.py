"""Calls: what is interpreted, what is called for real, and what is refused.

- Before a real call: is it listed, are all arguments known, are they small enough, is none a value
  of ours that it would look into.
- Makers of classes and functions are rows of their own; only what they make becomes callable.
- What a real call gives passes the membrane.
"""
