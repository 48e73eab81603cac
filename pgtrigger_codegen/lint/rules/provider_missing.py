"""PGT117: a library that registers triggers, and that cannot be asked about them."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.errors import docs_url
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import MissingProvider


class ProviderMissing(Rule):
    """## What it does
    Reports the first import of a library that is known to register triggers, when no provider
    beside `pgtrigger-codegen` tells which. The providers for django-pghistory and django-pgpubsub
    come with `pgtrigger-codegen`: they can only be missing where the library is not installed
    beside it, or where the project uses a release that is older than the provider is for
    (django-pghistory before 3.0), and this is an error then. For a library that nobody has
    written a provider for, it is a warning.

    ## Why is this bad?
    The library's own code makes these triggers. Without a provider they are not found: no
    migration is written for them, and existing ones cannot be compared.

    ## Example
    ```yaml
    - repo: https://github.com/pgtrigger-codegen/pgtrigger-codegen
      hooks:
        - id: pgtrigger-codegen-check
    ```

    ## Use instead
    ```yaml
    - repo: https://github.com/pgtrigger-codegen/pgtrigger-codegen
      hooks:
        - id: pgtrigger-codegen-check
          additional_dependencies: [the-package-with-the-provider]
    ```
    """

    code = "PGT117"
    name = "provider-missing"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        first = {
            missing.library: missing for missing in reversed(context.analysis.missing_providers)
        }
        for missing in first.values():
            yield self.diagnostic(
                f"The triggers that `{missing.library}` registers are not found: {missing.reason}",
                missing.span,
                severity=Severity.ERROR if missing.distribution else Severity.WARNING,
                help=_help(missing),
            )


def _help(missing: MissingProvider) -> str:
    if missing.too_old:
        return f"Upgrade {missing.distribution} in the project"
    if missing.distribution:
        return f"Install it where pgtrigger-codegen runs: pip install {missing.distribution}"
    return f"{docs_url('providers.md')} shows how to write one"
