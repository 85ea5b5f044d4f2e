"""The register of agencies as it is kept: every version of every list, of which the newest counts.

How a list is read is `crbot.channels.agencies`', how a name is found in it `crbot.triage.register`'s.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Engine, func, insert, select

from crbot.store.tables import registers
from crbot.triage.register import Agency

_AGENCIES = TypeAdapter(tuple[Agency, ...])


@dataclass(frozen=True, slots=True)
class Version:
    """A list as it was taken in once."""

    source: str
    made_at: datetime
    by: str
    count: int


class Registers:
    """The lists of agencies in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, source: str, agencies: Collection[Agency], by: str, now: datetime) -> None:
        """Take a list in; it counts in place of the one of the same source before it."""
        body = _AGENCIES.dump_json(tuple(agencies)).decode()
        row = {"source": source, "made_at": now, "by": by, "count": len(agencies), "body": body}
        with self._engine.begin() as connection:
            connection.execute(insert(registers).values(row))

    def of(self, source: str) -> tuple[Agency, ...]:
        """The newest list of a source; empty where there is none."""
        newest = select(registers.c.body).where(registers.c.source == source)
        with self._engine.begin() as connection:
            body = connection.scalar(newest.order_by(registers.c.id.desc()).limit(1))
        return _AGENCIES.validate_json(body) if body else ()

    def all(self) -> tuple[Agency, ...]:
        """The newest list of every source, together."""
        newest = select(func.max(registers.c.id)).group_by(registers.c.source)
        bodies = select(registers.c.body).where(registers.c.id.in_(newest)).order_by(registers.c.source)
        with self._engine.begin() as connection:
            found = connection.scalars(bodies).all()
        return tuple(dict.fromkeys(agency for body in found for agency in _AGENCIES.validate_json(body)))

    def versions(self) -> tuple[Version, ...]:
        """Every list that was taken in, the newest first."""
        columns = (registers.c.source, registers.c.made_at, registers.c.by, registers.c.count)
        with self._engine.begin() as connection:
            rows = connection.execute(select(*columns).order_by(registers.c.id.desc())).all()
        return tuple(Version(*row) for row in rows)
