"""Mirrors the package; `support` holds what several folders share."""
