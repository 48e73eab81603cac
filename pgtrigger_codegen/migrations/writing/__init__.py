"""Stage migrations, writing: operations as the text of new files, or put into files there are."""
