"""Stage migrations, watching: what there is to say about single operations of a history."""
