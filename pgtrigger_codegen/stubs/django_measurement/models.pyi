from django.db import models

class MeasurementField(models.FloatField):
    def __init__(
        self,
        verbose_name=None,
        name=None,
        measurement=None,
        measurement_class=None,
        unit_choices=None,
        *args,
        **kwargs,
    ):
        super().__init__(verbose_name, name, *args, **kwargs)

    def get_prep_value(self, value):
        raise NotImplementedError("how django_measurement writes a measure is not known here")
