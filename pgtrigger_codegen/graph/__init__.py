"""Stage graph: tables and triggers, and who writes, reads and deletes what."""
