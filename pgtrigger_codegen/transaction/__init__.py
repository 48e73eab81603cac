"""Changes of a project's files: several are written so that all of them are there, or none."""
