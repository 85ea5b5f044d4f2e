"""Who is staff: the members of the channels of staff, asked of Slack and kept for a minute.

What a member may do is told where it is asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping

from slack_sdk import WebClient

from crbot.cases.case import Place
from crbot.channels.slack.failures import told_apart
from crbot.intake.ports import DeliveryFailed

_KEPT_SECONDS = 60.0
_PAGE = 200
_MOST_PAGES = 20


class Members:
    """Knows which channels of staff a person has been let into."""

    def __init__(
        self,
        client: WebClient,
        channels: Mapping[Place, str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._channels = channels
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, frozenset[str]]] = {}  # channel -> until when, and who
        self._lock = threading.Lock()

    def among(self, user: str, places: Collection[Place]) -> frozenset[Place]:
        """Those of the places whose channel the person is a member of.

        Raises `DeliveryFailed` where that can't be told: not found, and not every channel could be asked.
        """
        found, failure = set[Place](), None
        for place in places:
            try:
                if user in self._members(self._channels[place]):
                    found.add(place)
            except DeliveryFailed as failed:
                failure = failed
        if failure and not found:
            raise failure
        return frozenset(found)

    def _members(self, channel: str) -> frozenset[str]:
        with self._lock:
            until, members = self._known.get(channel, (0.0, frozenset()))
        now = self._monotonic()
        if now < until:
            return members
        members = frozenset(self._ask(channel))
        with self._lock:
            self._known[channel] = (now + _KEPT_SECONDS, members)
        return members

    def _ask(self, channel: str) -> Iterator[str]:
        cursor = ""
        for _ in range(_MOST_PAGES):
            with told_apart(channel):
                answer = self._client.conversations_members(
                    channel=channel, limit=_PAGE, cursor=cursor or None
                )
            yield from map(str, answer.get("members") or ())
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
