"""Who a Slack user is, and what was said before: what has to be asked of the workspace.

That its list tells the truth about somebody's office is not said; it is the workspace's word, like an address.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from slack_sdk import WebClient

from crbot.channels.slack.failures import told_apart
from crbot.intake.ports import DeliveryFailed
from crbot.triage.message import Person

Profile = Callable[[str], Person]  # Slack user id -> who that is

_KEPT_SECONDS = 3600
_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,20})>|\b([UW](?=[A-Z]*[0-9])[A-Z0-9]{2,20})\b")
_MOST_NAMES = 3
_STILL_ONE_MATTER = timedelta(days=14)
_SAID_BEFORE = 20


class People:
    """Looks people up, each at most once an hour; fits `crbot.channels.slack.reader.Workspace`.

    Where Slack can't be asked it says what it knows: a message is never kept waiting.
    """

    def __init__(self, client: WebClient, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._in_this_hour = lru_cache(maxsize=500)(self._ask)

    def person(self, user_id: str) -> Person:
        """The user's name and address; where Slack tells no address (a guest, another workspace), the id."""
        try:
            return self._in_this_hour(user_id, int(self._monotonic() // _KEPT_SECONDS))
        except DeliveryFailed:
            return Person(address=user_id)

    def direct(self, user_id: str) -> str:
        try:
            with told_apart(user_id):
                return str(self._client.conversations_open(users=user_id)["channel"]["id"])
        except DeliveryFailed:
            return user_id

    def earlier(self, channel: str, ts: str) -> tuple[str, ...]:
        """Of the last two weeks, as far as one page goes."""
        oldest = f"{float(ts) - _STILL_ONE_MATTER.total_seconds():.6f}"
        try:
            with told_apart(channel):
                answer = self._client.conversations_history(
                    channel=channel, oldest=oldest, latest=ts, limit=_SAID_BEFORE
                )
        except DeliveryFailed:
            return ()
        said = (str(message["ts"]) for message in answer.get("messages") or [])
        return tuple(each for each in said if each < ts)

    def _ask(self, user_id: str, _hour: int) -> Person:
        with told_apart(user_id):
            user = self._client.users_info(user=user_id)["user"]
        profile = user.get("profile") or {}
        name = profile.get("real_name") or user.get("real_name") or user.get("name") or ""
        return Person(name=name, address=profile.get("email") or user_id)


def with_names(text: str, profile: Profile) -> str:
    """The text with the ids of people, the first few, replaced by their names, which ping nobody."""
    ids = dict.fromkeys(match[1] or match[2] for match in _MENTION.finditer(text))
    names = {user_id: profile(user_id).name for user_id in list(ids)[:_MOST_NAMES]}
    return _MENTION.sub(lambda match: names.get(match[1] or match[2]) or match[0], text)
