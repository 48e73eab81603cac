"""URIs of triggers on the command line: written in full, or as much of them as tells which one.

`customers.Customer:keep_protected` can be written `Customer:keep_protected`, `keep_protected`, or,
where the model has no other trigger, `customers.Customer` or `Customer`.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.source.misspelling import meant

_MOST_NAMED = 10


def full_uris(given: Iterable[str], known: AbstractSet[str]) -> tuple[str, ...]:
    """The URIs in full.

    Args:
        known: The URIs that there are.

    Raises:
        CodegenError: One means no trigger, or several.
    """
    return tuple(dict.fromkeys(full_uri(uri, known) for uri in given))


def full_uri(given: str, known: AbstractSet[str]) -> str:
    """The URI in full.

    Raises:
        CodegenError: It means no trigger, or several.
    """
    if given in known:
        return given
    found = sorted(uri for uri in known if given in short_forms(uri))
    if not found:
        raise unknown_uri(given, known)
    if len(found) > 1:
        raise CodegenError(
            f"`{given}` can mean {len(found)} triggers: {_listed(found)}",
            help="write more of the URI, which is app_label.ModelName:trigger_name",
        )
    return found[0]


def short_forms(uri: str) -> frozenset[str]:
    """What a URI may be shortened to, as far as it is the only one with that form."""
    path, _, name = uri.rpartition(":")
    model = path.rpartition(".")[2]
    return frozenset({name, f"{model}:{name}", path, model})


def unknown_uri(uri: str, known: Iterable[str]) -> CodegenError:
    """What to raise when no trigger has a URI.

    Args:
        known: The URIs that there are.
    """
    close = meant(uri, known)
    return CodegenError(
        f"no trigger has the URI `{uri}`",
        help=f"did you mean `{close}`?"
        if close
        else "a URI is app_label.ModelName:trigger_name; `pgtrigger-codegen show` lists them all",
    )


def _listed(uris: list[str]) -> str:
    more = len(uris) - _MOST_NAMED
    return ", ".join(uris[:_MOST_NAMED]) + (f", and {more} more" if more > 0 else "")
