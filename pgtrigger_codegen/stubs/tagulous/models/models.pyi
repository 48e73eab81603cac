from django.conf import settings
from django.db import models

_NAME_LENGTH = getattr(settings, "TAGULOUS_NAME_MAX_LENGTH", 255)

class BaseTagModel(models.Model):
    class Meta:
        abstract = True

class TagModel(BaseTagModel):
    name = models.CharField(unique=True, max_length=_NAME_LENGTH)
    slug = models.SlugField(max_length=getattr(settings, "TAGULOUS_SLUG_MAX_LENGTH", 50))
    count = models.IntegerField(default=0)
    protected = models.BooleanField(default=False)

    class Meta:
        abstract = True
        ordering = ("name",)
        unique_together = (("slug",),)

class BaseTagTreeModel(BaseTagModel):
    class Meta:
        abstract = True

class TagTreeModel(BaseTagTreeModel, TagModel):
    parent = models.ForeignKey(
        "self", null=True, blank=True, related_name="children", on_delete=models.CASCADE
    )
    path = models.TextField()
    label = models.CharField(
        max_length=getattr(settings, "TAGULOUS_LABEL_MAX_LENGTH", _NAME_LENGTH)
    )
    level = models.IntegerField(default=1)

    class Meta:
        abstract = True
        ordering = ("name",)
        unique_together = (("slug", "parent"),)
