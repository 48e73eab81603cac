"""Facts into diagnostics: what will go wrong with the triggers, before it is committed."""
