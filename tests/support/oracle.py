"""What django-pgtrigger itself compiles, in a real Django process that imports the project."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.support.django_process import DjangoProject

_SCRIPT = """
import json
import pgtrigger

found = []
for model, trigger in pgtrigger.registered():
    compiled = trigger.compile(model)
    cls = type(trigger)
    found.append({
        "uri": trigger.get_uri(model),
        "pgid": trigger.get_pgid(model),
        "hash": compiled.hash,
        "table": model._meta.db_table,
        "class_name": f"{cls.__module__}.{cls.__qualname__}",
        "install_sql": str(compiled.install_sql),
    })
print(json.dumps(found))
"""


@dataclass(frozen=True)
class OracleTrigger:
    """A trigger as django-pgtrigger compiles it."""

    uri: str
    pgid: str
    hash: str
    table: str
    class_name: str
    install_sql: str


def registered_triggers(project: DjangoProject) -> list[OracleTrigger]:
    """Every trigger in django-pgtrigger's registry, sorted by URI."""
    found = [OracleTrigger(**entry) for entry in json.loads(project.run(_SCRIPT))]
    return sorted(found, key=lambda trigger: trigger.uri)
