"""Stage migrations, schema: the tables and columns that a history makes, and their names."""
