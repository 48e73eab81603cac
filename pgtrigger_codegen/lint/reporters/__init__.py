"""Diagnostics as text: pure functions, the command line does the printing."""
