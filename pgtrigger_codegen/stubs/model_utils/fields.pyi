import uuid

from django.db import models
from django.utils.timezone import now

class AutoCreatedField(models.DateTimeField):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", now)
        super().__init__(*args, **kwargs)

class AutoLastModifiedField(AutoCreatedField): ...

class MonitorField(models.DateTimeField):
    def __init__(self, *args, monitor, when=None, **kwargs):
        kwargs.setdefault("default", None if kwargs.get("null") else now)
        super().__init__(*args, **kwargs)

class StatusField(models.CharField):
    def __init__(self, *args, no_check_for_status=False, choices_name="STATUS", **kwargs):
        kwargs.setdefault("max_length", 100)
        super().__init__(*args, **kwargs)

class UUIDField(models.UUIDField):
    def __init__(self, primary_key=True, version=4, editable=False, *args, **kwargs):
        kwargs.setdefault("primary_key", primary_key)
        kwargs.setdefault("editable", editable)
        kwargs.setdefault("default", uuid.uuid4)
        super().__init__(*args, **kwargs)

class UrlsafeTokenField(models.CharField):
    def __init__(self, editable=False, max_length=128, factory=None, **kwargs):
        super().__init__(editable=editable, max_length=max_length, **kwargs)
