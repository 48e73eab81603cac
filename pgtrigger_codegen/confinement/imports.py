"""The modules that may be imported while a stranger's code is read, and the rights of an import.

A library runs its own code as it is imported, which is how it comes to be here at all: only *what*
is imported has to be watched.
"""

from __future__ import annotations

import opcode
import sys
from types import CodeType, FrameType
from typing import Final

LIBRARIES: Final = frozenset(
    """
    _cffi_backend _yaml asgiref click colorama django libcst markdown_it mdurl pghistory pgparse
    pgtrigger pgtrigger_codegen psycopg psycopg_binary psycopg_c pygments regex rich sqlparse
    typing_extensions tzdata yaml
    """.split()
)
"""The packages that we are made of. What else they need they import by statements of their own."""

REFUSED: Final = frozenset(
    """
    __main__ _ctypes _posixsubprocess _testcapi antigravity asyncio code codeop ctypes ensurepip
    idlelib lib2to3 multiprocessing pdb pip pty runpy site sitecustomize socketserver test this
    tkinter turtle turtledemo usercustomize venv webbrowser xmlrpc zipapp
    """.split()
)
"""Of the standard library: what acts as it is imported, or is only there to act."""

_IMPORT_NAME: Final = opcode.opmap["IMPORT_NAME"]
_MACHINERY: Final = ("<frozen importlib", "<frozen zipimport")


class Imports:
    """The imports of a process.

    Args:
        evaluator: The folder of ours whose code does what a user's code asks for.
    """

    def __init__(self, evaluator: str) -> None:
        self._evaluator = evaluator
        self._allowed: set[str] = set()

    def may_import(self, name: str, frame: FrameType | None) -> bool:
        """Whether a module may be imported, as its import begins.

        Args:
            frame: That of the function which imports, or of Python's own machinery.
        """
        if self._is_known(name) or self._is_stated(frame) or self.is_importing(frame):
            while name:  # the packages above are imported with it, which is not reported
                self._allowed.add(name)
                name = name.rpartition(".")[0]
            return True
        return False

    def is_importing(self, frame: FrameType | None) -> bool:
        """Whether a frame belongs to the import of a module that may be imported."""
        while frame is not None:
            code = frame.f_code
            if code.co_filename.startswith(_MACHINERY):
                name = self._module(frame, code)
                # `importlib.import_module` begins an import that is not reported.
                if isinstance(name, str) and (name in self._allowed or self._is_known(name)):
                    return True
            elif code.co_filename.startswith(self._evaluator):
                return False
            frame = frame.f_back
        return False

    def _is_known(self, name: str) -> bool:
        top, _, rest = name.partition(".")
        if rest.endswith("__main__"):
            return False
        return top in LIBRARIES or (top in sys.stdlib_module_names and top not in REFUSED)

    def _is_stated(self, frame: FrameType | None) -> bool:
        """Whether an `import` statement asks, in a library's code or in our own.

        The evaluator asks by calls, with names that come from the code it reads, and so do
        functions of libraries that it may have been made to call.
        """
        while frame is not None and frame.f_code.co_filename.startswith(_MACHINERY):
            frame = frame.f_back
        if frame is None or frame.f_lasti < 0:
            return False
        return frame.f_code.co_code[frame.f_lasti] == _IMPORT_NAME

    def _module(self, frame: FrameType, code: CodeType) -> object:
        """The module that a frame of the machinery reads or executes."""
        given = frame.f_locals
        if code.co_name == "get_code":
            return given.get("fullname")
        if code.co_name != "_call_with_frames_removed":
            return None
        match given.get("args"):
            case (_, {"__name__": name}):  # the code of a module, and its namespace
                return name
            case (module,):  # one that is compiled, or its specification
                return getattr(module, "__name__", None) or getattr(module, "name", None)
        return None
