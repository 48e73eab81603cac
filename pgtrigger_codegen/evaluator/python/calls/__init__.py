"""Calls: interpreted ones, real ones, and refused ones.

- Before a real call: is it listed, are all arguments known, are they small enough, is none a value
  of ours that it would look into.
- Makers of classes and functions are rows of their own; only what they make becomes callable.
- What a real call gives passes the membrane.
"""
