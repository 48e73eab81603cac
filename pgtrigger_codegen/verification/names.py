"""The names of a run's database and role."""

from __future__ import annotations

import secrets

from msgspec import Struct

PREFIX = "pgtrigger_codegen_verify_"
"""What the names of all databases and roles of this package begin with."""

APPLICATION = "pgtrigger-codegen verify"
"""The name of the sessions by which other runs see that one is at work."""


class RoomNames(Struct, frozen=True):
    """The names of one run's database and role.

    Attributes:
        password: What the role logs in with; known to this run alone.
    """

    database: str
    password: str

    @property
    def role(self) -> str:
        return self.database

    @classmethod
    def new(cls) -> RoomNames:
        return cls(PREFIX + secrets.token_hex(8), secrets.token_urlsafe(24))

    @classmethod
    def of_database(cls, database: str) -> RoomNames:
        """Those of an earlier run, to be cleared away."""
        return cls(database, "")
