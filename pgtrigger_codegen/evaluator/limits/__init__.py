"""Limits on an evaluation: steps, depth, sizes and regular expressions.

- Every limit is a number in `totals` or beside the check that needs it.
- A check looks at arguments before the real call, never at the clock.
- What is passed raises `LimitPassed`, which becomes `Unknown`: nothing hangs, nothing is guessed.
- Work that real code does in one call is counted in steps (`work`), so that a total holds.
- Nothing here knows values of interpreted code or the machine.
"""
