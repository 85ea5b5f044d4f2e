"""The pages that tell whoever watches how the bot is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crbot.channels.health import Health, pages
from crbot.channels.http import HttpServer
from crbot.channels.metrics import Metrics
from crbot.intake.backlog import Backlog

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
BACKLOG = Backlog(
    inbox_waiting=3,
    inbox_oldest=NOW - timedelta(minutes=5),
    outbox_waiting={"slack": 2},
    cases={("cri_tac", "scoping"): 4},
    oldest_unclaimed={"cri_tac": NOW - timedelta(hours=1)},
    is_paused=True,
)


def metrics() -> Metrics:
    return Metrics(lambda: BACKLOG, lambda: NOW, lambda: {"email": NOW}, lambda: ("2026.1", "ab" * 32))


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def ask(health: Health) -> Iterator[Callable[[str], tuple[int, str]]]:
    server = HttpServer(pages(health, lambda: True, metrics().page), 0)
    server.start()

    def answer(path: str) -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as told:
                return told.status, told.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    yield answer
    server.stop()


Ask = Callable[[str], tuple[int, str]]


def test_it_is_ready_when_every_part_works(health: Health, ask: Ask) -> None:
    health.well("database", NOW)
    health.well("mailbox", NOW)

    status, told = ask("/readyz")

    assert (status, json.loads(told)["ready"]) == (200, True)


def test_a_part_in_trouble_is_named_with_why_and_since_when(health: Health, ask: Ask) -> None:
    health.well("database", NOW)
    health.ill("mailbox", "it does not answer in time", NOW)
    health.ill("mailbox", "the connection is refused", NOW + timedelta(minutes=3))

    status, told = ask("/readyz")

    mailbox: dict[str, Any] = json.loads(told)["parts"]["mailbox"]
    assert status == 503
    assert mailbox == {"ok": False, "since": NOW.isoformat(), "told": "the connection is refused"}


def test_it_lives_though_a_part_is_in_trouble(health: Health, ask: Ask) -> None:
    health.ill("slack", "away", NOW)

    assert ask("/healthz")[0] == 200


def test_the_figures_can_be_read_by_prometheus(ask: Ask) -> None:
    status, told = ask("/metrics")

    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }
    assert status == 200
    assert found["crbot_inbox_waiting",] == 3
    assert found["crbot_inbox_oldest_seconds",] == 300
    assert found["crbot_outbox_waiting", "slack"] == 2
    assert found["crbot_cases", "cri_tac", "scoping"] == 4
    assert found["crbot_oldest_unclaimed_seconds", "cri_tac"] == 3600
    assert found["crbot_last_heard_timestamp_seconds", "email"] == NOW.timestamp()
    assert found["crbot_rules_info", "ab" * 32, "2026.1"] == 1
    assert found["crbot_paused",] == 1


def test_what_happens_is_counted() -> None:
    counted = metrics()
    counted.messages.labels("email", "request", "eligible").inc()
    counted.sent.labels("email", "sent").inc()

    page = counted.page()[0].decode()

    assert 'crbot_messages_total{channel="email",disposition="eligible",kind="request"} 1.0' in page
    assert 'crbot_sent_total{channel="email",outcome="sent"} 1.0' in page
