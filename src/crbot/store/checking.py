"""Is the database whole: the file, the record line by line, the messages, and what each row says of others.

It reads alone, and sees one moment; what is to be done about a break is for people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError
from sqlalchemy import Column, Connection, Engine, Row, Select, func, select, union
from sqlalchemy.exc import DatabaseError

from crbot.store.casefile import CASE
from crbot.store.records import DISPOSED, bound, line_of, words_hash
from crbot.store.tables import cases, identities, inbox, outbox, record, stubs

GONE = "gone"  # the state of a message that was disposed of
_AT_ONCE = 500  # rows
_MOST = 20  # breaks of a kind


@dataclass(frozen=True, slots=True)
class Head:
    """Where the record ends: its last line, and the hash over it and all before it."""

    line: int = 0
    hash: str = ""

    def __str__(self) -> str:
        return f"{self.line}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> Head:
        """From "12:9f3c…", as `str` writes it. Raises ValueError."""
        line, _, hashed = text.partition(":")
        if not line.isdecimal() or len(hashed) != 64:
            raise ValueError(f"{text!r} is no end of a record; copy it as crbot db check printed it")
        return cls(int(line), hashed)


@dataclass(slots=True)
class Checked:
    """What was looked at, and each break with its place, the first one first."""

    lines: int = 0
    cases: int = 0
    messages: int = 0
    disposed: int = 0
    head: Head = Head()
    breaks: list[str] = field(default_factory=list)


def check(engine: Engine, known: Head | None = None) -> Checked:
    """Look at everything. `known`: an end of the record from an earlier day, which must still stand in it."""
    checked = Checked()
    try:
        with engine.begin() as connection:
            checked.breaks.extend(_file(connection))  # extend keeps what was found before it can't go on
            checked.breaks.extend(_record(connection, checked, known))
            checked.breaks.extend(_messages(connection, checked))
            checked.breaks.extend(_cases(connection, checked))
            checked.breaks.extend(_strays(connection))
    except DatabaseError as error:
        checked.breaks.append(f"database: can't be read any further: {error.orig}")
    except (TypeError, ValueError) as error:  # SQLite lets anything stand anywhere
        checked.breaks.append(f"database: holds what crbot does not write: {error}")
    return checked


def _file(connection: Connection) -> Iterator[str]:
    if connection.dialect.name != "sqlite":
        return
    for told in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})").scalars():
        if told != "ok":
            yield f"database file: {told}"
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"database file: row {row} of {table} refers to something in {parent} that is not there"


def _record(connection: Connection, checked: Checked, known: Head | None) -> Iterator[str]:
    of_case: dict[str, str] = {}
    of_all = ""
    blank: dict[int, str] = {}
    allowed: set[int] = set()
    is_known = known is None
    for row in _rows(connection, select(record), record.c.id):
        checked.lines += 1
        words = words_hash(row.by, row.detail, row.salt)
        if not row.salt:
            blank[row.id] = _place(row)
        elif words != row.words:
            yield f"{_place(row)}: its words were changed"
        line = line_of(row.case_number, row.at, row.what, row.words)
        if bound(of_all, line) != row.whole or bound(of_case.get(row.case_number, ""), line) != row.hash:
            yield f"{_place(row)}: it was changed, or a line before it was changed, put in or taken out"
        if row.what == DISPOSED and words == row.words:
            allowed.update(json.loads(row.detail)["lines"])
        of_case[row.case_number], of_all = row.hash, row.whole  # one break is told once
        is_known = is_known or Head(row.id, row.whole) == known
        checked.head = Head(row.id, row.whole)
    for line_id in sorted(blank.keys() - allowed):
        yield f"{blank[line_id]}: its words are gone, and no disposal took them"
    if not is_known:
        yield f"record: it does not hold the end that was given, {known}: it was cut, or is another record"


def _place(row: Row[tuple[object, ...]]) -> str:
    return (
        f"record, line {row.id} ({row.case_number or 'no case'}, {row.at:%Y-%m-%d %H:%M:%S} UTC, {row.what})"
    )


def _messages(connection: Connection, checked: Checked) -> Iterator[str]:
    messages = select(inbox.c.id, inbox.c.state, inbox.c.sha256, inbox.c.raw, inbox.c.received_at)
    for row in _rows(connection, messages, inbox.c.id, at_once=1):  # one alone may have 150 MB
        checked.messages += 1
        if row.state != GONE and hashlib.sha256(row.raw).hexdigest() != row.sha256:
            yield f"message {row.id} of {row.received_at:%Y-%m-%d %H:%M:%S} UTC: it is not what was kept"
    yield from _unlike_the_record(connection)


def _unlike_the_record(connection: Connection) -> Iterator[str]:
    """Messages that the record tells of and that are gone or others now."""
    now = {row.id: row.sha256 for row in _rows(connection, select(inbox.c.id, inbox.c.sha256), inbox.c.id)}
    for row in _rows(connection, select(record), record.c.id):
        told = json.loads(row.detail) if row.salt else {}
        if "sha256" in told and now.get(told.get("inbox")) != told["sha256"]:
            yield f"message {told.get('inbox')}: it is gone or another one than in {_place(row)}"


def _cases(connection: Connection, checked: Checked) -> Iterator[str]:
    recorded = set(connection.scalars(select(record.c.case_number).distinct()))
    for row in _rows(connection, select(cases), cases.c.number):
        checked.cases += 1
        try:
            case = CASE.validate_json(row.body)
        except ValidationError as error:
            yield f"{row.number}: can't be read: {error.error_count()} faults in its row"
            continue
        if (case.number, case.revision, case.stage.value) != (row.number, row.revision, row.stage):
            yield f"{row.number}: its row tells of {case.number}, revision {case.revision}, {case.stage}"
        if row.number not in recorded:
            yield f"{row.number}: the record has nothing of it"
    checked.disposed = connection.scalar(select(func.count()).select_from(stubs)) or 0


def _strays(connection: Connection) -> Iterator[str]:
    """Rows that name a case of which nothing is left, not even a stub."""
    known = union(select(cases.c.number), select(stubs.c.case_number)).subquery()
    for table, name in (
        (inbox, "message"),
        (outbox, "letter or card"),
        (identities, "identity"),
        (record, "record, line"),
    ):
        number = table.c.case_number
        of_none = select(table.primary_key.columns.values()[0], number).where(
            number.is_not(None), number != "", number.not_in(select(known))
        )
        for key, missing in connection.execute(of_none.limit(_MOST)):
            yield f"{name} {key}: it belongs to {missing}, and there is no such case"


def _rows(
    connection: Connection, wanted: Select[tuple[object, ...]], by: Column[object], at_once: int = _AT_ONCE
) -> Iterator[Row[tuple[object, ...]]]:
    """All rows in order, some at a time, so that a large database needs no large memory."""
    last = None
    while True:
        some = wanted if last is None else wanted.where(by > last)
        rows = connection.execute(some.order_by(by).limit(at_once)).all()
        yield from rows
        if len(rows) < at_once:
            return
        last = getattr(rows[-1], by.name)
