"""Stage certificate: was everything read that could declare a trigger?

Earlier stages note what they passed over (`source/unread.py`). Here each such fact becomes a gap
that says which triggers it may hide, and one function decides from all gaps whether a trigger may
exist unread. No command has a rule of its own.
"""
