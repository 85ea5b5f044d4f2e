"""Keeps the boards of staff fresh: drawn anew soon after something changed, for whoever looked at theirs lately.

How a board looks is `home`'s; who may see which, `staff`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from crbot.channels.slack import home
from crbot.channels.slack.atonce import logged
from crbot.intake.ports import Drawing, Outgoing, Outlet, Receipt

_PAUSE_SECONDS = 3.0
_LOOKED_AT = timedelta(days=1)


class Boards:
    """Draws the boards of those who looked at theirs within a day, soon after something changed.

    `show` draws one: of a user, for a queue.
    """

    def __init__(
        self,
        show: Callable[[str, str], None],
        clock: Callable[[], datetime],
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._show = show
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._opened: dict[str, tuple[datetime, str]] = {}  # user -> when, and for which queue
        self._timer: threading.Timer | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def show(self, user: str, queue: str = "") -> None:
        """Draw a board now; without a queue, for the one that was looked at last. Raises `DeliveryFailed`."""
        with self._lock:
            _, before = self._opened.get(user, (None, home.ALL_QUEUES))
            self._opened[user] = (self._clock(), queue or before)
        self._show(user, queue or before)

    def changed(self) -> None:
        """Something changed: within a few seconds the boards show it, however much comes together."""
        with self._lock:
            if self._timer is None and self._opened and not self._is_closed:
                self._timer = threading.Timer(self._pause_seconds, self._draw_all)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            if self._timer is not None:
                self._timer.cancel()

    def _draw_all(self) -> None:
        since = self._clock() - _LOOKED_AT
        with self._lock:
            self._timer = None
            self._opened = {user: (at, queue) for user, (at, queue) in self._opened.items() if at > since}
            wanted = [(user, queue) for user, (_, queue) in self._opened.items()]
        for user, queue in wanted:
            logged(partial(self._show, user, queue))


class DrawingBoards:
    """An outlet after whose cards the boards are drawn anew; fits `crbot.intake.ports.Outlet`."""

    def __init__(self, outlet: Outlet, boards: Boards) -> None:
        self._outlet = outlet
        self._boards = boards

    def lane(self, outgoing: Outgoing) -> str:
        return self._outlet.lane(outgoing)

    def deliver(self, outgoing: Outgoing) -> Receipt:
        receipt = self._outlet.deliver(outgoing)
        if isinstance(outgoing.what, Drawing):
            self._boards.changed()
        return receipt

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        return self._outlet.look_up(outgoing)
