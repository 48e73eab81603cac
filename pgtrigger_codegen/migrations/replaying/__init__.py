"""Stage migrations, replaying: replays the history, which gives the installed triggers."""
