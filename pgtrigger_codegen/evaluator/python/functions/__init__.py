"""Functions: the user's, as values of ours whose body the machine runs.

- Real code has a real function in the place of each, made by the membrane. What is not known leaves
  that as a `Refusal`, which real code cannot catch.
- A function ends where a statement of it raises, whether a `try` may catch that or not.
- Generators run as far as they are asked. `yielding` has a statement's like for bodies that yield.
- A `yield` within an expression is followed where Python's order of evaluation is that of fields.
"""
