"""Stage testing: triggers in the tests of a project, within the project's own process.

Everything else in this package runs outside of the project. What is here is imported by the
project's tests, beside its Django: it knows nothing of the other stages, which would bring settings
of their own, and starts the command where it needs them. Django and django-pgtrigger are imported
when they are used, since pytest imports the plugin in every run.
"""

from __future__ import annotations

from pgtrigger_codegen.testing.helpers import Refusal, assert_trigger_refuses, triggers_disabled
from pgtrigger_codegen.testing.installing import TriggersNotInstalledError, install_triggers

__all__ = [
    "Refusal",
    "TriggersNotInstalledError",
    "assert_trigger_refuses",
    "install_triggers",
    "triggers_disabled",
]
