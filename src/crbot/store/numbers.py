"""The numbers of cases: each is given once, whatever became of the case that had it. Functions of a transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from crbot.cases.case import number_of
from crbot.store import marks
from crbot.store.tables import cases, stubs

_LAST = select(func.max(cases.c.counter)).where(cases.c.year == bindparam("year"))
_LAST_GONE = select(func.max(stubs.c.counter)).where(stubs.c.year == bindparam("year"))
_LEFT_OUT = 1000  # after a restore, at the least


def next_number(connection: Connection, now: datetime) -> str:
    """The next one of the year."""
    restored = marks.read(connection, marks.RESTORED)
    given = restored[0]["numbers"] if restored and restored[0] and restored[1].year == now.year else 0
    return number_of(now.year, max(_last(connection, now.year), given) + 1)


def after_a_gap(connection: Connection, now: datetime) -> dict[str, int]:
    """After which number to go on when a backup was put back: those in between are known to agencies as other cases."""
    return {"numbers": (_last(connection, now.year) // _LEFT_OUT + 2) * _LEFT_OUT}


def _last(connection: Connection, year: int) -> int:
    return max(connection.scalar(each, {"year": year}) or 0 for each in (_LAST, _LAST_GONE))
