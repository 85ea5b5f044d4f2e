"""What is to be sent, as rows of the outbox: claimed by one, marked by who has the claim. Functions of a transaction.

What becomes a row is told in `rows`; what is done about a failure is `crbot.intake.due`'s.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Row, func, select, text, update

from crbot.cases.case import Place, place_of
from crbot.cases.letters import Letter
from crbot.cases.respond import LateFile, Notice, Whisper
from crbot.intake.ports import Drawing, Outgoing, Receipt
from crbot.store.apart import hold
from crbot.store.casefile import case_numbered, remember_card
from crbot.store.rows import LATE_FILE, LETTER, NOTICE, WHISPER
from crbot.store.tables import cards, outbox
from crbot.triage.message import Channel

# In words, so that the index of open rows is used: a parameter could be any state.
_IS_OPEN = text("outbox.state IN ('ready', 'sending')")
_other = outbox.alias()
_OF_THE_SAME_CASE = select(_other.c.id).where(
    _other.c.kind == outbox.c.kind,
    _other.c.via == outbox.c.via,
    _other.c.case_number == outbox.c.case_number,
    _other.c.state.in_(("ready", "sending")),
)
# Letters of a case arrive in the order in which they were written, whatever of them had to be tried again.
_IS_OVERTAKING = (
    _OF_THE_SAME_CASE.where(
        outbox.c.kind == "letter", _other.c.recipient == outbox.c.recipient, _other.c.id < outbox.c.id
    )
    .correlate(outbox)
    .exists()
)


def _is_being_drawn(now: datetime) -> ColumnElement[bool]:
    """Another program draws the case's card at this moment: two at once would post two cards."""
    others = _OF_THE_SAME_CASE.where(
        outbox.c.kind == "drawing", _other.c.id != outbox.c.id, _other.c.token != "", _other.c.next_at > now
    )
    return others.correlate(outbox).exists()


def take_due(
    connection: Connection, via: Channel, now: datetime, lease: timedelta, limit: int, *, letters: bool
) -> list[Outgoing]:
    """Claim rows that are due by a channel, oldest first, letters among them or not; they are ours for the lease."""
    hold(
        connection, f"claim {via.value}"
    )  # what another program is about to draw is seen only when it is noted
    due = select(outbox).where(
        outbox.c.via == via.value,
        _IS_OPEN,
        outbox.c.next_at <= now,
        ~_IS_OVERTAKING,
        ~_is_being_drawn(now),
    )
    if not letters:
        due = due.where(outbox.c.kind != "letter")
    oldest = due.order_by(outbox.c.next_at, outbox.c.id).limit(limit)
    rows = connection.execute(oldest.with_for_update(skip_locked=True)).all()
    if not rows:
        return []
    token = secrets.token_hex(16)
    taken = {"next_at": now + lease, "token": token, "attempts": outbox.c.attempts + 1}
    these = update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
    connection.execute(these.values(taken))
    died = [row.id for row in rows if _was_lost(row)]
    if died:
        connection.execute(update(outbox).where(outbox.c.id.in_(died)).values(lost=outbox.c.lost + 1))
    outgoing = [_outgoing(connection, row, token) for row in rows]
    return [each for each in outgoing if each is not None]


def _was_lost(row: Row[Any]) -> bool:
    """It was on its way, and whoever had it said no word; those claimed beside it are not to blame."""
    return bool(row.state == "sending" and row.token)


def free(connection: Connection, now: datetime, patience: timedelta) -> None:
    """Let go of all claims: those who had them are gone. What may be on its way is left in peace for so long."""
    claimed = update(outbox).where(_IS_OPEN, outbox.c.token != "", outbox.c.next_at > now)
    connection.execute(claimed.where(outbox.c.state == "ready").values(next_at=now))
    late = claimed.where(outbox.c.state == "sending", outbox.c.next_at > now + patience)
    connection.execute(late.values(next_at=now + patience))


def mark(connection: Connection, outgoing: Outgoing, *conditions: Any, **values: object) -> bool:
    """Change a row that is still ours; False where the claim was lost."""
    ours = (outbox.c.id == outgoing.id, outbox.c.token == outgoing.token, *conditions)
    return connection.execute(update(outbox).where(*ours).values(values)).rowcount == 1


def mark_sent(connection: Connection, outgoing: Outgoing, receipt: Receipt, now: datetime) -> None:
    """Note that it went out; whoever has the claim by now, it is so."""
    sent = {"state": "sent", "identity": receipt.identity, "sent_at": now, "reason": "", "token": ""}
    connection.execute(update(outbox).where(outbox.c.id == outgoing.id).values(sent))
    if isinstance(outgoing.what, Drawing):
        remember_card(connection, outgoing.what, receipt)


def open_rows(connection: Connection, kind: str = "") -> int:
    """How many wait to be sent, of one kind or of all."""
    rows = select(func.count()).select_from(outbox).where(_IS_OPEN)
    return connection.scalar(rows.where(outbox.c.kind == kind) if kind else rows) or 0


def _outgoing(connection: Connection, row: Row[Any], token: str) -> Outgoing | None:
    """The row as a value; one that cannot be read is parked as failed, so that it does not stop the others."""
    try:
        what = _what(connection, row)
    except (ValidationError, LookupError) as error:
        reason = f"The row cannot be read: {type(error).__name__}"
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(state="failed", reason=reason))
        return None
    return Outgoing(
        id=row.id,
        key=row.key,
        what=what,
        attempts=row.attempts + 1,
        token=token,
        is_repeat=row.state == "sending",
        lost=row.lost + _was_lost(row),
    )


def _what(connection: Connection, row: Row[Any]) -> Letter | Drawing | Notice | Whisper | LateFile:
    match row.kind:
        case "letter":
            return LETTER.validate_json(row.body)
        case "notice":
            return NOTICE.validate_json(row.body)
        case "whisper":
            return WHISPER.validate_json(row.body)
        case "file":
            return LATE_FILE.validate_json(row.body)
        case _:
            return _drawing(connection, row)


def _drawing(connection: Connection, row: Row[Any]) -> Drawing:
    """The card as the case stands now: a later revision may have overtaken the one that asked for it."""
    case = case_numbered(connection, row.case_number)
    if case is None:
        raise LookupError(f"{row.key}: the case is gone")
    where = select(cards.c.place, cards.c.identity).where(cards.c.case_number == case.number)
    posted = {Place(each.place): each.identity for each in connection.execute(where)}
    body = json.loads(row.body)
    called = body.get("calls", "")
    return Drawing(case, place_of(case), body["text"], body["message"], posted, body["log"], called)
