"""Reads how the desk stands, from indexes alone: it costs the same however much has piled up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from crbot.cases.case import ENDED
from crbot.intake.backlog import Backlog
from crbot.store import marks
from crbot.store.tables import cases, followups, inbox, outbox

_KEPT = select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.state == "kept")
_ASIDE = select(func.count()).where(inbox.c.state == "aside")
_FAILED = select(func.count()).where(outbox.c.state == "failed")
_IS_OPEN = outbox.c.state.in_(("ready", "sending"))
_WAITING = select(outbox.c.via, func.count()).where(_IS_OPEN).group_by(outbox.c.via)
_CASES = (
    select(cases.c.queue, cases.c.stage, func.count())
    .where(cases.c.stage.not_in(ENDED))
    .group_by(cases.c.queue, cases.c.stage)
)
_UNCLAIMED = (
    select(cases.c.queue, func.min(cases.c.opened_at))
    .where(cases.c.stage.not_in(ENDED), cases.c.owner.is_(None))
    .group_by(cases.c.queue)
)


def backlog_of(engine: Engine, now: datetime) -> Backlog:
    """How the desk stands now."""
    with engine.begin() as connection:
        waiting, oldest = connection.execute(_KEPT).one()
        due = select(func.count()).where(followups.c.state == "open", followups.c.next_at <= now)
        first = select(func.min(outbox.c.next_at)).where(_IS_OPEN, outbox.c.next_at <= now)
        return Backlog(
            inbox_waiting=waiting,
            inbox_oldest=oldest,
            inbox_aside=_one(connection, _ASIDE),
            outbox_waiting=dict(connection.execute(_WAITING).all()),
            outbox_oldest=connection.execute(first).scalar_one(),
            outbox_failed=_one(connection, _FAILED),
            followups_due=_one(connection, due),
            cases={(queue, stage): count for queue, stage, count in connection.execute(_CASES)},
            oldest_unclaimed=dict(connection.execute(_UNCLAIMED).all()),
            is_paused=marks.brake(connection) is not None,
        )


def _one(connection: Connection, counting: Select[Any]) -> int:
    return int(connection.execute(counting).scalar_one())
