"""Stage migrations, conversion: django-pgtrigger's operations in existing files → `RunSQL`."""
