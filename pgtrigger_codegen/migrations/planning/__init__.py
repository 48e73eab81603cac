"""Stage migrations, planning: the missing files of every app, and their contents."""
