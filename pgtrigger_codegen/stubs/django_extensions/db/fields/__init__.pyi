from django.db import models

class AutoSlugField(models.SlugField):
    def __init__(self, *args, **kwargs):
        for option in _OF_SLUGS:
            kwargs.pop(option, None)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

class CreationDateTimeField(models.DateTimeField):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("editable", False)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("auto_now_add", True)
        models.DateTimeField.__init__(self, *args, **kwargs)

class ModificationDateTimeField(CreationDateTimeField):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("auto_now", True)
        models.DateTimeField.__init__(self, *args, **kwargs)

class RandomCharField(models.CharField):
    def __init__(self, *args, length, **kwargs):
        for option in _OF_RANDOM_TEXT:
            kwargs.pop(option, None)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", False)
        kwargs["max_length"] = length
        super().__init__(*args, **kwargs)

_OF_SLUGS = (
    "allow_duplicates",
    "max_unique_query_attempts",
    "overwrite",
    "overwrite_on_add",
    "populate_from",
    "separator",
    "slugify_function",
)
_OF_RANDOM_TEXT = (
    "include_alpha",
    "include_digits",
    "include_punctuation",
    "keep_default",
    "lowercase",
    "max_unique_query_attempts",
    "uppercase",
)
