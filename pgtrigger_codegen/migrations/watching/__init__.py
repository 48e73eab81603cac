"""Stage migrations, watching: facts about single operations of a history."""
