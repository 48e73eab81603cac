from django.db import models

class CountryField(models.CharField):
    def __init__(self, *args, **kwargs):
        if kwargs.pop("multiple", None) or kwargs.pop("countries", None):
            raise NotImplementedError("the length of such a CountryField depends on its countries")
        for option in _OPTIONS:
            kwargs.pop(option, None)
        kwargs.setdefault("max_length", 2)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        raise NotImplementedError("how django_countries writes a country is not known here")

_OPTIONS = (
    "blank_label",
    "countries_flag_url",
    "countries_str_attr",
    "multiple_sort",
    "multiple_unique",
)
