"""Which modules change what Django has, by their text: `CharField.get_prep_value = …`.

Such a module need not mention django-pgtrigger, and says what is not known of triggers elsewhere.
"""

from __future__ import annotations

import ast
import re

from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.statements import statements_within

# Calls that add to a class, a model or its options, and assignments within `_meta`.
_ADDING = re.compile(
    r"\.register_lookup\b|\.add_to_class\(|(?<!super\(\))\.contribute_to_class\("
    r"|^[ \t]*\w[\w.]*\._meta\.[^=\n]*=(?!=)",
    re.MULTILINE,
)
# `name.attribute = …`, `del name.attribute`, `setattr(name, …)`, wherever they stand.
_CHANGED = re.compile(
    r"^[ \t]*(?:del[ \t]+)?(\w+)(?:\.\w+)+[ \t]*(?:=(?!=)|:[^=\n]+=|,|$)"
    r"|\b(?:setattr|delattr|patch\.object)\([ \t\n]*(\w+)",
    re.MULTILINE,
)
_IMPORTS_WITHIN = re.compile(
    r"^[ \t]+(?:from[ \t]+django\.db[\w.]*[ \t]+import[ \t]+(.+)|import[ \t]+django\b)",
    re.MULTILINE,
)
_WORD = re.compile(r"\w+")


def changes_libraries(module: Module) -> bool:
    """Whether code in a module, run at import or not, may change what `django.db` has."""
    text = module.text
    if "django" not in text:
        return False
    if _ADDING.search(text):
        return True
    changed = {root for found in _CHANGED.findall(text) for root in found if root}
    changed -= {"self", "cls"}
    return bool(changed) and not changed.isdisjoint(_names_of_django(module))


def _names_of_django(module: Module) -> set[str]:
    """Names that imports from `django.db` bind, those within functions included."""
    names: set[str] = set()
    for node in statements_within(module.tree.body):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db"):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(
                alias.asname or "django" for alias in node.names if alias.name.startswith("django")
            )
    for found in _IMPORTS_WITHIN.finditer(module.text):
        names.update(_WORD.findall(found[1] or "django"))
    return names
