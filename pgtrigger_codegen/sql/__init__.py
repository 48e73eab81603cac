"""Stage sql: compiled triggers → plain SQL, and SQL → facts.

`render` writes the statements that migrations run. `statements` reads any SQL back, ours and
others', `equivalence` says whether two texts install the same trigger, and `usage` which
tables and columns a trigger needs. All of it is text in, facts out.
"""
