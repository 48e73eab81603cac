from django.db import models
from model_utils.fields import (
    AutoCreatedField,
    AutoLastModifiedField,
    MonitorField,
    StatusField,
    UUIDField,
)

class TimeStampedModel(models.Model):
    created = AutoCreatedField("created")
    modified = AutoLastModifiedField("modified")

    class Meta:
        abstract = True

class TimeFramedModel(models.Model):
    start = models.DateTimeField("start", null=True, blank=True)
    end = models.DateTimeField("end", null=True, blank=True)

    class Meta:
        abstract = True

class StatusModel(models.Model):
    status = StatusField("status")
    status_changed = MonitorField("status changed", monitor="status")

    class Meta:
        abstract = True

class SoftDeletableModel(models.Model):
    is_removed = models.BooleanField(default=False)

    class Meta:
        abstract = True

class UUIDModel(models.Model):
    id = UUIDField(primary_key=True, version=4, editable=False)

    class Meta:
        abstract = True
