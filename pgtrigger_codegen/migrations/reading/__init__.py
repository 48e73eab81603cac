"""Stage migrations, reading: the migration files, their order, and their operations."""
