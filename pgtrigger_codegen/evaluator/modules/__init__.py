"""Modules: their source, the order of their imports, and the names that they bind.

- A module is found, read and parsed once (`loader`); one that cannot be read is `Unknown`.
- What is read of files goes through `source`, which refuses what lies outside the project.
- A module that changes what another one has must be executed where it is imported, and not when a
  name of it is needed (`eager_imports`, from `effects` and `changing_statements`).
- Nothing here evaluates: what names mean is the business of `python/imports`.
"""
