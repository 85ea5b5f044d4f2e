"""What a draft of the rules made of the messages, beside what was decided.

How it is found out is `crbot.intake.replaying`'s.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Engine, func, insert, select

from crbot.intake.replaying import Changed, Retold
from crbot.store.rows import as_json
from crbot.store.tables import comparisons, inbox
from crbot.triage.decision import Decision

_DECISION = TypeAdapter(Decision)


class Comparisons:
    """The comparisons in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self, draft: str) -> int | None:
        """The inbox id of the message that was compared last; None where none was."""
        with self._engine.begin() as connection:
            compared = select(func.max(comparisons.c.inbox_id)).where(comparisons.c.draft == draft)
            newest: int | None = connection.scalar(compared)
        return newest

    def draft(self) -> str | None:
        """The draft that was compared last."""
        with self._engine.begin() as connection:
            newest = select(comparisons.c.draft).order_by(comparisons.c.at.desc()).limit(1)
            return connection.scalar(newest)

    def add(self, draft: str, inbox_id: int, other: Decision | None, trouble: str, now: datetime) -> None:
        """Note what a draft decided; `other` is None where it decided the same, or nothing, for the trouble told.

        What another process has noted already stays.
        """
        here = (comparisons.c.draft == draft, comparisons.c.inbox_id == inbox_id)
        row = {"draft": draft, "inbox_id": inbox_id, "at": now, "trouble": trouble}
        decision = as_json(_DECISION, other) if other else None
        with self._engine.begin() as connection:
            if connection.scalar(select(comparisons.c.inbox_id).where(*here)) is None:
                connection.execute(insert(comparisons).values(row | {"decision": decision}))

    def report(self, draft: str) -> Retold:
        """All that was compared with a draft, message by message."""
        both = select(
            inbox.c.id,
            inbox.c.case_number,
            inbox.c.thought_at,
            inbox.c.decision.label("was"),
            comparisons.c.decision.label("now"),
            comparisons.c.trouble,
        ).join(inbox, inbox.c.id == comparisons.c.inbox_id)
        told = Retold()
        with self._engine.connect() as connection:
            rows = connection.execute(both.where(comparisons.c.draft == draft).order_by(inbox.c.id)).all()
        for row in rows:
            if row.trouble or row.was is None:
                told += Retold(unreadable=(row.id,))
                continue
            was = _DECISION.validate_json(row.was)
            now = _DECISION.validate_json(row.now) if row.now else was
            changed = Changed(row.case_number or "", row.id, row.thought_at, was, now, 1, by_draft=True)
            told += Retold(
                messages=1,
                changed=(changed,) if row.now else (),
                queues=Counter({(_value(was), _value(now)): 1}),
                dispositions=Counter({(was.disposition.value, now.disposition.value): 1}),
            )
        return told


def _value(decision: Decision) -> str:
    return decision.queue.value if decision.queue else ""
