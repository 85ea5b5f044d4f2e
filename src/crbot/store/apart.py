"""What keeps many programs over one database apart: a lock by name, the lead among them, one program a file.

The database is the only one that knows of all of them: its advisory locks, and on SQLite the lock on a file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

_LOCK = select(func.pg_advisory_xact_lock(bindparam("number")))
_TRY = select(func.pg_try_advisory_lock(bindparam("number")))
# Who leads says so every few seconds. Who hangs, or is cut off, says nothing: then the server ends the connection,
# and with it goes the lock.
_SILENCE = text("SET idle_session_timeout = '8s'")


def hold(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds this name, and hold it to the end of this one.

    SQLite knows one writing transaction at a time: it has waited already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"number": _number(name)})


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"crbot {name}".encode()).digest()[:8], signed=True)


class Lead:
    """What one program at a time does, of all those over one database. For one thread.

    On SQLite there is one program, and it leads.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._number = _number(name)
        self._line: Connection | None = None
        self._is_ours = False

    def is_ours(self) -> bool:
        """Take the lead where nobody has it; keep it where we do. To be called every few seconds."""
        if self._engine.dialect.name != "postgresql":
            return True
        try:
            if self._line is None:
                self._line = self._open()
            if self._is_ours:
                self._line.execute(select(1))
            else:
                self._is_ours = bool(self._line.scalar(_TRY, {"number": self._number}))
        except DBAPIError:
            self.close()
        return self._is_ours

    def close(self) -> None:
        """Leave the lead to whoever asks next."""
        self._is_ours = False
        if self._line is not None:
            with suppress(DBAPIError):
                self._line.close()
            self._line = None

    def _open(self) -> Connection:
        line = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        line.detach()  # never another's by way of the pool, and gone when it is closed
        line.execute(_SILENCE)
        return line


class InUse(Exception):
    """The file is another program's; the text says whose."""


class Sole:
    """The only program that works on a database of SQLite; over PostgreSQL there may be many."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        """Raises `InUse`. A program that was killed holds nothing any more: the lock goes with the process."""
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._held: IO[str] | None = None
        if file and file != ":memory:":
            self._held = _locked(Path(f"{file}.lock"), now)

    def release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


def _locked(path: Path, now: datetime) -> IO[str]:
    held = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        holder = held.read().strip() or "a program that does not say its name"
        held.close()
        raise InUse(holder) from None
    held.truncate(0)
    held.write(f"process {os.getpid()} on {socket.gethostname()}, since {now:%Y-%m-%d %H:%M} UTC\n")
    held.flush()
    return held
