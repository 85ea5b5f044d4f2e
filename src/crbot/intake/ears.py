"""Whether we would have heard of an answer: nobody is reminded of what may lie unread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from crbot.triage.message import Channel


class Heard(Protocol):
    """Where programs that share the work tell one another what they have heard."""

    def hear(self, channel: Channel, now: datetime) -> None: ...

    def heard(self, channel: Channel) -> datetime | None: ...


class Ears:
    """When each channel was last heard to the end.

    In memory, so that after a start nothing counts as heard before it is; but where others listen for us, what they
    have told of counts too.
    """

    def __init__(self, channels: Iterable[Channel], told: Heard | None = None) -> None:
        """`channels`: those that are listened to, by whichever program."""
        self._channels = frozenset(channels)
        self._told = told
        self._heard_at: dict[Channel, datetime] = {}

    def hear(self, channel: Channel, now: datetime) -> None:
        """Everything that came by this channel is kept."""
        self._heard_at[channel] = now
        if self._told is not None:
            self._told.hear(channel, now)

    @property
    def heard_at(self) -> Mapping[Channel, datetime]:
        """When each channel was last heard to the end, as far as this program knows."""
        return dict(self._heard_at)

    def are_fresh(self, now: datetime, within: timedelta, channel: Channel | None = None) -> bool:
        """True where all channels that are listened to were heard within this time, and this one in any case."""
        wanted = self._channels | ({channel} if channel else set())
        return all(self._is_fresh(each, now, within) for each in wanted)

    def _is_fresh(self, channel: Channel, now: datetime, within: timedelta) -> bool:
        if _is_within(self._heard_at.get(channel), now, within):
            return True
        if self._told is None:
            return False
        told_at = self._told.heard(channel)
        if told_at is not None:
            self._heard_at[channel] = told_at  # so that it is not asked for again while it is fresh
        return _is_within(told_at, now, within)


def _is_within(heard_at: datetime | None, now: datetime, within: timedelta) -> bool:
    # What lies ahead was heard before the clock was set back: nobody knows how long ago.
    return heard_at is not None and timedelta() <= now - heard_at <= within
