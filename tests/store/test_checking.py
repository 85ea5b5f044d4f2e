"""The record shows every gap and every change; a backup is the database as it stood, and the way back is noticed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from crbot.cases.respond import Change, Entry
from crbot.intake import brake
from crbot.intake.ports import Kept
from crbot.store.backup import BackupError, back_up, check_file, put_back
from crbot.store.checking import Checked, Head, check
from crbot.store.engine import open_for_reading
from crbot.store.migrations import _config, upgrade
from crbot.store.store import SqlStore, open_engine
from tests.store.test_store import NOW, arrival, case, opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database of two cases, with five lines in its record."""
    file = tmp_path / "desk.db"
    filled(file)
    return file


def filled(file: Path) -> None:
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    store = SqlStore(engine)
    kept = opened(store)
    store.save(kept, Change(case().changed(owner="U1"), entries=(Entry("claim", "U1"),)), NOW)
    store.save(kept_another(store), Change(case("CRI-2026-0002"), entries=(Entry("opened", "x"),)), NOW)
    store.save(kept, Change(about="CRI-2026-0001", entries=(Entry("note", "U1"),)), NOW)
    store.save(kept, Change(about="CRI-2026-0002", entries=(Entry("note", "U1"),)), NOW)
    store.close()


def kept_another(store: SqlStore) -> Kept:
    store.keep([arrival("imap:desk:1:2", b"Subject: more\r\n\r\nPlease.")])
    kept = store.take_up(NOW)
    assert kept is not None
    return kept


def checked(file: Path, known: Head | None = None) -> Checked:
    engine = open_for_reading(f"sqlite:///{file}")
    try:
        return check(engine, known)
    finally:
        engine.dispose()


def altered(file: Path, *statements: str) -> Checked:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return checked(file)


def test_a_database_that_nobody_touched_is_whole(file: Path) -> None:
    found = checked(file)

    assert found.breaks == []
    assert (found.lines, found.cases, found.messages) == (5, 2, 2)
    assert found.head.line == 5


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE record SET detail = '{}' WHERE id = 2", "record, line 2 (CRI-2026-0001"),
        ("UPDATE record SET \"by\" = 'U2' WHERE id = 2", "record, line 2 (CRI-2026-0001"),
        ("UPDATE record SET at = at + 1 WHERE id = 3", "record, line 3 (CRI-2026-0002"),
        ("UPDATE record SET what = 'decline' WHERE id = 4", "record, line 4 (CRI-2026-0001"),
        ("DELETE FROM record WHERE id = 3", "record, line 4 (CRI-2026-0001"),
        ("UPDATE record SET id = 9 WHERE id = 2", "record, line 3 (CRI-2026-0002"),
        (
            "UPDATE record SET salt = '', \"by\" = '', detail = '{}' WHERE id = 2",
            "record, line 2 (CRI-2026-0001, 2026-03-02 15:00:00 UTC, claim): its words are gone",
        ),
        (
            "UPDATE inbox SET raw = x'00' WHERE id = 2",
            "message 2 of 2026-03-02 15:00:00 UTC: it is not what",
        ),
        ("UPDATE inbox SET raw = 'text' WHERE id = 2", "database: holds what crbot does not write"),
        ("UPDATE record SET detail = '{' WHERE id = 2", "record, line 2 (CRI-2026-0001"),
        ("DELETE FROM inbox WHERE id = 2", "message 2: it is gone or another one"),
        ("UPDATE cases SET stage = 'closed' WHERE counter = 2", "CRI-2026-0002: its row tells of"),
        ("UPDATE cases SET body = '{}' WHERE counter = 2", "CRI-2026-0002: can't be read"),
        (
            "UPDATE inbox SET case_number = 'CRI-2026-0007' WHERE id = 2",
            "message 2: it belongs to CRI-2026-0007",
        ),
    ],
)
def test_whatever_was_changed_is_named_first(file: Path, statement: str, first: str) -> None:
    assert altered(file, statement).breaks[0].startswith(first)


def test_a_record_that_was_cut_short_or_written_anew_lacks_the_end_that_was_kept(file: Path) -> None:
    known = checked(file).head
    assert checked(file, known).breaks == []

    altered(file, "DELETE FROM record WHERE id = 5")

    assert checked(file).breaks == []  # no chain can tell by itself
    assert "does not hold the end that was given" in checked(file, known).breaks[0]


def test_pages_that_the_disk_lost_are_found(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 5] = bytes(4096 * 2)
    file.write_bytes(content)

    assert checked(file).breaks


def test_an_older_record_is_bound_when_the_database_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    filled(file)
    with sqlite3.connect(file) as connection:  # as the schema before left it
        connection.execute("UPDATE record SET salt = '', words = '', hash = 'x', whole = ''")
    assert checked(file).breaks
    engine = open_engine(f"sqlite:///{file}")
    with engine.begin() as connection_:
        config = _config()
        config.attributes["connection"] = connection_
        command.downgrade(config, "0004")
        assert "whole" not in [row.name for row in connection_.execute(text("PRAGMA table_info(record)"))]
        command.upgrade(config, "head")
    engine.dispose()

    assert checked(file).breaks == []


# Backups


def test_a_backup_is_whole_and_holds_what_was_there(file: Path, tmp_path: Path) -> None:
    made = back_up(f"sqlite:///{file}", tmp_path / "copy.db")

    assert made.checked is not None
    assert made.checked.head == checked(file).head
    assert check_file(made.file).breaks == []
    assert {path.name for path in tmp_path.iterdir()} == {"desk.db", "copy.db"}


def test_nothing_is_overwritten_and_nothing_half_is_left(file: Path, tmp_path: Path) -> None:
    back_up(f"sqlite:///{file}", tmp_path / "copy.db")

    with pytest.raises(BackupError, match="is there already"):
        back_up(f"sqlite:///{file}", tmp_path / "copy.db")
    with pytest.raises(BackupError, match="is not there"):
        back_up(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "other.db")
    altered(file, "DELETE FROM record WHERE id = 3")
    with pytest.raises(BackupError, match=r"not whole.*line 4"):
        back_up(f"sqlite:///{file}", tmp_path / "third.db")
    assert {path.name for path in tmp_path.iterdir()} == {"desk.db", "copy.db"}


def test_a_backup_is_put_back_and_the_next_start_is_held(file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{file}"
    with closing(SqlStore(open_engine(url))) as store:
        store.heartbeat(NOW)
    backup = back_up(url, tmp_path / "copy.db")
    with closing(SqlStore(open_engine(url))) as store:
        store.save(kept_third(store), Change(case("CRI-2026-0003"), entries=(Entry("opened", "x"),)), NOW)

    before = put_back(url, backup.file, NOW + timedelta(days=1))

    assert before is not None
    assert check_file(before).cases == 3
    with closing(SqlStore(open_engine(url))) as store:
        assert store.case("CRI-2026-0003") is None
        assert brake.check_at_start(store, NOW + timedelta(days=1, minutes=1))
        pulled = store.brake()
        assert pulled is not None
        assert "a backup was put back" in pulled.reason
        # 0003 is known to its agency as another case than the next one.
        assert store.new_number(NOW + timedelta(days=1, minutes=1)) == "CRI-2026-2001"
    assert check_file(file).breaks == []


def kept_third(store: SqlStore) -> Kept:
    store.keep([arrival("imap:desk:1:3", b"Subject: third\r\n\r\nPlease.")])
    kept = store.take_up(NOW)
    assert kept is not None
    return kept


def test_a_database_that_is_in_use_or_a_backup_that_is_not_whole_is_left_alone(
    file: Path, tmp_path: Path
) -> None:
    backup = back_up(f"sqlite:///{file}", tmp_path / "copy.db").file
    other = [sys.executable, "-c", _HOLDS, str(file)]
    with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        with pytest.raises(BackupError, match="stop crbot first"):
            put_back(f"sqlite:///{file}", backup, NOW)
        holder.stdin.close()
    altered(backup, "UPDATE record SET what = 'x' WHERE id = 1")
    with pytest.raises(BackupError, match="line 1"):
        put_back(f"sqlite:///{file}", backup, NOW)

    assert checked(file).breaks == []
    assert not [path for path in os.listdir(tmp_path) if ".before-" in path]


_HOLDS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM cases").fetchone()
print("open", flush=True)
sys.stdin.read()
"""
