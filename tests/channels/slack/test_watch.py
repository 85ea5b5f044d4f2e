"""Staff are told once when nothing is heard from Slack, with the mend, and once when it is heard again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crbot.cases.respond import Notice
from crbot.channels.slack.watch import Watch

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
REVOKED = "Slack no longer takes the token; make a new one on the app's page and set CRBOT_SLACK__APP_TOKEN"


@dataclass
class Listener:
    trouble: str = ""
    stands: bool = True

    def is_connected(self) -> bool:
        return self.stands


def looked(listener: Listener, told: list[Notice], *stands: bool) -> list[str]:
    """What is told when the connection stands so, minute after minute."""
    watch = Watch(listener, told.append, lambda notice: told.append(notice) if notice else None)
    for minute, each in enumerate(stands):
        listener.stands = each
        watch.look(NOW + timedelta(minutes=minute))
    return [notice.title for notice in told]


def test_a_connection_that_stands_or_is_renewed_is_no_news() -> None:
    assert looked(Listener(), [], True, False, True, False, False, True) == []


def test_two_minutes_of_silence_are_told_once_with_the_mend() -> None:
    told: list[Notice] = []

    assert looked(Listener(REVOKED), told, True, *[False] * 60) == ["Nothing is heard from Slack"]
    assert REVOKED in told[0].text


def test_the_end_of_it_is_told_with_how_long_it_was() -> None:
    told: list[Notice] = []

    titles = looked(Listener(), told, *[False] * 10, True, True)

    assert titles == ["Nothing is heard from Slack", "Slack is heard again"]
    assert told[1].text.startswith("Nothing was heard for 10 minutes since 2026-11-22 15:00 UTC.")
