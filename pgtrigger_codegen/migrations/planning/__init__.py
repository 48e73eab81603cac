"""Stage migrations, planning: for every app, which files are missing and what stands in them."""
