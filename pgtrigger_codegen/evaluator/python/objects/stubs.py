"""Names of packages that are not installed where the project is read, as stubs tell them.

A stub tells only what shapes tables: of an attribute that a stub does not have nothing is known.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any, cast

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.classes import (
    MISSING,
    find_attribute,
    is_class,
    mro_of,
    own_names,
)
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, has_face
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.stubs import FOLDER, stubbed_packages


def has_stub_for(vm: Machine, module: str, name: str, span: Span) -> bool:
    """Whether the stub of a module has the name; that the stub is trusted is an assumption then."""
    scope = vm.module(module)
    if not isinstance(scope, Scope) or not _tells(vm, scope.module, name):
        return False
    package = module.partition(".")[0]
    if Path(span.path).is_relative_to(FOLDER / package):
        return True  # one module of the stub uses another: who uses the stub assumes
    assumed = f"package {package}"
    vm.assume(assumed, f"as in {stubbed_packages()[package]}", span, once=True)
    return True


def _tells(vm: Machine, module: Module, name: str) -> bool:
    """Whether the stub defines a class or function of that name, or another stub does."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return not name.startswith("_")
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            return vm.loader.find_stub(str(node.module)) is not None
    return False


def left_out(vm: Machine, target: Any, name: str, span: Span) -> Unknown | None:
    """Why nothing is known of an attribute that a class, or an object of a class, does not have.

    Returns:
        None where the attribute is there, or neither is a stub among what the class derives from,
        nor was any of that changed in a way that is not followed.
    """
    if vm.spoiled and (unknown := vm.spoiled.of(target)) is not None:
        return unknown
    if (unknown := vm.spoiled.attribute_of(target, name)) is not None:
        return unknown
    if not vm.loader.stubs_loaded:
        return None
    module = next((module for module in _modules(vm, target) if module.is_stub), None)
    if module is None or _has(target, name):
        return None
    return Unknown(f"`{name}` is not in what is known of `{module.name}`", span)


def _modules(vm: Machine, target: Any) -> list[Module]:
    """Where the classes that a class or an object derives from are defined."""
    if isinstance(target, super):
        target = cast("Any", target).__self_class__
    found = []
    for cls in mro_of(target) or mro_of(type(target)):
        if isinstance(cls, ModelClass):
            found.append(cls.module)
        elif is_class(cls) and cls in vm.user_classes:
            found.append(vm.user_classes[cls][0])
    return found


def _has(target: Any, name: str) -> bool:
    if isinstance(target, ModelClass):
        return target.lookup(name) is not None
    if isinstance(target, super):
        bound = cast("Any", target)
        bases = bound.__self_class__.__mro__
        later = bases[bases.index(bound.__thisclass__) + 1 :]
        return any(name in own_names(base) for base in later)
    if type(target) is Class or has_face(type(target)):
        cls = target if type(target) is Class else type(target)
        return find_attribute(cls, name) is not MISSING or name in getattr(target, "__dict__", ())
    missing = object()
    return inspect.getattr_static(target, name, missing) is not missing
