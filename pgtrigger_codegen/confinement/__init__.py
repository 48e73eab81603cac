"""The second wall: while a stranger's code is read, this process can only read.

The first wall is the evaluator, which never calls what is not listed. This one assumes that the
first has a hole: Python reports what it is about to do, and a hook refuses what reading a project
never needs (https://docs.python.org/3/library/audit_events.html).
"""
