"""What the follow-ups cost: handling those that are due, and finding them among a great many that are not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, insert

from crbot import wiring
from crbot.cases.case import Case, Conversation, Stage
from crbot.cases.followups import plan_for
from crbot.cases.rulebook import Rulebook
from crbot.intake.ears import Ears
from crbot.intake.incoming import Desk
from crbot.intake.reminding import follow_up
from crbot.store.casefile import CASE
from crbot.store.followups import take_due
from crbot.store.migrations import upgrade
from crbot.store.rows import as_json
from crbot.store.store import SqlStore, open_engine
from crbot.store.tables import cases
from crbot.triage.decide import decide
from crbot.triage.decision import Queue
from crbot.triage.message import Channel, Message, Person
from tests.bench.measure import Row, cpu_of
from tests.bench.messages import samples

DUE = 10_000
WAITING = 1_000_000
NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # noon on a Wednesday in New York


def rows() -> Iterator[Row]:
    rules = wiring.load_rules()
    with TemporaryDirectory(prefix="crbot-bench-") as folder:
        yield _handling(Path(folder), rules)
        yield _finding(Path(folder))


def _handling(folder: Path, rules: Rulebook) -> Row:
    """Ten thousand reminders that are due, each of a case of its own, until nothing is left."""
    engine = _database(folder / "due.db")
    plan = partial(plan_for, ladders=rules.ladders, hours=rules.hours)
    fill(engine, rules, DUE)
    store = SqlStore(engine, plan)
    store.replan("bench", NOW)
    desk = Desk(store, None, rules, frozenset(), lambda: NOW)  # type: ignore[arg-type]  # nothing is read here
    ears = Ears((Channel.EMAIL,))
    ears.hear(Channel.EMAIL, NOW)
    done = 0

    def handle() -> None:
        nonlocal done
        while came := follow_up(desk, ears):
            done += sum(each.did == "done" and each.follow_up.is_letter for each in came)

    figure = cpu_of(handle)
    assert done == DUE, f"{done} letters were written"
    engine.dispose()
    return Row(
        f"do {DUE:,} follow-ups that are due, SQLite, each",
        "two bare inserts and a commit",
        figure / DUE,
        _bare(folder / "bare.db"),
        60,
        30.0 / DUE,
    )


def _finding(folder: Path) -> Row:
    """Which twenty are due, where a million wait for later."""
    engine = _database(folder / "waiting.db")
    _fill_waiting(engine)
    with engine.begin() as connection:
        claim = partial(take_due, connection, letters=True, now=NOW, lease=timedelta(minutes=5), limit=20)
        figure = median(cpu_of(claim) for _ in range(200))
        bare = connection.connection.dbapi_connection
        assert isinstance(bare, sqlite3.Connection)
        floor = median(cpu_of(lambda: bare.execute("SELECT 1").fetchall()) for _ in range(200))
    engine.dispose()
    return Row(f"find what is due among {WAITING:,} that wait", "SELECT 1", figure, floor, 500, 5e-3)


def _database(file: Path) -> Engine:
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    return engine


def fill(engine: Engine, rules: Rulebook, count: int) -> None:
    """So many cases in which a question is open since Monday, with the decisions of made-up messages."""
    monday = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    decided = [
        decide(Message(Channel.EMAIL, Person(each.name, each.address), each.body, each.subject), rules.policy)
        for each in samples(400)
    ]
    asking = [each for each in decided if each.questions and not each.is_acute]
    rows = []
    for number in range(1, count + 1):
        decision = asking[number % len(asking)]
        address = f"chief@town-{number}.example"
        case = Case(
            number=f"CRI-2026-{number:05d}",
            revision=1,
            stage=Stage.RECEIVED,
            requester=Person("Chief", address),
            conversation=Conversation(Channel.EMAIL, address, f"<{number}@town.example>"),
            decision=decision,
            opened_at=monday,
            queue=decision.queue or Queue.UNROUTED,
            owner="U1",
            asked=tuple(each.fact for each in decision.questions),
            asked_at=monday,
            last_heard_at=monday,
            zone="America/New_York",
        )
        rows.append(_row(case, number))
    with engine.begin() as connection:
        connection.execute(insert(cases), rows)


def _row(case: Case, number: int) -> dict[str, Any]:
    return {
        "number": case.number,
        "year": 2026,
        "counter": number,
        "revision": 1,
        "stage": case.stage.value,
        "queue": case.queue.value,
        "disposition": case.decision.disposition.value,
        "owner": case.owner,
        "opened_at": case.opened_at,
        "changed_at": case.opened_at,
        "body": as_json(CASE, case),
    }


def _bare(file: Path) -> float:
    """CPU seconds that SQLite itself takes for a row here and a row there, on the disk."""
    bare = sqlite3.connect(file, isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL"):
        bare.execute(f"PRAGMA {setting}")
    bare.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, body TEXT)")

    def work() -> None:
        for _ in range(1000):
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO one (body) VALUES (?)", ("x" * 2000,))
            bare.execute("INSERT INTO one (body) VALUES (?)", ("x" * 2000,))
            bare.execute("COMMIT")

    figure = cpu_of(work) / 1000
    bare.close()
    return figure


def _fill_waiting(engine: Engine) -> None:
    """A million rows that are due later."""
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # the setting has no effect within a transaction
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        later = int((NOW + timedelta(days=1)).timestamp() * 1e6)
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO followups (case_number, purpose, step, event, is_letter, due_at, next_at, state, token, reason) "
            "SELECT 'CRI-2026-' || i, 'missing_facts', 1, '', 1, ? + i, ? + i, 'open', '', '' FROM n",
            (WAITING, later, later),
        )
