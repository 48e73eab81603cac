"""Stage migrations, changes: compares source and history, and orders each change."""
