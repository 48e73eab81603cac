"""Changes of what Django and django-pgtrigger have: `CharField.get_prep_value = …`.

Real code compiles triggers, and no such change is made to it. So nothing is known of what the
changed class has a part in: triggers of that class, models with fields of that class. Where it is
about how conditions become SQL, nothing is known of any trigger.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
from typing import Any

from django.db.models import BigAutoField

from pgtrigger_codegen.evaluator.library.kinds import has_base, is_field_class
from pgtrigger_codegen.evaluator.protocols.events import Changed
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class
from pgtrigger_codegen.evaluator.values.callables import Opaque
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute
from pgtrigger_codegen.evaluator.values.imported import LibraryModule
from pgtrigger_codegen.evaluator.values.spoiled import ReplacedLookup
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.source.unparsing import unparsed

# They only hand on what others define.
_HANDING_ON = ("django.db.models", "pgtrigger")
# Modules whose code runs while a trigger is compiled.
_COMPILING = (
    "django.db.backends.base.operations",
    "django.db.backends.postgresql.operations",
    "django.db.backends.postgresql.psycopg_any",
    "django.db.backends.utils",
    "django.db.models.aggregates",
    "django.db.models.constants",
    "django.db.models.expressions",
    "django.db.models.fields",
    "django.db.models.functions",
    "django.db.models.lookups",
    "django.db.models.options",
    "django.db.models.query_utils",
    "django.db.models.sql",
    "django.utils.tree",
    "pgtrigger.compiler",
    "pgtrigger.contrib",
    "pgtrigger.core",
    "pgtrigger.features",
    "pgtrigger.utils",
)
# Methods of fields for forms, checks and instances of models, and methods that run a query.
_HARMLESS = frozenset(
    """
    check clean deconstruct description execute_sql explain_query formfield get_choices
    has_results limit_choices_to pre_save results_iter run_validators save_form_data validate
    value_from_object value_to_string __deepcopy__ __doc__ __reduce__ __repr__ __str__
    """.split()
)
# Names that libraries look for, and that a class need not have.
_LOOKED_FOR = ("as_", "contribute_to_class", "from_db_value", "resolve_", "__")


def note_changed(vm: Machine, change: Changed) -> None:
    """Remembers that an attribute of a library's class or module is assigned or deleted."""
    target, name, span = change.target, change.name, change.span
    real = target.real if isinstance(target, Opaque) else target
    if isinstance(real, External):
        real = _loaded(real.dotted)
    if isinstance(real, LibraryModule):
        real = sys.modules.get(real.name)
        if real is not None and real.__name__ in _HANDING_ON and name is not None:
            # Modules that were executed before have the class that there was.
            real, name = vars(real).get(name), None
    if isinstance(real, types.ModuleType):
        home, shown = real.__name__, real.__name__
    elif isinstance(real, type) and not is_user_class(vm, real):
        home, shown = real.__module__, real.__name__
    else:
        return
    if not home.startswith(_COMPILING):
        return
    changed = f"`{shown}.{name}`" if name is not None else f"an attribute of `{shown}`"
    reason = Unknown(f"{changed} is replaced, and triggers are compiled without that", span)
    if isinstance(real, type) and name is not None and not _has_a_part(real, name):
        vm.spoiled.add_attribute(real, name, reason)
    elif isinstance(real, types.ModuleType) and name is not None and not hasattr(real, name):
        pass
    elif isinstance(real, type) and _is_of_single_triggers(real):
        vm.spoiled.add(real, reason)
    else:
        vm.spoiled.add_all(reason)


def _loaded(dotted: str) -> Any:
    """The class or module of that name, if it is loaded: nothing else has a part in compiling."""
    module, _, name = dotted.rpartition(".")
    found = sys.modules.get(dotted)
    return found or getattr(sys.modules.get(module), name, None)


def _has_a_part(cls: type, name: str) -> bool:
    """Whether code of the library may ask for an attribute of a class while it compiles."""
    known = find_attribute(cls, name) is not MISSING or name.startswith(_LOOKED_FOR)
    return known and name not in _HARMLESS


def _is_of_single_triggers(cls: type) -> bool:
    """Whether a class tells by itself which triggers it has a part in."""
    if has_base(cls, "pgtrigger.core", "Trigger"):
        return True
    # Each model may have a primary key that no source declares.
    return is_field_class(cls) and not issubclass(BigAutoField, cls)


def _register_lookup(vm: Machine, call: SpecialCall) -> Any:
    """`CharField.register_lookup(Lookup)`, which gives the class: it may decorate."""
    lookup, owner = call.argument(0, "lookup"), call.special.receiver
    fields = owner if isinstance(owner, type) else type(owner)
    given = call.argument(1, "lookup_name")
    name = find_attribute(lookup, "lookup_name") if given is None else given
    if not isinstance(name, str):
        reason = Unknown("a lookup is registered under a name that is not known", call.span)
        vm.spoiled.lookups.append(ReplacedLookup(fields, None, reason))
    elif name in (known := owner.get_lookups()) and not _is_copy(vm, lookup, known[name]):
        # Of a new name nothing is known to the real field: a condition that uses it is refused.
        shown = f"the lookup `{name}` of `{fields.__name__}`"
        reason = Unknown(f"{shown} is replaced, and conditions are compiled without", call.span)
        vm.spoiled.lookups.append(ReplacedLookup(fields, name, reason))
    return lookup


def _is_copy(vm: Machine, cls: Any, original: type) -> bool:
    """Whether a class of the project's is a copy of a library's: some keep a package among theirs.

    Docstrings may differ, and where the names of bases are imported from.
    """
    known = vm.user_classes.get(cls)
    try:
        (theirs,) = ast.parse(textwrap.dedent(inspect.getsource(original))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return False
    return (
        known is not None
        and isinstance(theirs, ast.ClassDef)
        and _essence(known[1]) == _essence(theirs)
    )


def _essence(node: ast.ClassDef) -> list[str]:
    bases = [
        base.attr if isinstance(base, ast.Attribute) else unparsed(base) for base in node.bases
    ]
    return bases + [unparsed(part) for part in node.body if not _is_text(part)]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


HANDLERS: dict[str, Handler] = {"register_lookup": _register_lookup}
