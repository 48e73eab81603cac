from django.db import models

class FSMField(models.CharField):
    def __init__(self, *args, **kwargs):
        _take_options(kwargs)
        kwargs.setdefault("max_length", 50)
        super().__init__(*args, **kwargs)

class FSMIntegerField(models.IntegerField):
    def __init__(self, *args, **kwargs):
        _take_options(kwargs)
        super().__init__(*args, **kwargs)

class FSMKeyField(models.ForeignKey):
    def __init__(self, *args, **kwargs):
        _take_options(kwargs)
        super().__init__(*args, **kwargs)

def _take_options(kwargs):
    kwargs.pop("protected", None)
    if kwargs.pop("state_choices", None) is not None:
        raise NotImplementedError("proxies of an FSM field with state_choices are not known here")
