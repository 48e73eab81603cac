"""The interpreter of a project: Python's rules, with Django's for what is Django's."""

from __future__ import annotations

from pgtrigger_codegen.evaluator.django.domain import Django
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.protocols.host import Host
from pgtrigger_codegen.evaluator.protocols.libraries import Libraries
from pgtrigger_codegen.evaluator.python.machine import PythonMachine
from pgtrigger_codegen.evaluator.values.trace import Trace


class Interpreter(PythonMachine):
    """One evaluation of one project that runs with Django.

    Attributes:
        trace: What the evaluation leans on.
    """

    def __init__(
        self, loader: ModuleLoader, host: Host, libraries: Libraries | None = None
    ) -> None:
        self.trace = Trace()
        super().__init__(loader, host, Django(), self.trace, libraries)
