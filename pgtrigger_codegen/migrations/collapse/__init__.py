"""Stage migrations, collapse: a run of migrations as one operation for each trigger."""
