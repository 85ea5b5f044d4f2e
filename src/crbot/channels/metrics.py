"""The figures of a running bot, for Prometheus: what it did since it started, and how the desk stands now.

What happened is counted as it happens; how the desk stands is asked of the store when somebody looks. Cases and people
have no name here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from crbot.intake.backlog import Backlog


class Metrics:
    """Counts, and asks how the desk stands. One for each program."""

    def __init__(
        self,
        backlog: Callable[[], Backlog],
        now: Callable[[], datetime],
        heard: Callable[[], Mapping[str, datetime]],
        rules: Callable[[], tuple[str, str]],
    ) -> None:
        """`heard`: when each channel was last heard to the end; `rules`: their version and SHA-256."""
        self.registry = CollectorRegistry()
        self.messages = Counter(
            "crbot_messages",
            "Messages that were thought about, by channel, kind and disposition.",
            ("channel", "kind", "disposition"),
            registry=self.registry,
        )
        self.aside = Counter(
            "crbot_messages_set_aside",
            "Messages that could not be read.",
            ("channel",),
            registry=self.registry,
        )
        self.sent = Counter(
            "crbot_sent",
            "What was sent or failed, by channel and outcome.",
            ("channel", "outcome"),
            registry=self.registry,
        )
        self.followed_up = Counter(
            "crbot_followed_up",
            "Follow-ups that were looked at, by purpose and outcome.",
            ("purpose", "outcome"),
            registry=self.registry,
        )
        self.troubles = Counter(
            "crbot_troubles", "Times that a part was in trouble.", ("part",), registry=self.registry
        )
        self.registry.register(_Now(backlog, now, heard, rules))

    def page(self) -> tuple[bytes, str]:
        """All figures, and their content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class _Now(Collector):
    """How the desk stands when somebody looks."""

    def __init__(
        self,
        backlog: Callable[[], Backlog],
        now: Callable[[], datetime],
        heard: Callable[[], Mapping[str, datetime]],
        rules: Callable[[], tuple[str, str]],
    ) -> None:
        self._backlog = backlog
        self._now = now
        self._heard = heard
        self._rules = rules

    def describe(self) -> Iterator[Metric]:
        """Nothing: to describe it at the start would ask the store."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now, found = self._now(), self._backlog()
        yield _plain(
            "crbot_inbox_waiting", "Kept messages that nobody has thought about.", found.inbox_waiting
        )
        yield _plain(
            "crbot_inbox_oldest_seconds", "Age of the oldest of them.", _age(found.inbox_oldest, now)
        )
        yield _by(
            "crbot_outbox_waiting",
            "What waits to be sent.",
            ("channel",),
            {(name,): count for name, count in found.outbox_waiting.items()},
        )
        yield _plain(
            "crbot_outbox_oldest_seconds",
            "Age of the oldest of it that is due.",
            _age(found.outbox_oldest, now),
        )
        yield _plain(
            "crbot_outbox_failed", "What could not be sent and waits for a person.", found.outbox_failed
        )
        yield _plain(
            "crbot_inbox_aside", "Messages that could not be read and wait for a person.", found.inbox_aside
        )
        yield _plain("crbot_followups_due", "Follow-ups that are due and not done.", found.followups_due)
        yield _by("crbot_cases", "Cases that have not ended.", ("queue", "stage"), found.cases)
        ages = {(queue,): _age(since, now) for queue, since in found.oldest_unclaimed.items()}
        yield _by(
            "crbot_oldest_unclaimed_seconds",
            "Age of the oldest case that nobody has claimed.",
            ("queue",),
            ages,
        )
        yield _plain("crbot_paused", "1 while the brake is pulled.", float(found.is_paused))
        heard = {(name,): at.timestamp() for name, at in self._heard().items()}
        yield _by(
            "crbot_last_heard_timestamp_seconds",
            "When a channel was last heard to the end.",
            ("channel",),
            heard,
        )
        yield _by("crbot_rules_info", "The rules in force.", ("version", "sha256"), {self._rules(): 1.0})


def _plain(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _by(name: str, told: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    """`values`: by as many words as there are labels."""
    family = GaugeMetricFamily(name, told, labels=labels)
    for each, value in values.items():
        family.add_metric(each, value)
    return family


def _age(since: datetime | None, now: datetime) -> float:
    """In seconds; 0 where there is nothing."""
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
