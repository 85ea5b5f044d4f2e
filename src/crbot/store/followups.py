"""Follow-ups in the database: what a case waits for, taken when it is due, and done once. Functions of a transaction.

What is planned is `crbot.cases.followups`', what is done about it `crbot.intake.due`'s.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, insert, select, text, update

from crbot.cases.case import Case
from crbot.cases.followups import FollowUp
from crbot.cases.ladders import Purpose
from crbot.intake.ports import Due, Progress, Stale, Standing
from crbot.store.tables import followups, outbox

# In words, so that the index of open rows is used: a parameter could be any state.
_IS_OPEN = text("followups.state = 'open'")

_OF_CASE = select(followups).where(followups.c.case_number == bindparam("case"))
_INSERT = insert(followups)
_BY_ID = update(followups).where(followups.c.id == bindparam("row"))
_DROP = _BY_ID.values(state="dropped", token="", reason=bindparam("why"))
_PUT_ANEW = _BY_ID.values(
    state="open",
    token="",
    reason="",
    due_at=bindparam("due", type_=followups.c.due_at.type),
    next_at=bindparam("due", type_=followups.c.next_at.type),
)
_DUE = (
    select(followups)
    .where(
        _IS_OPEN,
        followups.c.is_letter == bindparam("is_letter"),
        followups.c.next_at <= bindparam("now", type_=followups.c.next_at.type),
    )
    .order_by(followups.c.next_at)
    .limit(bindparam("limit"))
)


def replace_plan(connection: Connection, number: str, planned: Collection[FollowUp]) -> None:
    """Make the open rows of a case those that are planned; what was done stays done."""
    standing = {_key(row): row for row in connection.execute(_OF_CASE, {"case": number})}
    wanted = {each.key: each for each in planned}
    gone = [
        {"row": row.id, "why": "the case no longer waits for it"}
        for key, row in standing.items()
        if row.state == Progress.OPEN and key not in wanted
    ]
    anew = [
        {"row": standing[key].id, "due": each.due_at}
        for key, each in wanted.items()
        if key in standing and _is_to_be_moved(standing[key], each)
    ]
    new = [_row(each) for key, each in wanted.items() if key not in standing]
    for statement, rows in ((_DROP, gone), (_PUT_ANEW, anew), (_INSERT, new)):
        if rows:
            connection.execute(statement, rows)


def _is_to_be_moved(row: Row[Any], planned: FollowUp) -> bool:
    is_moved: bool = row.due_at != planned.due_at
    return row.state == Progress.DROPPED or (row.state == Progress.OPEN and is_moved)


def _key(row: Row[Any]) -> tuple[Purpose, int, str]:
    return Purpose(row.purpose), row.step, row.event


def _row(planned: FollowUp) -> dict[str, object]:
    return {
        "case_number": planned.case,
        "purpose": planned.purpose.value,
        "step": planned.step,
        "event": planned.event,
        "is_letter": planned.is_letter,
        "due_at": planned.due_at,
        "next_at": planned.due_at,
        "state": "open",
        "token": "",
        "reason": "",
    }


def take_due(
    connection: Connection, *, letters: bool, now: datetime, lease: timedelta, limit: int
) -> tuple[str, list[Row[Any]]]:
    """Claim rows that are due; they are ours for the lease, by the token that is returned."""
    due = {"is_letter": letters, "now": now, "limit": limit}
    rows = _apart(connection.execute(_DUE.with_for_update(skip_locked=True), due).all())
    token = secrets.token_hex(16)
    if rows:
        taken = followups.c.id.in_([row.id for row in rows])
        connection.execute(update(followups).where(taken).values(next_at=now + lease, token=token))
    died = [row.id for row in rows if row.token]  # whoever had it said no word
    if died:
        these = update(followups).where(followups.c.id.in_(died))
        connection.execute(these.values(lost=followups.c.lost + 1))
    return token, rows


def _apart(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Those before one that was lost twice; that one alone: if it ends the program, it takes no others along."""
    first = next((place for place, row in enumerate(rows) if row.lost + bool(row.token) >= 2), len(rows))
    return list(rows[: max(first, 1)])


def with_their_cases(
    connection: Connection, token: str, rows: Collection[Row[Any]], cases: Mapping[str, Case]
) -> tuple[Due, ...]:
    """Claimed rows, each with its case and all that stands of it."""
    numbers = {row.case_number for row in rows}
    beside: dict[str, list[Standing]] = {number: [] for number in numbers}
    for row in connection.execute(select(followups).where(followups.c.case_number.in_(numbers))):
        beside[row.case_number].append(Standing(follow_up_in(row), Progress(row.state), row.done_at))
    return tuple(
        Due(
            row.id,
            token,
            follow_up_in(row),
            cases.get(row.case_number),
            tuple(beside[row.case_number]),
            row.lost + bool(row.token),
        )
        for row in rows
    )


def follow_up_in(row: Row[Any]) -> FollowUp:
    purpose = Purpose(row.purpose)
    return FollowUp(row.case_number, purpose, row.step, row.event, row.due_at, row.is_letter)


def finish(connection: Connection, due: Due, progress: Progress, now: datetime, reason: str = "") -> None:
    """Note what became of a claimed row. Raises `Stale` where the claim is no longer ours."""
    _mark(connection, due, {"state": progress.value, "done_at": now, "reason": reason})


def put_off(connection: Connection, due: Due, until: datetime, reason: str) -> None:
    """Give a claimed row back until then. Raises `Stale` where the claim is no longer ours."""
    _mark(connection, due, {"next_at": until, "reason": reason})


# In words, so that the index of these few rows is used.
_NOT_GONE_YET = text("outbox.state = 'ready' AND outbox.followup_id IS NOT NULL")


def call_back(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> list[str]:
    """Take letters of follow-ups out of the outbox that have not begun to leave: they are looked at again.

    Returns the numbers of their cases.
    """
    called = select(outbox.c.id, outbox.c.followup_id, outbox.c.case_number).where(_NOT_GONE_YET, *which)
    rows = connection.execute(called.with_for_update()).all()  # another may be about to call back the same
    if not rows:
        return []
    connection.execute(delete(outbox).where(outbox.c.id.in_([row.id for row in rows])))
    again = {
        "state": Progress.OPEN.value,
        "next_at": now,
        "done_at": None,
        "token": "",
        "reason": "called back",
    }
    theirs = followups.c.id.in_([row.followup_id for row in rows])
    connection.execute(update(followups).where(theirs).values(again))
    return [row.case_number for row in rows]


_OURS = update(followups).where(
    followups.c.id == bindparam("row"), followups.c.token == bindparam("claimed"), _IS_OPEN
)


def _mark(connection: Connection, due: Due, values: Mapping[str, object]) -> None:
    ours = {"row": due.id, "claimed": due.token, "token": "", **values}
    if connection.execute(_OURS, ours).rowcount != 1:
        raise Stale(due.follow_up.case)


ASIDE = "followup:"  # and its id: by which it is tried again


def retry_follow_up(connection: Connection, what: str, now: datetime) -> bool:
    """Take one that was set aside up again; False where there is none."""
    number = what.removeprefix(ASIDE)
    if not number.isdecimal() or len(number) > 18:
        return False
    aside = update(followups).where(followups.c.id == int(number), followups.c.state == Progress.ASIDE.value)
    again = {"state": Progress.OPEN.value, "next_at": now, "done_at": None, "lost": 0, "reason": ""}
    return connection.execute(aside.values(again)).rowcount == 1


def free_follow_ups(connection: Connection, now: datetime) -> None:
    """Let go of all claims: those who had them are gone."""
    claimed = update(followups).where(_IS_OPEN, followups.c.token != "", followups.c.next_at > now)
    connection.execute(claimed.values(next_at=now))
