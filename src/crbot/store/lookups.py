"""What people of staff look up: open cases, cases by words, what was written in a case, where its card stands.

Each reads within the transaction it is given; `store` begins and ends it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, cast, func, select

from crbot.cases.case import ENDED, Case, Place
from crbot.store.casefile import CASE
from crbot.store.tables import cards, cases, inbox, outbox

_OPEN = select(cases.c.body).where(cases.c.stage.not_in(ENDED)).order_by(cases.c.year, cases.c.counter)
_NEWEST = select(cases.c.body).order_by(cases.c.year.desc(), cases.c.counter.desc())
_WRITTEN_BY_JSON = frozenset('"\\')  # otherwise than they are


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as lists show it."""

    number: str
    stage: str
    queue: str
    disposition: str
    owner: str | None
    opened_at: datetime
    agency: str


def newest_cases(connection: Connection, limit: int) -> tuple[CaseLine, ...]:
    newest = select(cases).order_by(cases.c.year.desc(), cases.c.counter.desc()).limit(limit)
    return tuple(
        CaseLine(
            row.number,
            row.stage,
            row.queue,
            row.disposition,
            row.owner,
            row.opened_at,
            CASE.validate_json(row.body).agency,
        )
        for row in connection.execute(newest)
    )


def open_cases(connection: Connection) -> tuple[Case, ...]:
    """The cases that have not ended, the oldest first."""
    return tuple(CASE.validate_json(body) for body in connection.scalars(_OPEN))


def cases_of(connection: Connection, sender: str, limit: int) -> tuple[Case, ...]:
    """The cases that a person (`Person.key`) wrote to, the newest first."""
    theirs = select(inbox.c.case_number).where(inbox.c.sender == sender, inbox.c.state == "done")
    bodies = connection.scalars(_NEWEST.where(cases.c.number.in_(theirs)).limit(limit))
    return tuple(CASE.validate_json(body) for body in bodies)


def cases_akin(connection: Connection, kin: str, limit: int) -> tuple[Case, ...]:
    """The cases of the same agency, the newest first."""
    bodies = connection.scalars(_NEWEST.where(cases.c.kin == kin).limit(limit))
    return tuple(CASE.validate_json(body) for body in bodies)


def cases_with(connection: Connection, words: Collection[str], limit: int) -> tuple[Case, ...]:
    """The cases in which all of the words may stand somewhere, the newest first.

    Words that a database folds in its own way, or JSON writes in another, are left to whoever asks.
    """
    found = _NEWEST.limit(limit)
    for word in (word for word in words if word.isascii() and not _WRITTEN_BY_JSON & set(word)):
        found = found.where(func.lower(cast(cases.c.body, Text)).contains(word.lower(), autoescape=True))
    return tuple(CASE.validate_json(body) for body in connection.scalars(found))


def words_of(connection: Connection, number: str) -> tuple[str, ...]:
    """What was written in a case, message by message, the newest first."""
    drawn = select(outbox.c.body).where(outbox.c.case_number == number, outbox.c.kind == "drawing")
    texts = (json.loads(body)["text"] for body in connection.scalars(drawn.order_by(outbox.c.id.desc())))
    return tuple(text for text in texts if text.strip())


def card_of(connection: Connection, number: str, place: Place) -> str:
    """Where the case's card stands, "<channel>:<ts>"; "" where there is none."""
    where = select(cards.c.identity).where(cards.c.case_number == number, cards.c.place == place.value)
    return connection.scalar(where) or ""
