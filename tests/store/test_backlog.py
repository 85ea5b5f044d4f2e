"""How the desk stands, for whoever watches it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, text

from crbot.cases.case import Stage
from crbot.cases.respond import Notice
from crbot.intake.backlog import Backlog
from crbot.intake.ports import Arrival, Brake
from crbot.store.backlog import backlog_of
from crbot.store.store import SqlStore
from crbot.store.tables import cases
from crbot.triage.message import Channel

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=2)


def case_row(counter: int, **changes: object) -> dict[str, object]:
    return {
        "number": f"CRI-2026-{counter:04}", "year": 2026, "counter": counter, "revision": 1, "stage": "received",
        "queue": "cri_tac", "disposition": "eligible", "owner": None, "opened_at": EARLIER, "changed_at": NOW,
        "body": "{}", **changes,
    }  # fmt: skip


def test_a_new_desk_stands_empty(engine: Engine) -> None:
    assert backlog_of(engine, NOW) == Backlog()


def test_what_waits_to_be_thought_about_and_to_be_sent_is_counted_with_its_age(engine: Engine) -> None:
    store = SqlStore(engine)
    store.keep([Arrival(Channel.EMAIL, "imap:1", b"a", EARLIER), Arrival(Channel.EMAIL, "imap:2", b"b", NOW)])
    store.post(Notice("Look", "at this"), "look", EARLIER)

    found = backlog_of(engine, NOW)

    assert (found.inbox_waiting, found.inbox_oldest) == (2, EARLIER)
    assert (found.outbox_waiting, found.outbox_oldest) == ({"slack": 1}, EARLIER)


def test_a_message_that_was_set_aside_is_counted_until_it_is_tried_again(engine: Engine) -> None:
    store = SqlStore(engine)
    store.keep([Arrival(Channel.EMAIL, "imap:1", b"a", EARLIER)])
    kept = store.take_up(NOW)
    assert kept is not None
    store.set_aside(kept, "it broke", Notice("Set aside", "it broke"), NOW)

    assert backlog_of(engine, NOW).inbox_aside == 1
    assert store.retry(str(kept.id), NOW)
    assert backlog_of(engine, NOW).inbox_aside == 0


def test_open_cases_are_counted_by_queue_and_stage_and_those_that_nobody_claimed_by_age(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(cases),
            [
                case_row(1),
                case_row(2, owner="Jordan Lee", opened_at=EARLIER - timedelta(days=9)),
                case_row(3, stage=Stage.SCOPING.value, opened_at=NOW),
                case_row(4, stage=Stage.CLOSED.value),
                case_row(5, queue="unrouted"),
            ],
        )

    found = backlog_of(engine, NOW)

    assert found.cases == {
        ("cri_tac", "received"): 2,
        ("cri_tac", "scoping"): 1,
        ("unrouted", "received"): 1,
    }
    assert found.oldest_unclaimed == {"cri_tac": EARLIER, "unrouted": EARLIER}


def test_a_pulled_brake_is_seen(engine: Engine) -> None:
    SqlStore(engine).pull_brake(Brake("Jordan Lee", "Stop", NOW), Notice("Paused", "Stop"))

    assert backlog_of(engine, NOW).is_paused


def test_cases_are_counted_from_an_index_and_not_row_by_row(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads a table of few rows as a whole, whatever indexes it has")
    from crbot.store import backlog

    with engine.begin() as connection:
        for counting in (
            backlog._CASES,
            backlog._UNCLAIMED,
            backlog._ASIDE,
            backlog._FAILED,
            backlog._KEPT,
        ):
            compiled = counting.compile(engine, compile_kwargs={"literal_binds": True})
            plan = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()
            assert "INDEX" in str(plan[0]), plan
