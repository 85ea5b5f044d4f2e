"""From a change to rows of the outbox, under keys that a repetition of the work would use again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, func, insert, select

from crbot.cases.case import Case
from crbot.cases.letters import Letter
from crbot.cases.respond import Change, LateFile, Notice, Whisper
from crbot.store.engine import add_new
from crbot.store.tables import outbox
from crbot.triage.message import Channel

LETTER = TypeAdapter(Letter)
NOTICE = TypeAdapter(Notice)
WHISPER = TypeAdapter(Whisper)
LATE_FILE = TypeAdapter(LateFile)

Row = dict[str, object]
_PUT_OUT = insert(outbox)


def origin_of(key: str, content: str) -> str:
    """What an arrival is called in the keys of all that follows from it; the same where the same mail comes again.

    After a restore a mail may come again, under other numbers: what it led to is then known by its key, and looked for
    before it goes out a second time.
    """
    return hashlib.sha256((content or key).encode("utf-8", "replace")).hexdigest()[:24]


def put_out(connection: Connection, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(_PUT_OUT, rows)


def put_out_once(connection: Connection, row: Row) -> bool:
    """Put it out unless its key is there already; False where it is."""
    return add_new(connection, outbox, "key", row)


def another_key(connection: Connection, key: str) -> str:
    """The key; with a number, where it is taken: what a person has tried again may fail again, and is told again."""
    same = (outbox.c.key == key) | outbox.c.key.startswith(f"{key}:again:", autoescape=True)
    times = connection.scalar(select(func.count()).select_from(outbox).where(same)) or 0
    return f"{key}:again:{times}" if times else key


def rows_of(origin: str, change: Change, now: datetime, text: str = "", message: int = 0) -> list[Row]:
    """Everything that a change sends. `origin`: what it follows from, and nothing else.

    `text`: the words of the message that it follows from, for the card's thread; `message`: its inbox id.
    """
    rows = [letter_row(f"{letter.name.value}:{origin}", letter, now) for letter in change.letters]
    rows += [
        notice_row(f"notice:{origin}:{position}", notice, now)
        for position, notice in enumerate(change.notices)
    ]
    rows += [
        _row(f"whisper:{origin}:{position}", Channel.SLACK, "whisper", as_json(WHISPER, whisper), now)
        for position, whisper in enumerate(change.whispers)
    ]
    rows += [
        _row(f"file:{origin}:{position}", Channel.SLACK, "file", as_json(LATE_FILE, late), now)
        for position, late in enumerate(change.late_files)
    ]
    if change.redraws_card and change.case is not None:
        said = {"text": text, "message": message, "log": change.log, "calls": change.calls}
        rows.append(_drawing_row(change.case, said, now))
    if change.beside is not None:
        said = {"text": "", "message": message, "log": change.beside.log, "calls": ""}
        rows.append(_drawing_row(change.beside.case, said, now))
    return rows


def letter_row(key: str, letter: Letter, now: datetime) -> Row:
    recipient = letter.to.address.casefold()
    return _row(key, letter.to.channel, "letter", as_json(LETTER, letter), now, letter.case, recipient)


def _drawing_row(case: Case, said: dict[str, object], now: datetime) -> Row:
    key = f"card:{case.number}:r{case.revision}"
    return _row(key, Channel.SLACK, "drawing", json.dumps(said), now, case.number)


def notice_row(key: str, notice: Notice, now: datetime) -> Row:
    return _row(key, Channel.SLACK, "notice", as_json(NOTICE, notice), now)


def _row(
    key: str,
    via: Channel,
    kind: str,
    body: str,
    now: datetime,
    case_number: str | None = None,
    recipient: str = "",
) -> Row:
    return {
        "key": key,
        "via": via.value,
        "kind": kind,
        "case_number": case_number,
        "recipient": recipient,
        "made_at": now,
        "body": body,
        "state": "ready",
        "next_at": now,
        "token": "",
        "attempts": 0,
        "identity": "",
        "reason": "",
        "followup_id": None,
        "good_until": None,
    }


def as_json(adapter: TypeAdapter[Any], value: object) -> str:
    return adapter.dump_json(value).decode()
