"""How each part of the running bot is, and since when; and the pages that tell it to whoever watches.

`/healthz` says that the program lives, `/readyz` whether all of its parts work, `/metrics` the figures. Which parts there
are, and when one is in trouble, is told by the worker.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from crbot.channels.http import Handler, Request, Response


@dataclass(frozen=True, slots=True)
class State:
    """How one part is."""

    is_well: bool
    since: datetime  # since when it is so
    told: str = ""  # what is wrong, or what it waits for; names nobody


class Health:
    """What every part last said of itself; for any thread."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}
        self._lock = threading.Lock()

    def well(self, part: str, now: datetime) -> None:
        """The part works."""
        self._note(part, now, "", is_well=True)

    def ill(self, part: str, why: str, now: datetime) -> None:
        """The part does not work, or not yet."""
        self._note(part, now, why, is_well=False)

    def _note(self, part: str, now: datetime, told: str, *, is_well: bool) -> None:
        with self._lock:
            before = self._states.get(part)
            since = before.since if before is not None and before.is_well == is_well else now
            self._states[part] = State(is_well, since, told)

    @property
    def states(self) -> Mapping[str, State]:
        with self._lock:
            return dict(sorted(self._states.items()))

    @property
    def is_well(self) -> bool:
        """True where every part works."""
        return all(each.is_well for each in self.states.values())


def pages(
    health: Health, is_alive: Callable[[], bool], metrics: Callable[[], tuple[bytes, str]]
) -> dict[tuple[str, str], Handler]:
    """The addresses. `metrics` gives the figures and their content type."""

    def healthz(_: Request) -> Response:
        alive = is_alive()
        return _json(HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE, {"alive": alive})

    def readyz(_: Request) -> Response:
        states = health.states
        ready = all(each.is_well for each in states.values())
        parts = {
            name: {"ok": each.is_well, "since": each.since.isoformat(), "told": each.told}
            for name, each in states.items()
        }
        return _json(
            HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, {"ready": ready, "parts": parts}
        )

    def figures(_: Request) -> Response:
        body, content_type = metrics()
        return Response(HTTPStatus.OK, body, {"Content-Type": content_type})

    return {("GET", "/healthz"): healthz, ("GET", "/readyz"): readyz, ("GET", "/metrics"): figures}


def _json(status: HTTPStatus, told: Mapping[str, object]) -> Response:
    body = json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"
    return Response(status, body, {"Content-Type": "application/json; charset=utf-8"})
