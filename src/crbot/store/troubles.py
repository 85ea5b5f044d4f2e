"""What is broken of ours, one mark each, from the first word of it until it works again. Functions of a transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from crbot.cases.letters import Letter
from crbot.intake.ports import Trouble
from crbot.store import marks
from crbot.store.apart import hold
from crbot.store.rows import letter_row, put_out
from crbot.store.tables import marks as table

_NAMED = "trouble:"
_OVER = "over:"
# What was tried before it was over, and is told after: it does not begin anew by that.
_ECHO = timedelta(minutes=1)
_ALL = select(table.c.name).where(table.c.name >= _NAMED, table.c.name < f"{_NAMED}~")


def begin(connection: Connection, trouble: Trouble, letter: Letter, now: datetime) -> bool:
    hold(connection, "troubles")
    # One trouble may stop several lanes; it is the same by what is told of it.
    digest = hashlib.sha256(f"{trouble.title} {trouble.text}".encode()).hexdigest()[:20]
    name, ended = _NAMED + digest, marks.read(connection, _OVER + digest)
    if marks.read(connection, name) is not None or (ended is not None and now - ended[1] < _ECHO):
        return False
    marks.write(connection, name, now, asdict(trouble))
    put_out(connection, [letter_row(f"alarm:{name}:{now.isoformat()}", letter, now)])
    return True


def end(connection: Connection, where: str, letter: Callable[[Trouble], Letter], now: datetime) -> int:
    names = connection.scalars(_ALL).all()
    if names:
        hold(connection, "troubles")  # another program may be about to tell the same
    over = 0
    for name in names:
        found = marks.read(connection, name)
        trouble = Trouble(**found[0]) if found else None
        if trouble is None or trouble.where != where:
            continue
        marks.take_away(connection, name)
        marks.write(connection, _OVER + name.removeprefix(_NAMED), now)
        put_out(connection, [letter_row(f"alarm:{name}:over:{now.isoformat()}", letter(trouble), now)])
        over += 1
    return over
