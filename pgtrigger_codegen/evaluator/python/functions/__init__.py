"""Functions: the user's, as real functions whose body the machine runs.

- Real code may call them: then what is not known leaves as a `Refusal`, which it cannot catch.
- Generators run as far as they are asked. `yielding` has a statement's like for bodies that yield.
- A `yield` within an expression is followed where Python's order of evaluation is that of fields.
"""
