"""What is known of the whole: the brake, when the program last ran, what happened once. Functions of a transaction.

Beside the database lies a file that remembers when the program last ran, too: a database that knows less than it was
put back from a backup.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, select, update

from crbot.intake.ports import Brake
from crbot.store.engine import add_new
from crbot.store.tables import marks

BRAKE, BEGAN, HEARTBEAT, RESTORED, PLANNED_BY = "brake", "began", "heartbeat", "restored", "planned by"

_NOTE_AGAIN = update(marks).where(marks.c.name == bindparam("mark"))
_READ = select(marks.c.value, marks.c.at).where(marks.c.name == bindparam("mark"))


def read(connection: Connection, name: str) -> tuple[Any, datetime] | None:
    """A mark's value and moment; None where there is none."""
    row = connection.execute(_READ, {"mark": name}).first()
    return None if row is None else (json.loads(row.value), row.at)


def write(connection: Connection, name: str, at: datetime, value: object = None) -> None:
    values = {"value": json.dumps(value), "at": at}
    if connection.execute(_NOTE_AGAIN, {"mark": name, **values}).rowcount == 0:
        add_new(connection, marks, "name", {"name": name, **values})


def take_away(connection: Connection, name: str) -> None:
    connection.execute(delete(marks).where(marks.c.name == name))


def brake(connection: Connection) -> Brake | None:
    found = read(connection, BRAKE)
    if found is None:
        return None
    told, at = found
    return Brake(told["by"], told["reason"], at)


def pull_brake(connection: Connection, pulled: Brake) -> None:
    write(connection, BRAKE, pulled.at, {"by": pulled.by, "reason": pulled.reason})


class Witness:
    """The file beside a database of SQLite that tells when the program last ran; elsewhere it tells nothing."""

    def __init__(self, engine: Engine) -> None:
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._file = Path(f"{file}.last-run") if file and file != ":memory:" else None

    def last(self) -> datetime | None:
        """None where there is no such file, or it cannot be read."""
        try:
            return datetime.fromisoformat(self._file.read_text("utf-8").strip()) if self._file else None
        except (OSError, ValueError):
            return None

    def note(self, at: datetime) -> None:
        """Raises OSError."""
        if self._file is None:
            return
        new = self._file.with_name(f"{self._file.name}.new")
        new.write_text(f"{at.isoformat()}\n", encoding="utf-8")
        os.replace(new, self._file)
