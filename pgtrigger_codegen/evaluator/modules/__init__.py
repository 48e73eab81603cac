"""Modules: their source, the order of their imports, and the names that they bind.

- A module is found, read and parsed once (`loader`); one that cannot be read is `Unknown`.
- What is read of files goes through `source`, which refuses what lies outside the project.
- Nothing here evaluates: what names mean is the business of `python/imports`.
"""
