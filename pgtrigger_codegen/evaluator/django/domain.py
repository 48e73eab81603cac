"""Assembles Django's rules: its tables, and the handlers for values that are not Python's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pgtrigger_codegen.evaluator.django import (
    assignment,
    attributes,
    calls,
    configurations,
    contributors,
    defaults,
    dynaconf_settings,
    dynamic_imports,
    engine,
    fields,
    func_render,
    hooks,
    library_changes,
    makers,
    metaclasses,
    model_classes,
    names,
    own_signals,
    postponed,
    provider_calls,
    real_attributes,
    reflection,
    registration,
    rendering,
    signals,
    split_settings,
    translation,
    unknown_imports,
)
from pgtrigger_codegen.evaluator.protocols import events
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.source.span import Span

SpecialReader = Callable[[Machine, Special, Any, Span], Any]


def _connection(vm: Machine, special: Special, key: Any, span: Span) -> Any:
    return Special("connection")


class Django:
    """The additions of Django, django-pgtrigger and related libraries to Python."""

    names = names.NAMES
    handlers: ClassVar[dict[str, Handler]] = {
        "private_field": fields.make_private_field,
        **configurations.HANDLERS,
        **contributors.HANDLERS,
        **defaults.HANDLERS,
        **dynaconf_settings.HANDLERS,
        **dynamic_imports.HANDLERS,
        **library_changes.HANDLERS,
        **metaclasses.HANDLERS,
        **provider_calls.HANDLERS,
        **reflection.HANDLERS,
        **registration.HANDLERS,
        **signals.HANDLERS,
        **split_settings.HANDLERS,
        **translation.HANDLERS,
    }
    readers = attributes.READERS
    callers = calls.CALLERS
    makers = makers.MAKERS
    special_attributes: ClassVar[dict[str, SpecialReader]] = {
        "configurations.Configuration": configurations.base_attribute,
        own_signals.NAME: own_signals.attribute,
        "app_config": registration.config_attribute,
        "connection": engine.connection_attribute,
        "super.metaclass": metaclasses.super_attribute,
        "super.model": hooks.super_attribute,
    }
    special_items: ClassVar[dict[str, SpecialReader]] = {
        "apps.app_configs": registration.config_of_app,
        "connections": _connection,
    }
    events: ClassVar[dict[type, Callable[[Machine, Any], None]]] = {
        events.ClassMade: func_render.accept_model,
        events.Ended: provider_calls.note_ended,
        events.Imported: provider_calls.note_library,
        events.Changed: library_changes.note_changed,
        events.ImportedUnknown: unknown_imports.note_unknown_import,
        events.Refused: registration.note_refused,
        events.Stopped: registration.note_stopped,
        events.UnreadCall: registration.note_unread_call,
    }
    postponed_arguments = postponed.ARGUMENTS
    words: ClassVar[tuple[bytes, ...]] = (b"django", b"pgtrigger")
    # Packages add apps of theirs. The apps that are not known are a gap.
    lists_added_to: ClassVar[frozenset[str]] = frozenset({"INSTALLED_APPS"})

    registers = staticmethod(registration.registers)
    mentions_registration = staticmethod(registration.mentions_registration)
    notes_calls = staticmethod(provider_calls.is_provided)
    note_origin = staticmethod(calls.note_origin)
    call_unread = staticmethod(registration.call_unread)

    provided = staticmethod(provider_calls.provided_value)
    inward = staticmethod(rendering.inward)
    rendered = staticmethod(rendering.rendered)
    resolved = staticmethod(rendering.as_model_class)
    compared = staticmethod(rendering.compared)
    real_attribute = staticmethod(real_attributes.real_attribute)
    assign_attribute = staticmethod(assignment.assign_attribute)
    called = staticmethod(calls.called)
    postponed = staticmethod(postponed.postponed)
    namespace = staticmethod(model_classes.namespace)
    base = staticmethod(model_classes.base)
    make_class = staticmethod(model_classes.make_class)
    decorated = staticmethod(model_classes.decorated)
