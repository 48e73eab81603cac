"""Stage migrations, replaying: the history gone through, and the triggers that it leaves."""
