"""The audit events of Python, and those that are refused, in words for the error.

Events that are not named here pass: they tell of something harmless, such as a folder's listing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

EFFECTS: Final[Mapping[str, str]] = {
    "_posixsubprocess": "start a process",
    "_thread.start_joinable_thread": "start a thread",
    "_thread.start_new_thread": "start a thread",
    "_winapi": "start a process",
    "_xxsubinterpreters": "start an interpreter",
    "builtins.breakpoint": "start a debugger",
    "builtins.input": "ask at the terminal",
    "code.__new__": "make code",
    "cpython.remote_debugger_script": "start a debugger",
    "cpython.run_command": "run code",
    "cpython.run_file": "run code",
    "cpython.run_interactivehook": "run code",
    "cpython.run_module": "run code",
    "cpython.run_startup": "run code",
    "cpython.run_stdin": "run code",
    "ctypes": "call foreign code",
    "ensurepip": "install packages",
    "fcntl": "change an open file",
    "ftplib": "use the network",
    "function.__new__": "make a function from code",
    "gc.get_objects": "look at all objects",
    "gc.get_referrers": "look at all objects",
    "http": "use the network",
    "imaplib": "use the network",
    "marshal": "load code",
    "msvcrt": "use the machine",
    "nntplib": "use the network",
    "os": "change the system",
    "os.exec": "start a process",
    "os.fork": "start a process",
    "os.forkpty": "start a process",
    "os.posix_spawn": "start a process",
    "os.spawn": "start a process",
    "os.startfile": "start a process",
    "os.startfile/2": "start a process",
    "os.system": "start a process",
    "pdb": "start a debugger",
    "pickle": "load a pickle",
    "poplib": "use the network",
    "pty": "start a process",
    "resource": "change the process's limits",
    "setopencodehook": "change how code is read",
    "shutil": "change files",
    "signal": "send a signal",
    "smtplib": "use the network",
    "socket": "use the network",
    "sqlite3": "open a database",
    "subprocess": "start a process",
    "sys._current_exceptions": "look at other frames",
    "sys._current_frames": "look at other frames",
    "sys.remote_exec": "run code in another process",
    "syslog": "write to the system's log",
    "telnetlib": "use the network",
    "tempfile": "make a file",
    "time.sleep": "wait",
    "urllib": "use the network",
    "webbrowser": "open a browser",
    "winreg": "use the registry",
}
"""By event, or by what stands before the dot in all events of that kind."""

HARMLESS: Final = frozenset(
    """
    os.fwalk os.getxattr os.listdir os.listdrives os.listmounts os.listvolumes os.listxattr
    os.scandir os.walk pickle.dump signal.alarm socket.gethostname
    """.split()
)
"""What only looks, of the kinds that are refused as a whole."""

LOOKS_INSIDE: Final = frozenset({"object.__delattr__", "object.__getattr__", "object.__setattr__"})
"""Attributes of functions and frames that lead to code: libraries read them, user code must not."""

WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
"""Flags with which a file is not opened to be read alone."""


def deed(event: str) -> str | None:
    """What an event says is about to be done; None where that may be done."""
    if event in HARMLESS:
        return None
    return EFFECTS.get(event) or EFFECTS.get(event.partition(".")[0])


def is_writing(mode: object, flags: object) -> bool:
    """Whether a file is being opened for more than reading, by the arguments of the event."""
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(flags & WRITING) if isinstance(flags, int) else False
