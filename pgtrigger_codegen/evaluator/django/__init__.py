"""The parts of Django, django-pgtrigger and related libraries that extend Python's rules.

- `domain` puts it together; `python` asks for it through `protocols.Domain` alone.
- A class with a model among its bases, or with a base that is not known, stays a `ModelClass`.
- Fields and operations are made for real, with what is not known about them kept apart; most of
  them wait until somebody asks.
- What registers triggers is noted, never done; where code is not followed to its end, what it may
  have registered is not forgotten.
- A stand-in for a name is a line in `names`, a callable a line in a `HANDLERS`, an attribute of
  `_meta` a row in `library/tables/django.py`, a signal a line in `signals`.
"""
