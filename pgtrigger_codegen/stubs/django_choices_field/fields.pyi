from django.db import models

class _OfChoices:
    def __init__(self, choices_enum=None, verbose_name=None, name=None, **kwargs):
        if choices_enum is not None:
            kwargs["choices"] = choices_enum.choices
        super().__init__(verbose_name=verbose_name, name=name, **kwargs)

    def get_prep_value(self, value):
        raise NotImplementedError("how django_choices_field writes a choice is not known here")

class TextChoicesField(_OfChoices, models.CharField):
    def __init__(self, choices_enum=None, verbose_name=None, name=None, **kwargs):
        choices = kwargs["choices"] if choices_enum is None else choices_enum.choices
        longest = max(len(value) for value, _ in choices if value is not None)
        kwargs.setdefault("max_length", longest)
        super().__init__(choices_enum, verbose_name, name, **kwargs)

class IntegerChoicesField(_OfChoices, models.IntegerField): ...
