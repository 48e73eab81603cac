"""Fixes: what each changes, and how several are applied. Nothing is written here."""
