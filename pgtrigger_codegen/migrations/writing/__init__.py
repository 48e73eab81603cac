"""Stage migrations, writing: the text of new files, and additions to existing files."""
