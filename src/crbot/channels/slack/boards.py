"""Keeps Home tabs fresh: drawn anew soon after a case changed, for whoever looked at theirs lately.

How a board of staff looks is `home`'s, and who may see which, `staff`'s; what requesters see is `own`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from crbot.cases.case import Case
from crbot.channels.slack import home
from crbot.channels.slack.atonce import logged
from crbot.intake.ports import Drawing, Outgoing, Outlet, Receipt

_PAUSE_SECONDS = 3.0
_LOOKED_AT = timedelta(days=1)


class Boards:
    """Draws the boards of those who looked at theirs within a day, soon after something changed.

    `show` draws one: of a user, for a queue. `concerns` tells whether a case is on a user's.
    """

    def __init__(
        self,
        show: Callable[[str, str], None],
        clock: Callable[[], datetime],
        pause_seconds: float = _PAUSE_SECONDS,
        concerns: Callable[[str, Case], bool] = lambda user, case: True,
    ) -> None:
        self._concerns = concerns
        self._changed: dict[str, Case] = {}  # since they were drawn last, by number
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

    def changed(self, case: Case) -> None:
        """A case changed: within a few seconds the boards show it, however much comes together."""
        with self._lock:
            self._changed[case.number] = case
            if not self._opened or self._is_closed:
                self._changed.clear()
            elif self._timer is None:
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
            looked_at = [(user, queue) for user, (_, queue) in self._opened.items()]
            changed, self._changed = tuple(self._changed.values()), {}
        for user, queue in looked_at:
            if any(self._concerns(user, case) for case in changed):
                logged(partial(self._show, user, queue))


class DrawingBoards:
    """An outlet after whose cards the boards are drawn anew; fits `crbot.intake.ports.Outlet`."""

    def __init__(self, outlet: Outlet, *boards: Boards) -> None:
        self._outlet = outlet
        self._boards = boards

    def lane(self, outgoing: Outgoing) -> str:
        return self._outlet.lane(outgoing)

    def deliver(self, outgoing: Outgoing) -> Receipt:
        receipt = self._outlet.deliver(outgoing)
        if isinstance(outgoing.what, Drawing):
            for boards in self._boards:
                boards.changed(outgoing.what.case)
        return receipt

    def look_up(self, outgoing: Outgoing) -> Receipt | None:
        return self._outlet.look_up(outgoing)
