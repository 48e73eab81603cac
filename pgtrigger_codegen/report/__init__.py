"""Stage report: what a change of the source does to triggers, for the people who review it."""
