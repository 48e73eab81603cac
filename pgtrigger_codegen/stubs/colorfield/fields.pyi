from django.db import models

class ColorField(models.CharField):
    def __init__(self, *args, samples=None, format="hex", image_field=None, **kwargs):
        kwargs.setdefault("max_length", 25)
        if kwargs.get("null") or image_field:
            kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)
