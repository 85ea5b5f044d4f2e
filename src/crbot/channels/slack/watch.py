"""Watches whether Slack is heard, and tells staff when it is not, with the mend; and when it is heard again.

How the connection is made again is `listen`'s; what is told is shown in Slack's review channel, which may well work
while nothing is heard: sending needs another token.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from crbot.cases.respond import Notice

_DEAF_FOR = timedelta(minutes=2)  # Slack itself renews connections, and delivers again for some minutes


class Heard(Protocol):
    """A way in from Slack."""

    @property
    def trouble(self) -> str: ...
    def is_connected(self) -> bool: ...


class Watch:
    """Looked at now and then; remembers since when nothing is heard."""

    def __init__(
        self, listener: Heard, tell: Callable[[Notice], object], over: Callable[[Notice | None], object]
    ) -> None:
        """`over` is told, also where nobody was told of trouble since the start: there may have been some before."""
        self._listener = listener
        self._tell = tell
        self._over = over
        self._has_stood = False
        self._deaf_since: datetime | None = None
        self._is_told = False

    def look(self, now: datetime) -> None:
        """Tell staff once when nothing has been heard for a while, and once when it is heard again."""
        if self._listener.is_connected():
            if self._is_told and self._deaf_since is not None:
                self._over(_heard_again(self._deaf_since, now))
            elif not self._has_stood:
                self._over(None)
            self._has_stood = True
            self._deaf_since, self._is_told = None, False
            return
        self._deaf_since = self._deaf_since or now
        if not self._is_told and now - self._deaf_since >= _DEAF_FOR:
            self._tell(_deaf(self._listener.trouble))
            self._is_told = True


def _deaf(trouble: str) -> Notice:
    because = f": {trouble}" if trouble else ""
    return Notice(
        "Nothing is heard from Slack",
        f"The bot has no connection{because}. Messages and clicks do not arrive; mail goes on. It tries again by itself.",
    )


def _heard_again(since: datetime, now: datetime) -> Notice:
    minutes = round((now - since).total_seconds() / 60)
    return Notice(
        "Slack is heard again",
        f"Nothing was heard for {minutes} minutes since {since:%Y-%m-%d %H:%M} UTC. Slack delivers again only what it "
        "could not deliver in the last minutes: please look whether a direct message was left unanswered.",
    )
