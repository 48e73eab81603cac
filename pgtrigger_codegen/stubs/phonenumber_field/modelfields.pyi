from django.db import models

class PhoneNumberField(models.CharField):
    def __init__(self, *args, region=None, **kwargs):
        kwargs.setdefault("max_length", 128)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        raise NotImplementedError("how phonenumber_field writes a number is not known here")
