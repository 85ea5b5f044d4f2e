"""The record: lines that are only ever added, each bound to its case's line before it and to the line before it of all.

A line's words (who, and what exactly) are bound by a salted hash of their own, so that they can be taken out when a
case is disposed of and the chain still holds. Whether it does is told by `checking`. Functions of a transaction.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from crbot.cases.respond import Entry
from crbot.intake.ports import Kept
from crbot.store.apart import hold
from crbot.store.tables import microseconds, record

DISPOSED = "disposed"  # what the line is called that tells which lines lost their words
_LAST_HASH = (
    select(record.c.hash)
    .where(record.c.case_number == bindparam("number"))
    .order_by(record.c.id.desc())
    .limit(1)
)
_LAST_WHOLE = select(record.c.whole).order_by(record.c.id.desc()).limit(1)
_WRITE_DOWN = insert(record)
_FAILED = (
    select(record.c.id)
    .where(
        record.c.case_number == bindparam("number"),
        record.c.at > bindparam("since", type_=record.c.at.type),
        record.c.what.in_(("letter failed", "not sent")),  # as the record names what did not reach the agency
    )
    .limit(1)
)


def write_down(connection: Connection, number: str, entries: Sequence[Entry], now: datetime) -> None:
    """Append to the record of a case; `number`: "" for what belongs to none."""
    if not entries:
        return
    hold(connection, "record")  # two lines after the same one would be a break in the chain
    of_case = connection.scalar(_LAST_HASH, {"number": number}) or ""
    of_all = connection.scalar(_LAST_WHOLE) or ""
    for entry in entries:
        detail, salt = json.dumps(entry.detail, sort_keys=True), secrets.token_hex(16)
        words = words_hash(entry.by, detail, salt)
        line = line_of(number, now, entry.what, words)
        of_case, of_all = bound(of_case, line), bound(of_all, line)
        row = {
            "case_number": number,
            "at": now,
            "by": entry.by,
            "what": entry.what,
            "detail": detail,
            "salt": salt,
            "words": words,
            "hash": of_case,
            "whole": of_all,
        }
        connection.execute(_WRITE_DOWN, row)


def words_hash(by: str, detail: str, salt: str) -> str:
    """The hash of a line's words. The salt keeps them from being guessed when they are gone, and it with them."""
    return _sha256(json.dumps([salt, by, detail]))


def line_of(number: str, at: datetime, what: str, words: str) -> str:
    """A line as it is bound; `words`: their hash."""
    return json.dumps([number, microseconds(at), what, words])


def bound(before: str, line: str) -> str:
    """The hash of a line and of all before it; `before`: the hash of those, "" for the first."""
    return _sha256(before + line)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def naming(entries: Iterable[Entry], kept: Kept) -> tuple[Entry, ...]:
    """The entries, each naming the arrival that they follow from and the hash of its bytes."""
    arrival = {"inbox": kept.id, "sha256": hashlib.sha256(kept.arrival.raw).hexdigest()}
    return tuple(replace(entry, detail={**entry.detail, **arrival}) for entry in entries)


def has_failed(connection: Connection, number: str, since: datetime) -> bool:
    """True where a letter of the case did not reach anybody since then."""
    return connection.scalar(_FAILED, {"number": number, "since": since}) is not None
