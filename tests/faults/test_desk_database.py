"""The database is full, locked, broken or put back from a backup: nothing is lost, nothing goes out twice."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from crbot import wiring
from crbot.cases.case import Conversation
from crbot.cases.letters import LetterName
from crbot.cases.rulebook import Rulebook
from crbot.intake import brake
from crbot.intake.ports import Arrival, Received
from crbot.store.backup import back_up, check_file, put_back
from crbot.triage.message import Channel, Message, Person
from tests.faults.desk import assert_sound, breaks, doubled, letters, live, opened
from tests.faults.doses import dose, figure
from tests.intake.office import REQUEST, Office


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


# Full


def legs_on_a_full_disk(office: Office) -> bool:
    """Every leg with no room left; when that is noticed, there is room again. True where it was noticed."""
    leave_room(office, 0)
    try:
        office.tick()
    except OperationalError as error:
        leave_room(office, 1_000_000)
        office.clock.pass_(timedelta(minutes=16))  # what was claimed is free again
        office.tick()
        return "full" in str(error.orig)
    return False


def leave_room(office: Office, pages: int) -> None:
    connection = office._engine.raw_connection()
    has = connection.cursor().execute("PRAGMA page_count").fetchone()[0]
    connection.cursor().execute(f"PRAGMA max_page_count={has + pages}").fetchall()
    connection.close()


def test_a_full_disk_stops_it_until_there_is_room_and_nothing_is_lost(
    tmp_path: Path, rules: Rulebook
) -> None:
    requests = dose(40, 400)
    with opened(tmp_path / "desk", rules) as office:
        noticed = 0
        for number in range(requests):
            office.hears(
                f"{REQUEST}\n{'Thank you. ' * 400}",
                Person(f"Chief {number}", f"chief{number}@town{number}.example.gov"),
            )
            noticed += legs_on_a_full_disk(office)
            leave_room(office, 1_000_000)

        assert noticed >= requests // 8
        assert_sound(office)
        acknowledged = Counter(name for name, _ in letters(office))[LetterName.ACKNOWLEDGEMENT.value]
        assert acknowledged == requests
    figure(f"disk full {noticed} times during {requests} requests: 0 lost, 0 twice, the record whole")


# Locked


def test_a_database_that_somebody_else_locks_is_waited_for(tmp_path: Path, rules: Rulebook) -> None:
    seconds = dose(2, 31)  # SQLite itself gives up after 30
    with opened(tmp_path / "desk", rules) as office:
        office.hears()
        taken, ended = threading.Event(), threading.Event()

        def lock() -> None:
            with closing(sqlite3.connect(tmp_path / "desk" / "desk.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                taken.set()
                ended.wait(seconds)
                other.execute("ROLLBACK")

        holder = threading.Thread(target=lock)
        holder.start()
        taken.wait(10)
        began, failures = time.monotonic(), 0
        while True:
            try:
                office.tick()
                break
            except OperationalError:
                failures += 1
        waited = time.monotonic() - began
        ended.set()
        holder.join()

        assert waited >= seconds * 0.9
        assert_sound(office)
    figure(f"locked for {seconds} s: waited {waited:.1f} s, {failures} times in trouble, 0 lost, 0 twice")


# Copied while it is written


def test_a_backup_at_any_moment_is_whole_and_holds_all_that_was_there_before(
    tmp_path: Path, rules: Rulebook
) -> None:
    backups = dose(12, 100)
    with opened(tmp_path / "desk", rules) as office:
        stop = threading.Event()
        kept = 0

        def write() -> None:
            nonlocal kept
            while not stop.is_set():
                office.store.keep(
                    [Arrival(Channel.EMAIL, f"imap:{kept}", b"x" * 5000 + b"%d" % kept, office.clock())]
                )
                kept += 1

        writer = threading.Thread(target=write)
        writer.start()
        slowest, missing = 0.0, 0
        for number in range(backups):
            before, began = kept, time.monotonic()
            made = back_up(office._url, tmp_path / f"{number}.db")
            slowest = max(slowest, time.monotonic() - began)
            assert made.checked is not None
            missing += made.checked.messages < before
            made.file.unlink()
        stop.set()
        writer.join()

        assert missing == 0
        assert breaks(office) == []
    figure(
        f"{backups} backups while {kept} messages were kept: all whole, none lacks what was there before; slowest {slowest:.2f} s"
    )


# Put back


def request_of(number: int) -> tuple[str, bytes, Received]:
    sender = Person(f"Chief {number}", f"chief{number}@town{number}.example.gov")
    identity = f"<{number}@town{number}.example.gov>"
    where = Conversation(Channel.EMAIL, sender.address or "", identity, subject="Pursuits", person=sender)
    words = REQUEST.replace("Pine Falls", f"Town{number}")
    return (
        f"content{number}",
        words.encode(),
        Received(Message(Channel.EMAIL, sender, words, "Pursuits"), identity, where),
    )


def arrives(office: Office, number: int, uid: int) -> None:
    """The mail of this number, found in the mailbox under that UID."""
    content, raw, received = request_of(number)
    key = f"imap:desk:1:{uid}"
    office._arrivals[key] = received
    hashed = hashlib.sha256(content.encode()).hexdigest()
    office.store.keep([Arrival(Channel.EMAIL, key, raw, office.clock(), received.identity, hashed)])


def test_a_backup_is_put_back_while_mail_goes_on_arriving(tmp_path: Path, rules: Rulebook) -> None:
    """What came since the backup lies in the folder of done mail; staff lay it into the inbox again, in any order."""
    before, since = dose(5, 100), dose(7, 200)
    folder = tmp_path / "desk"
    with opened(folder, rules) as office:
        for number in range(before):
            arrives(office, number, number)
        office.tick()
        office.store.heartbeat(office.clock())
        backup = back_up(office._url, tmp_path / "copy.db").file
        office.clock.pass_(timedelta(hours=20))
        for number in range(before, before + since):
            arrives(office, number, number)
        office.tick()
        office.store.heartbeat(office.clock())
        answered = letters(office)
        numbers = {case.requester.address: case.number for case in office.store.all_cases()}

        office._engine.dispose()
        office.clock.pass_(timedelta(minutes=5))
        put_back(office._url, backup, office.clock())
        office.restart()
        assert brake.check_at_start(office.store, office.clock())
        again = [*reversed(range(before, before + since)), before + since, before + since + 1]  # two are new
        for uid, number in enumerate(again, start=10_000):
            arrives(office, number, uid)
        office.tick()
        assert letters(office) == answered  # the brake is on
        office.clock.pass_(timedelta(minutes=5))
        brake.release(office.store, "Jordan Lee", office.clock())
        office.tick()

        assert breaks(office) == []
        assert doubled(office.world) == []
        assert set((letters(office) - answered).values()) == {1}
        assert {address for _, address in letters(office) - answered} == {
            f"chief{number}@town{number}.example.gov" for number in again[-2:]
        }
        cases = list(office.store.all_cases())
        assert Counter(case.requester.address for case in cases).most_common(1)[0][1] == 1
        assert len(cases) == before + since + 2
        # No agency holds a letter with a number that is another's now.
        assert not {
            case.number for case in cases if numbers.get(case.requester.address) != case.number
        } & set(numbers.values())
    figure(
        f"put back a backup of {before} cases, {since} mails answered since laid in again in reverse order, 2 new ones: "
        f"{before + since + 2} cases, 0 twice, 0 letters twice, 0 numbers given twice"
    )


def test_a_file_that_is_broken_is_never_taken_for_a_database_or_a_backup(
    tmp_path: Path, rules: Rulebook
) -> None:
    """Bytes of the file are overwritten: it is found, or it was a page that nobody uses."""
    with opened(tmp_path / "desk", rules) as office:
        live(office)
    source = (tmp_path / "desk" / "desk.db").read_bytes()
    whole = check_file(tmp_path / "desk" / "desk.db")
    pages, found = len(source) // 4096, 0
    tried = range(1, pages, dose(9, 1))
    for page in tried:
        broken = tmp_path / "broken.db"
        broken.write_bytes(source[: page * 4096] + bytes(4096) + source[(page + 1) * 4096 :])
        told = check_file(broken)
        found += bool(told.breaks)
        assert told.breaks or (told.head, told.cases, told.messages) == (
            whole.head,
            whole.cases,
            whole.messages,
        )
        broken.unlink()
    assert found >= len(tried) * 0.8
    figure(f"{len(tried)} of {pages} pages zeroed in turn: {found} found, the others held nothing")
