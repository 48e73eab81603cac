"""No module leads back to itself, by whatever kind of import."""

from __future__ import annotations

import graphlib

import grimp
import pytest


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The imports of the whole package, those for type checkers alone too."""
    return grimp.build_graph(
        "pgtrigger_codegen", exclude_type_checking_imports=False, cache_dir=None
    )


def test_no_modules_import_each_other_in_a_circle(graph: grimp.ImportGraph) -> None:
    imported = {
        module: graph.find_modules_directly_imported_by(module)
        for module in graph.modules
        if not module.startswith("pgtrigger_codegen.stubs.")
    }

    graphlib.TopologicalSorter(imported).prepare()  # names a circle, if there is one


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("pgtrigger_codegen.__main__", "pgtrigger_codegen.cli.entry"),  # in a function
        ("pgtrigger_codegen.engine", "pgtrigger_codegen.migrations.planning.history"),  # for types
    ],
)
def test_no_kind_of_import_is_left_out(
    importer: str, imported: str, graph: grimp.ImportGraph
) -> None:
    assert imported in graph.find_modules_directly_imported_by(importer)
