"""Reads what Slack handed in: a message of a requester, a click of staff, or nothing that asks anything of us.

How it came and was kept is `listen`'s; what it means for a case, the use cases'.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from crbot.cases.case import Conversation
from crbot.channels.slack.cards import VERB_OF_ACTION
from crbot.channels.slack.text import decode
from crbot.intake.ports import Arrival, Ignored, Received, StaffAction, Unreadable
from crbot.triage.message import Channel, Message, Person

Payload = Mapping[str, Any]
Read = Received | StaffAction | Ignored

_WITH_WORDS = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # subtypes of message events
EDITED = "the sender edited a message; this is its new text"


class Workspace(Protocol):
    """What a payload leaves untold; where Slack can't be asked now, each gives what it has."""

    def person(self, user_id: str) -> Person:
        """Who that is."""

    def direct(self, user_id: str) -> str:
        """The channel of the bot's direct conversation with a user; the user's id where it isn't known."""

    def earlier(self, channel: str, ts: str) -> tuple[str, ...]:
        """Timestamps of what was last said in a conversation before `ts`, newest first."""


class SlackReader:
    """Fits `crbot.intake.ports.Reader`.

    `staff_channels`: ids of the channels of staff. Clicks count only there, since being let into such a channel is
    what makes a person staff; what staff say there is never a request.
    """

    def __init__(self, workspace: Workspace, staff_channels: Collection[str]) -> None:
        self._workspace = workspace
        self._staff_channels = frozenset(staff_channels)

    def read(self, arrival: Arrival) -> Read:
        """Raises `Unreadable` where the payload is none of Slack's."""
        payload = _payload(arrival.raw)
        try:
            return self._read(payload)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise Unreadable(
                f"Slack's {payload.get('type', 'payload')} has another form than expected: {error}"
            ) from error

    def _read(self, payload: Payload) -> Read:
        match payload.get("type"):
            case "event_callback":
                return self._event(payload["event"])
            case "block_actions":
                return self._click(payload)
            case _ if "command" in payload:
                return Ignored("a slash command, answered at once")
            case other:
                return Ignored(f"{other} asks nothing of us")

    # --- messages -------------------------------------------------------------------------------------------------

    def _event(self, event: Payload) -> Read:
        if is_from_a_bot(event):
            return Ignored("a bot wrote it")
        if event.get("channel") in self._staff_channels:
            return Ignored("staff among themselves")
        match event.get("type"), event.get("subtype"):
            case "app_mention", _:
                return self._mention(event)
            case "message", _ if event.get("channel_type") != "im":
                return Ignored("in a channel, and not to the bot")
            case "message", "message_changed":
                return self._edit(event)
            case "message", subtype if subtype in _WITH_WORDS:
                return self._message(event)
            case kind, subtype:
                return Ignored(f"{subtype or kind} has no words for us")

    def _message(self, event: Payload) -> Received:
        """What is said to the bot alone. Outside a thread it goes on with what was said there before:
        few people answer in a thread."""
        channel, ts = event["channel"], event["ts"]
        root = event.get("thread_ts", ts)
        before = self._workspace.earlier(channel, ts) if root == ts else (root,)
        message = self._of(event)
        return Received(
            message=message,
            identity=f"{channel}:{ts}",
            conversation=Conversation(Channel.SLACK, channel, thread=root, person=message.sender),
            refers_to=tuple(f"{channel}:{each}" for each in before),
        )

    def _mention(self, event: Payload) -> Received:
        """A mention in a channel that others read: it is answered in a direct conversation with the sender."""
        channel, ts = event["channel"], event["ts"]
        root = event.get("thread_ts", ts)
        message = self._of(event)
        return Received(
            message=message,
            identity=f"{channel}:{ts}",
            conversation=Conversation(
                Channel.SLACK, self._workspace.direct(event["user"]), person=message.sender
            ),
            refers_to=() if root == ts else (f"{channel}:{root}",),
        )

    def _edit(self, event: Payload) -> Received | Ignored:
        """An edit speaks anew; it refers to what was edited, and to its thread."""
        new, old = event["message"], event.get("previous_message") or {}
        if is_from_a_bot(new):
            return Ignored("a bot wrote it")
        if new.get("text") == old.get("text"):
            return Ignored("only the look of a message changed")
        channel, ts = event["channel"], new["ts"]
        root = new.get("thread_ts", ts)
        message = self._of({**new, "event_ts": event["ts"]})
        return Received(
            message=message,
            identity=f"{channel}:{event['ts']}",
            conversation=Conversation(Channel.SLACK, channel, thread=root, person=message.sender),
            refers_to=tuple(dict.fromkeys((f"{channel}:{ts}", f"{channel}:{root}"))),
            doubts=(EDITED,),
        )

    def _of(self, event: Payload) -> Message:
        return Message(
            channel=Channel.SLACK,
            sender=self._workspace.person(event["user"]),
            body=decode(event.get("text") or ""),
            sent_at=_moment(event.get("event_ts") or event["ts"]),
            attachments=tuple(_file_name(file) for file in event.get("files") or ()),
        )

    # --- clicks ---------------------------------------------------------------------------------------------------

    def _click(self, payload: Payload) -> StaffAction | Ignored:
        action, channel = payload["actions"][0], payload["channel"]["id"]
        verb = VERB_OF_ACTION.get(action["action_id"])
        if verb is None:
            return Ignored(f"the button {action['action_id']} asks nothing of a case")
        if channel not in self._staff_channels:
            return Ignored("a click outside the channels of staff")
        case, _, revision = action["value"].rpartition("|")
        return StaffAction(
            verb=verb, case=case, by=payload["user"]["id"], revision=int(revision), seen_in=channel
        )


def is_from_a_bot(event: Payload) -> bool:
    """Ours or another's; bots are not answered, lest two of them talk for ever."""
    inner = event.get("message") or event.get("previous_message") or {}
    return any("bot_id" in each or each.get("subtype") == "bot_message" for each in (event, inner))


def _payload(raw: bytes) -> Payload:
    try:
        payload = json.loads(raw)
    except ValueError as error:
        raise Unreadable(f"what came from Slack is no JSON: {error}") from error
    if not isinstance(payload, dict):
        raise Unreadable("what came from Slack is no JSON object")
    return payload


def _file_name(file: Payload) -> str:
    return str(file.get("name") or file.get("title") or file.get("id") or "a file without a name")


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
