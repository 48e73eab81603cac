"""Stage migrations, changes: the source against the history, and what each change waits for."""
