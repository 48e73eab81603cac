"""Compares stubs with the packages that are installed here, both imported for real.

`python -m tests.stubs.comparison` takes the packages to look at, and prints what differs. Each
field is put into a model, each abstract model gets a child, and any other class is placed in a
body: the columns that come of that must be the same, with their types and in their order. Each
function is called, and must give the same and leave the same settings behind. With
`--may-lack`, an old release need not have all classes yet: nobody can import what is not there.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import itertools
import re
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from django.test import override_settings

from pgtrigger_codegen.source.stubs import FOLDER, stubbed_packages


class _Size(models.TextChoices):
    SMALL = "s", "Small"
    LARGE = "large", "A label that is longer"

    __empty__ = "(unknown)"


class _Rank(models.IntegerChoices):
    FIRST = 1
    LAST = 2000


_ARGUMENTS: dict[str, dict[str, Any]] = {
    "AggregateProperty": {"aggregate": models.Count("id")},
    "AnnotationProperty": {"annotation": models.F("id")},
    "AutoSlugField": {"populate_from": "last"},
    "FSMKeyField": {"to": "auth.User", "on_delete": models.CASCADE},
    "IntegerChoicesField": {"choices_enum": _Rank},
    "MappingProperty": {"attribute_path": "id", "output_field": None, "mappings": ()},
    "MonitorField": {"monitor": "id"},
    "RandomCharField": {"length": 8},
    "RangeCheckProperty": {"min_attribute_path": "id", "max_attribute_path": "id", "value": 1},
    "RelatedExistenceCheckProperty": {"relation_path": "id"},
    "StatusField": {"no_check_for_status": True},
    "SubqueryExistenceCheckProperty": {"queryset": None},
    "SubqueryFieldProperty": {"queryset": None, "field_name": "id"},
    "SubqueryObjectProperty": {"model": "self", "queryset": None},
    "InheritanceModelProperty": {"value_generator": str, "output_field": models.CharField()},
    "TextChoicesField": {"choices_enum": _Size},
    "ValueCheckProperty": {"attribute_path": "id"},
}
# What else a class is called with, one call after the other.
_FURTHER: dict[str, list[dict[str, Any]]] = {
    "IntegerChoicesField": [{"choices_enum": _Rank, "null": True, "blank": True}],
    "SingleTagField": [{"tree": True}, {"blank": False, "null": False}],
    "TextChoicesField": [
        {"choices_enum": _Size, "null": True, "blank": True},
        {"choices_enum": _Size, "max_length": 30, "unique": True},
    ],
    "TagField": [{"tree": True}, {"force_lowercase": True, "null": True, "blank": True}],
}
# What functions are called with: each must be here, or nothing is known of its answers.
_QUESTIONS: dict[str, list[tuple[Any, ...]]] = {
    "dependency": [("auth", "User"), ("shop", "Order"), ("shop", "Order", "0002_more")],
    "get_model_name": [("auth", "Group"), ("shop", "Order"), ("shop", "Unset"), ("shop", "Empty")],
    "get_model_names": [("auth", ["User", "Group"]), ("shop", ("Order", "Unset")), ("shop", ())],
    "is_swapped": [("auth", "User"), ("shop", "Order"), ("shop", "Unset"), ("shop", "Empty")],
    "load_model": [
        *[("auth", "Group"), ("shop", "Order"), ("shop", "Order", False, False)],
        *[("shop", "Unset"), ("shop", "Unset", False), ("shop", "Gone"), ("shop", "Gone", False)],
    ],
    "set_app_prefix": [("market", "shop")],
    "swappable_setting": [("auth", "User"), ("shop", "Unset"), ("market", "Order"), ("a", "b")],
}
# They depend on other fields of the model, on its place, or are bases of what stands in bodies.
_BASES = frozenset(
    {
        *("AnnotationGetterMixin", "AnnotationMixin", "CIText", "LookupFilterMixin"),
        *("QueryableProperty", "SetterMixin", "UpdateMixin"),
    }
)
# They stand in bodies as arguments of fields only.
_MEASURES = frozenset({"BidimensionalMeasure", "MeasureBase"})
_OPTIONS = ("null", "unique", "db_index", "primary_key", "max_length", "editable", "blank")

_APP = "tests.stubs.compared"

_numbers = itertools.count()


def differences(package: str, *, may_lack: bool) -> Iterator[str]:
    """What a package has otherwise than its stub."""
    for path in sorted((FOLDER / package).rglob("*.pyi")):
        dotted = ".".join(path.relative_to(FOLDER).with_suffix("").parts).removesuffix(".__init__")
        stub = _load(dotted, path)
        real = importlib.import_module(dotted)
        for name, value in vars(stub).items():
            told = not name.startswith("_") and _is_own(stub, value)
            if told and (hasattr(real, name) or not may_lack):
                compare = _compare if inspect.isclass(value) else _compare_answers
                yield from compare(f"{dotted}.{name}", value, getattr(real, name, None))


def _load(dotted: str, path: Path) -> ModuleType:
    """The stub as a module of another name, whose imports lead to the real package."""
    name = f"stub_of_{dotted.replace('.', '_')}"
    spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _is_own(module: ModuleType, value: Any) -> bool:
    kind = inspect.isclass(value) or inspect.isfunction(value)
    return kind and value.__module__ == module.__name__


def _compare(dotted: str, stub: type, real: Any) -> Iterator[str]:
    if not inspect.isclass(real):
        yield f"{dotted}: the package has no such class"
        return
    names = {base.__name__ for base in real.__mro__}
    told = [base.__name__ for base in stub.__mro__ if not base.__name__.startswith("_")]
    if lacking := [name for name in told if name not in names]:
        yield f"{dotted}: the package's class does not derive from {', '.join(lacking)}"
    if dotted.rpartition(".")[2] in _BASES or not _MEASURES.isdisjoint(told):
        return
    ours, theirs = _columns(stub), _columns(real)
    if ours != theirs:
        yield f"{dotted}: {ours} here, {theirs} in the package"


def _compare_answers(dotted: str, stub: Any, real: Any) -> Iterator[str]:
    """What a function says otherwise than the stub's, called with the same arguments."""
    questions = _QUESTIONS.get(dotted.rpartition(".")[2], [])
    if not questions:
        yield f"{dotted}: no arguments are given here to compare the function with"
    for question in questions:
        ours, theirs = _answer(stub, question), _answer(real, question)
        if ours != theirs:
            yield f"{dotted}{question}: {ours} here, {theirs} in the package"


def _answer(function: Any, question: tuple[Any, ...]) -> tuple[Any, ...]:
    """The result or the kind of error, and the settings that the call has added."""
    with override_settings():
        try:
            answer = function(*question)
        except (ImproperlyConfigured, LookupError, TypeError, ValueError) as error:
            answer = type(error)
        added = {
            name: getattr(settings, name) for name in vars(settings._wrapped) if name.isupper()
        }
    return answer, added


def _columns(cls: type) -> list[Any]:
    """What a model has of the class: fields in their order, with what makes their columns."""
    if issubclass(cls, models.Model):
        model = _model((cls,), {"last": models.IntegerField()})
    elif cls.__name__.endswith("Mixin"):
        model = _model((cls, models.Model), {"last": models.IntegerField()})
    else:
        values = [cls(**arguments) for arguments in _calls(cls.__name__)]
        body = {f"value_{number}": value for number, value in enumerate(values)}
        model = _model((models.Model,), {**body, "last": models.IntegerField()})
    return _described_fields(model, seen={model})


def _calls(name: str) -> list[dict[str, Any]]:
    """The arguments of each call of a class."""
    if name == "MeasurementField":
        return [{"measurement": importlib.import_module("measurement.measures").Distance}]
    return [_ARGUMENTS.get(name, {}), *_FURTHER.get(name, [])]


def _model(bases: tuple[type, ...], body: dict[str, Any]) -> Any:
    meta = type("Meta", (), {"app_label": "compared"})
    name = f"Model{next(_numbers)}"
    body |= {"__module__": _APP, "Meta": meta, "STATUS": (("draft", "Draft"),)}
    return type(name, bases, body)


def _described_fields(model: Any, seen: set[Any]) -> list[Any]:
    fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
    return [_described(field, seen) for field in fields]


def _related(model: Any, seen: set[Any]) -> Any:
    """The name of a model, and the columns of one that a field has made."""
    name = re.sub(r"Model\d+", "Model", str(model))
    if isinstance(model, str) or model._meta.app_label != "compared" or model in seen:
        return name
    return name, _described_fields(model, {*seen, model})


def _described(field: Any, seen: set[Any]) -> tuple[Any, ...]:
    related = field.remote_field and _related(field.remote_field.model, seen)
    options = [getattr(field, option, None) for option in _OPTIONS]
    kind = field.get_internal_type()
    column_type = field.db_type(connection)
    written = "refused" if _refuses(field) else field.db_type_suffix(connection)
    return (field.name, field.column, kind, column_type, related, written, *options)


def _refuses(field: Any) -> bool:
    """Whether the field writes a value in a way of its own, which a stub must refuse to tell."""
    name = "get_prep_value"
    base = next(cls for cls in type(field).__mro__ if cls.__module__.startswith("django."))
    return getattr(type(field), name) is not getattr(base, name)


def main(packages: list[str], *, may_lack: bool) -> int:
    """Compares, prints, and gives the exit code."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", _APP],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SHOP_ORDER_MODEL="auth.Group",
        SHOP_GONE_MODEL="auth.Nothing",
        SHOP_EMPTY_MODEL="",
    )
    django.setup()
    found = [text for package in packages for text in differences(package, may_lack=may_lack)]
    for text in found:
        sys.stdout.write(f"{text}\n")
    sys.stdout.write(f"{len(packages)} packages compared, {len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    named = [argument for argument in sys.argv[1:] if argument != "--may-lack"]
    sys.exit(main(named or sorted(stubbed_packages()), may_lack="--may-lack" in sys.argv))
