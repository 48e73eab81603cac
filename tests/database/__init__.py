"""What the written migrations do to a real PostgreSQL."""
