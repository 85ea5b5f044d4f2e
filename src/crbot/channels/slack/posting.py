"""Single messages into Slack's Web API: post, change, find again; at Slack's pace, under marks that are found again.

What is posted is the outlet's to say.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient

from crbot.channels.slack.blocks import Block, Payload
from crbot.channels.slack.failures import Gone, told_apart
from crbot.channels.slack.text import is_user_id
from crbot.intake.ports import DeliveryFailed, NotYet

EVENT_TYPE = "crbot"  # of the metadata that every message carries
_CARD_BLOCK = re.compile(r"(?:head|final):(CRI-\d+-\d+):r\d+")
_PAGE = 200
_ALT_TEXT = 1000  # characters
_MOST_TURNS = 3  # that are waited for in the middle of a delivery
_MOST_PAGES = 5


@dataclass(frozen=True, slots=True)
class Spot:
    """A message in Slack."""

    channel: str
    ts: str

    @property
    def identity(self) -> str:
        return f"{self.channel}:{self.ts}"


@dataclass
class Pace:
    """Slack takes about one message a second in each channel; whoever posts is made to wait its turn."""

    gap_seconds: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, channel: str) -> None:
        """Raises `NotYet` where it is not this channel's turn, so that others need not wait for it."""
        wait = self._free_at.get(channel, 0.0) - self.monotonic()
        if wait > 0:
            raise NotYet(timedelta(seconds=wait))

    def wait(self, channel: str) -> None:
        """Take the next turn. Raises `DeliveryFailed` where Slack wants to be left alone for longer than a few."""
        with self._lock:
            now = self.monotonic()
            turn = max(now, self._free_at.get(channel, now))
            if turn - now > _MOST_TURNS * self.gap_seconds:
                until = timedelta(seconds=turn - now)
                raise DeliveryFailed("Slack asks to wait", permanent=False, wait=until)
            self._free_at[channel] = turn + self.gap_seconds
        if turn > now:
            self.sleep(turn - now)

    def hold(self, channel: str, seconds: float) -> None:
        """Leave a channel alone for so long."""
        with self._lock:
            self._free_at[channel] = max(self._free_at.get(channel, 0.0), self.monotonic() + seconds)


class Posting:
    """The few calls that crbot makes. Each raises `DeliveryFailed`."""

    def __init__(self, client: WebClient, pace: Pace) -> None:
        self._client = client
        self._pace = pace

    def post(self, channel: str, payload: Payload, key: str, thread: str = "") -> Spot:
        """Post a message; the spot names the conversation that Slack opened where `channel` is a person's id."""
        with self._in_turn(channel):
            answer = self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread or None,
                metadata=_metadata(payload, key),
                unfurl_links=False,  # what strangers link to is not fetched nor shown
                unfurl_media=False,
                **payload,
            )
        return Spot(str(answer.get("channel") or channel), str(answer["ts"]))

    def update(self, spot: Spot, payload: Payload, key: str) -> bool:
        """Change a message in place; False where it is gone."""
        try:
            with self._in_turn(spot.channel):
                self._client.chat_update(
                    channel=spot.channel, ts=spot.ts, metadata=_metadata(payload, key), **payload
                )
        except Gone:
            return False
        return True

    def whisper(self, channel: str, user: str, text: str) -> Spot:
        with self._in_turn(channel):
            answer = self._client.chat_postEphemeral(channel=channel, user=user, text=text)
        return Spot(channel, str(answer.get("message_ts", "")))

    def upload(self, channel: str, name: str, content: bytes, title: str, words: str) -> None:
        """Show a picture in a channel; `words` for who does not see it."""
        with self._in_turn(channel):
            self._client.files_upload_v2(
                channel=channel, filename=name, file=content, title=title, alt_txt=words[:_ALT_TEXT]
            )

    def has_file(self, channel: str, name: str) -> bool:
        """Whether a file of this name stands among the newest messages of a channel."""
        return any(
            file.get("name") == name
            for message in self._messages(channel, "")
            for file in message.get("files") or ()
        )

    def find(self, channel: str, part: str, thread: str = "") -> Spot | None:
        """Where a part of ours stands among the newest messages of a channel, or in a thread of it."""
        conversation = self._conversation(channel)
        for message in self._messages(conversation, thread):
            if part in _parts_of(message):
                return Spot(conversation, str(message["ts"]))
        return None

    def with_blocks(
        self, channel: str, begins: tuple[str, ...], thread: str = ""
    ) -> tuple[tuple[Spot, dict[str, Any]], ...]:
        """The newest messages that hold blocks whose ids begin so, each where it stands."""
        return tuple(
            (Spot(channel, str(message["ts"])), message)
            for message in self._messages(channel, thread)
            if any(str(block.get("block_id", "")).startswith(begins) for block in message.get("blocks") or [])
        )

    def replace_blocks(self, spot: Spot, message: dict[str, Any], blocks: list[Block]) -> None:
        """Give a message of ours other blocks; it stays what it is."""
        metadata = message.get("metadata")
        with self._in_turn(spot.channel):
            self._client.chat_update(
                channel=spot.channel,
                ts=spot.ts,
                text=str(message.get("text") or ""),
                blocks=blocks,
                **({"metadata": metadata} if metadata else {}),
            )

    def parts_in_thread(self, spot: Spot) -> frozenset[str]:
        """The parts that stand in a message's thread, and in the message itself."""
        return frozenset(
            part for message in self._messages(spot.channel, spot.ts) for part in _parts_of(message)
        )

    def permalink(self, spot: Spot) -> str:
        with told_apart(spot.channel):
            return str(self._client.chat_getPermalink(channel=spot.channel, message_ts=spot.ts)["permalink"])

    @contextmanager
    def _in_turn(self, channel: str) -> Iterator[None]:
        """Wait for the channel's turn; where Slack asks to wait, everything into this channel does."""
        self._pace.wait(channel)
        try:
            with told_apart(channel):
                yield
        except DeliveryFailed as failure:
            if failure.wait:
                self._pace.hold(channel, failure.wait.total_seconds())
            raise

    def _conversation(self, address: str) -> str:
        """The channel; a person's id stands for the direct conversation with them."""
        if not is_user_id(address):
            return address
        with told_apart(address):
            return str(self._client.conversations_open(users=address)["channel"]["id"])

    def _messages(self, channel: str, thread: str) -> Iterator[dict[str, Any]]:
        """Newest first in a channel, oldest first in a thread, as Slack gives them."""
        cursor = ""
        for _ in range(_MOST_PAGES if thread else 1):
            asked: dict[str, Any] = {
                "channel": channel,
                "limit": _PAGE,
                "include_all_metadata": True,
                "cursor": cursor or None,
            }
            with told_apart(channel):
                answer = (
                    self._client.conversations_replies(ts=thread, **asked)
                    if thread
                    else self._client.conversations_history(**asked)
                )
            yield from answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


def part_of(payload: Payload) -> str:
    """What a message is, the same at every revision: told by the id of its first block."""
    return _part_of_block(payload["blocks"][0]["block_id"])


def _part_of_block(block_id: str) -> str:
    card = _CARD_BLOCK.fullmatch(block_id)
    return f"card:{card[1]}" if card else block_id


def _metadata(payload: Payload, key: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key, "part": part_of(payload)}}


def _parts_of(message: dict[str, Any]) -> set[str]:
    """By metadata, or by the blocks' ids where it is not given to us."""
    parts = {_part_of_block(str(block.get("block_id", ""))) for block in message.get("blocks") or []}
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT_TYPE:
        parts.add(str(metadata.get("event_payload", {}).get("part", "")))
    return parts
