"""How the bot is, for whoever watches it, and the cases to look at: as pages of its own small HTTP server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from crbot.cases.case import Case
from crbot.cases.followups import FollowUp
from crbot.channels import health, looking
from crbot.channels.health import Health
from crbot.channels.http import HttpServer
from crbot.channels.metrics import Metrics
from crbot.config import HttpSettings
from crbot.intake.ears import Ears
from crbot.store.backlog import backlog_of, newest_cases, open_follow_ups
from crbot.store.store import SqlStore
from crbot.triage.policy import Policy


@dataclass(frozen=True)
class Watching:
    """What the parts of a running bot tell of themselves, and the pages that show it."""

    metrics: Metrics
    health: Health = field(default_factory=Health)
    serve: Callable[[Callable[[], bool]], HttpServer] | None = (
        None  # given whether the program lives; None: off
    )


def make_watching(
    settings: HttpSettings,
    engine: Engine,
    store: SqlStore,
    ears: Ears,
    policy: Callable[[], Policy],
    now: Callable[[], datetime],
) -> Watching:
    """The pages are served where a port is set; cases can be looked at where a token is."""
    watched = Health()
    metrics = Metrics(
        lambda: backlog_of(engine, now()),
        now,
        lambda: {channel.value: at for channel, at in ears.heard_at.items()},
        lambda: (policy().version.version, policy().version.sha256),
    )

    def server(is_alive: Callable[[], bool]) -> HttpServer:
        routes = health.pages(watched, is_alive, metrics.page)
        token = settings.token.get_secret_value()
        if token:
            label = lambda fact, value: policy().label(fact, value)  # noqa: E731  (the policy may change)
            routes |= looking.pages(_Shelf(engine, store), label, token, now)
        return HttpServer(routes, settings.port, settings.host)

    return Watching(metrics, watched, server if settings.port else None)


class _Shelf:
    """Cases, as `looking` looks at them."""

    def __init__(self, engine: Engine, store: SqlStore) -> None:
        self._engine = engine
        self._store = store

    def newest(self, limit: int) -> Sequence[Case]:
        return newest_cases(self._engine, limit)

    def case(self, number: str) -> Case | None:
        return self._store.case(number)

    def words_of(self, number: str) -> tuple[str, ...]:
        return self._store.words_of(number)

    def record_of(self, number: str) -> tuple[Mapping[str, Any], ...]:
        return self._store.record_of(number)

    def follow_ups_of(self, case: Case) -> tuple[FollowUp, ...]:
        return open_follow_ups(self._engine, case.number)
