"""Whether we would have heard of an answer: nobody is reminded of what may lie unread."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from crbot.triage.message import Channel


class Ears:
    """When each channel was last heard to the end.

    In memory, so that after a start nothing counts as heard before it is.
    """

    def __init__(self, channels: Iterable[Channel]) -> None:
        """`channels`: those that are listened to."""
        self._channels = frozenset(channels)
        self._heard_at: dict[Channel, datetime] = {}

    def hear(self, channel: Channel, now: datetime) -> None:
        """Everything that came by this channel is kept."""
        self._heard_at[channel] = now

    def are_fresh(self, now: datetime, within: timedelta, channel: Channel | None = None) -> bool:
        """True where all channels that are listened to were heard within this time, and this one in any case."""
        wanted = self._channels | ({channel} if channel else set())
        return all(self._is_fresh(each, now, within) for each in wanted)

    def _is_fresh(self, channel: Channel, now: datetime, within: timedelta) -> bool:
        heard_at = self._heard_at.get(channel)
        # What lies ahead was heard before the clock was set back: nobody knows how long ago.
        return heard_at is not None and timedelta() <= now - heard_at <= within
