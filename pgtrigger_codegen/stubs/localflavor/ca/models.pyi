from django.db import models

class CAProvinceField(models.CharField):
    def __init__(self, *args, **kwargs):
        kwargs["max_length"] = 2
        super().__init__(*args, **kwargs)

class CAPostalCodeField(models.CharField):
    def __init__(self, *args, **kwargs):
        kwargs["max_length"] = 7
        super().__init__(*args, **kwargs)

class CASocialInsuranceNumberField(models.CharField):
    def __init__(self, *args, **kwargs):
        kwargs["max_length"] = 11
        super().__init__(*args, **kwargs)
