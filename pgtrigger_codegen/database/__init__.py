"""Stage database: compares the installed triggers of a server with the source, and changes them.

`address` finds the server, `connection` connects, `catalog` reads what is there, `comparison`
and `lookalike` say whether it is what the source declares, `status` names the outcome, `plan`
turns a wish into statements and `execution` runs them. The only stage that uses psycopg.
"""
