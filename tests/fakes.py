"""One fake per port: what the use cases see of the world in tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crbot.intake.ports import Arrival, Ignored, Outgoing, Receipt, Received, StaffAction


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Outlet:
    """Takes everything, remembers it, and fails as it is told."""

    delivered: list[Outgoing] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)  # one for each coming try, used up
    there_already: dict[str, Receipt] = field(default_factory=dict)  # by key

    def lane(self, outgoing: Outgoing) -> str:
        return ""

    def deliver(self, outgoing: Outgoing) -> Receipt:
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append(outgoing)
        return Receipt(f"<{outgoing.key}@desk.example.gov>")

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        return self.there_already.get(outgoing.key)


@dataclass
class Reader:
    """Reads an arrival as the test says."""

    read_as: Callable[[Arrival], Received | StaffAction | Ignored]

    def read(self, arrival: Arrival) -> Received | StaffAction | Ignored:
        return self.read_as(arrival)
