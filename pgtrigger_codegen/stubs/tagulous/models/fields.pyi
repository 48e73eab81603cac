from django.conf import settings
from django.db import models
from tagulous.models.models import TagModel, TagTreeModel

class _OfTags:
    """Relates to a model that is given, or to one that is made when a model gets the field."""

    def __init__(self, to=None, to_base=None, **kwargs):
        self._base = None if to else to_base or _base(kwargs)
        for option in _OPTIONS:
            kwargs.pop(option, None)
        super().__init__(to=to or "-", **kwargs)

    def contribute_to_class(self, cls, name):
        if self._base is not None:
            made = f"Tagulous_{cls._meta.object_name}_{name}"
            self.remote_field.model = type(made, (self._base,), {"__module__": cls.__module__})
        super().contribute_to_class(cls, name)

class SingleTagField(_OfTags, models.ForeignKey):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("on_delete", models.CASCADE)
        super().__init__(*args, **{**kwargs, "blank": True, "null": True})

class TagField(_OfTags, models.ManyToManyField):
    def __init__(self, *args, **kwargs):
        null = kwargs.pop("null", False)
        super().__init__(*args, **kwargs)
        self.null = null

def _base(options):
    """Tags form a tree where the field says so; releases differ in whether the settings can."""
    if "tree" in options:
        return TagTreeModel if options["tree"] else TagModel
    if "tree" in getattr(settings, "TAGULOUS_DEFAULT_TAG_OPTIONS", {}):
        raise NotImplementedError("not all releases look at TAGULOUS_DEFAULT_TAG_OPTIONS")
    return TagModel

_OPTIONS = (
    "_set_tag_meta",
    "autocomplete_initial",
    "autocomplete_limit",
    "autocomplete_settings",
    "autocomplete_view",
    "autocomplete_view_args",
    "autocomplete_view_fulltext",
    "autocomplete_view_kwargs",
    "case_sensitive",
    "force_lowercase",
    "get_absolute_url",
    "initial",
    "max_count",
    "protect_all",
    "protect_initial",
    "space_delimiter",
    "tree",
    "verbose_name_plural",
    "verbose_name_singular",
)
