"""A real PostgreSQL, real Django processes, and the fixture projects."""
