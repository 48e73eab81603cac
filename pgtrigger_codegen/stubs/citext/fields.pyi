from django.db import models

class CIText:
    def get_internal_type(self):
        return "CI" + super().get_internal_type()

    def db_type(self, connection):
        return "citext"

class CICharField(CIText, models.CharField): ...
class CIEmailField(CIText, models.EmailField): ...
class CITextField(CIText, models.TextField): ...
