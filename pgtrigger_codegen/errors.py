"""Errors that stop a command.

User code that cannot be evaluated is not an error: it is an `Unknown` value, and stages
carry it along. What is here ends the run with a message that says what to do.
"""

from __future__ import annotations

SITE = "https://pgtrigger-codegen.github.io/pgtrigger-codegen"
"""Where the documentation is. `mkdocs.yml` says the same, and a test compares them."""


def docs_url(page: str) -> str:
    """The address of a page of `docs`, for a message: of `database.md#schemas`, say.

    A test looks for each page and heading that the package names.
    """
    name, _, heading = page.partition("#")
    return f"{SITE}/{name.removesuffix('.md')}/" + (f"#{heading}" if heading else "")


class CodegenError(Exception):
    """A command cannot go on.

    Attributes:
        exit_code: The process's exit code (2 by the contract of the command line).
        help: What the user can do about it, or None.
    """

    exit_code = 2

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  help: {self.help}" if self.help else message


class ConfigError(CodegenError):
    """The configuration of the tool, or of the project, cannot be used as it is."""


class ProjectError(CodegenError):
    """The project cannot be found, or cannot be read as a Django project."""


class ProviderError(CodegenError):
    """A provider that is installed cannot be used."""


class MigrationsError(CodegenError):
    """Migrations cannot be read or written as things stand."""
