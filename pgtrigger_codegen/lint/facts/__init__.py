"""Facts that several rules share: what bodies do, what columns, tables and values there are."""
