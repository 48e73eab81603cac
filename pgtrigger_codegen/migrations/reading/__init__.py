"""Stage migrations, reading: the migration files, their order, and what stands in them."""
