from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.migrations import swappable_dependency

_prefixes = {}

def set_app_prefix(app_label, prefix):
    _prefixes[app_label] = prefix

def swappable_setting(app_label, model):
    prefix = _prefixes.get(app_label, app_label)
    name = f"{prefix}_{model}_MODEL".upper()
    if not hasattr(settings, name):
        setattr(settings, name, f"{app_label}.{model}")
    return name

def is_swapped(app_label, model):
    name = getattr(settings, swappable_setting(app_label, model))
    return False if name == f"{app_label}.{model}" else name

def get_model_name(app_label, model):
    return is_swapped(app_label, model) or f"{app_label}.{model}"

def get_model_names(app_label, models):
    return {model: get_model_name(app_label, model) for model in models}

def load_model(app_label, model, required=True, require_ready=True):
    label, _, name = get_model_name(app_label, model).rpartition(".")
    try:
        return apps.get_model(label, name, require_ready=require_ready)
    except LookupError:
        if required:
            raise ImproperlyConfigured(f"Could not find {app_label}.{model}!") from None
        return None

def dependency(app_label, model, version=None):
    found = swappable_dependency(get_model_name(app_label, model))
    return (found[0], version) if version else found
