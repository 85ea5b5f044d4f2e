"""Reads what Slack handed in: a message or form of a requester, a click of staff, or nothing that asks anything of us.

How it came and was kept is `listen`'s; what it means for a case, the use cases'.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from crbot.cases.case import Conversation
from crbot.cases.meetings import ANSWER, ROUND
from crbot.cases.respond import LateFile
from crbot.channels.slack import letters, offers, requests
from crbot.channels.slack.files import Fetched, is_file, is_late, leave, name_of
from crbot.channels.slack.text import clip, decode, one_line
from crbot.intake.ports import Arrival, File, Ignored, Received, StaffAction, Unreadable
from crbot.triage.message import Channel, Mark, Message, Person

Payload = Mapping[str, Any]
Read = Received | StaffAction | Ignored
Fetch = Callable[[Sequence[Payload]], Fetched]  # brings in what is attached, and keeps it

_WITH_WORDS = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # subtypes of message events
EDITED = "the sender edited a message; this is its new text"
_DELETED = "A message was deleted in Slack by its sender"
_QUOTED = 1000  # characters of what was deleted


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

    `staff_channels`: ids of the channels of staff; what is said there is never a request. `staff` reads what staff
    do by buttons and forms.
    """

    def __init__(
        self,
        workspace: Workspace,
        staff_channels: Collection[str],
        staff: Callable[[Payload], StaffAction | Ignored],
        fetch: Fetch = leave,
    ) -> None:
        self._workspace = workspace
        self._staff_channels = frozenset(staff_channels)
        self._staff = staff
        self._fetch = fetch

    def read(self, arrival: Arrival) -> Read:
        """Raises `Unreadable` where the payload is none of Slack's."""
        if is_file(arrival):
            return Ignored("an attached file, kept with its message")
        payload = _payload(arrival.raw)
        try:
            return _of_late_file(payload) if is_late(arrival) else self._read(payload)
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
            case "view_submission":
                return self._form(payload)
            case "message_action":
                return self._filed(payload)
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
            case "message", _ if not _is_direct(event):
                return Ignored("in a channel, and not to the bot")
            case "message", "message_changed":
                return self._edit(event)
            case "message", "message_deleted":
                return self._deletion(event)
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
        return self._with_files(
            event,
            Received(
                message=message,
                identity=f"{channel}:{ts}",
                conversation=Conversation(Channel.SLACK, channel, thread=root, person=message.sender),
                refers_to=tuple(f"{channel}:{each}" for each in before),
            ),
        )

    def _mention(self, event: Payload) -> Received:
        """A mention in a channel that others read: it is answered in a direct conversation with the sender."""
        channel, ts = event["channel"], event["ts"]
        root = event.get("thread_ts", ts)
        message = self._of(event)
        return self._with_files(
            event,
            Received(
                message=message,
                identity=f"{channel}:{ts}",
                conversation=self._direct(event["user"], message.sender),
                refers_to=() if root == ts else (f"{channel}:{root}",),
            ),
        )

    def _filed(self, payload: Payload) -> Received | Ignored:
        """A message that somebody hands to us by the shortcut: their own, or another's, which they pass on.

        Whoever handed it in is answered in a direct conversation.
        """
        if payload.get("callback_id") != requests.FILE_SHORTCUT:
            return Ignored(f"the shortcut {payload.get('callback_id')} asks nothing of us")
        told, channel, user = payload["message"], payload["channel"]["id"], payload["user"]["id"]
        if channel in self._staff_channels:
            return Ignored("staff among themselves")
        sender, ts = self._workspace.person(user), told["ts"]
        message = replace(
            self._of({**told, "user": user, "event_ts": payload.get("action_ts") or ts}), sender=sender
        )
        if told.get("user") != user:
            message = replace(message, body=_passed_on(self._author(told), message.body))
        return self._with_files(
            told,
            Received(
                message=message,
                identity=f"{channel}:{ts}",
                conversation=self._direct(user, sender),
                refers_to=(f"{channel}:{ts}",),
            ),
        )

    def _author(self, told: Payload) -> str:
        if user := told.get("user"):
            return self._workspace.person(user).name
        return str(told.get("username") or "")

    def _edit(self, event: Payload) -> Received | Ignored:
        """An edit speaks anew; it refers to what was edited, and to its thread."""
        new, old = event["message"], event.get("previous_message") or {}
        if new.get("subtype") == "tombstone":  # what is left where others had answered
            return self._deletion({**event, "deleted_ts": new["ts"]})
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

    def _deletion(self, event: Payload) -> Received | Ignored:
        """Staff are told; what was said stays said, and is kept."""
        old = event.get("previous_message") or {}
        if "user" not in old:
            return Ignored("message_deleted does not tell what was deleted")
        channel, ts = event["channel"], event["deleted_ts"]
        sender, root = self._workspace.person(old["user"]), str(old.get("thread_ts", ts))
        words = clip(one_line(decode(old.get("text") or "")), _QUOTED)
        return Received(
            message=Message(
                Channel.SLACK,
                sender,
                body="",
                sent_at=_moment(event.get("event_ts") or event["ts"]),
                marks=frozenset({Mark.AUTOMATIC}),
            ),
            identity=f"{channel}:{event['ts']}",
            conversation=Conversation(Channel.SLACK, channel, thread=root, person=sender),
            refers_to=tuple(dict.fromkeys((f"{channel}:{ts}", f"{channel}:{root}"))),
            gist=f"{_DELETED}; its words stay kept{f': “{words}”' if words else ''}",
        )

    def _direct(self, user: str, person: Person, thread: str = "") -> Conversation:
        return Conversation(Channel.SLACK, self._workspace.direct(user), thread=thread, person=person)

    def _of(self, event: Payload) -> Message:
        return Message(
            channel=Channel.SLACK,
            sender=self._workspace.person(event["user"]),
            body=decode(event.get("text") or ""),
            sent_at=_moment(event.get("event_ts") or event["ts"]),
            attachments=tuple(name_of(file) for file in event.get("files") or ()),
        )

    def _with_files(self, event: Payload, received: Received) -> Received:
        """The same, with what is attached kept."""
        listed = event.get("files") or ()
        if not listed:
            return received
        fetched = self._fetch(listed)
        doubts = (*received.doubts, *fetched.doubts)
        late = tuple(
            LateFile(name_of(file), _wanted(file), received.identity, doubt) for file, doubt in fetched.later
        )
        return replace(received, files=fetched.files, doubts=doubts, late_files=late)

    # --- forms ----------------------------------------------------------------------------------------------------

    def _form(self, payload: Payload) -> Received | StaffAction | Ignored:
        """A form that was sent. One of a requester names its case where it was drawn for one."""
        view = payload.get("view") or {}
        if str(view.get("callback_id", "")).startswith(offers.ACTION):
            return self._staff(payload)
        if view.get("callback_id") not in _READ_FORMS:
            return Ignored(f"the view_submission of {view.get('callback_id')} asks nothing of us")
        user = payload["user"]["id"]
        told, sender = requests.told_by(view), self._workspace.person(user)
        message = Message(
            channel=Channel.SLACK,
            sender=sender,
            body=told.words,
            attachments=tuple(name_of(file) for file in told.files),
            answers=told.answers,
        )
        return self._with_files(
            {"files": told.files},
            Received(
                message=message,
                identity=f"form:{view.get('root_view_id') or view['id']}",
                conversation=self._direct(user, sender, told.thread),
                proven_case=told.case,
            ),
        )

    # --- clicks ---------------------------------------------------------------------------------------------------

    def _click(self, payload: Payload) -> Received | StaffAction | Ignored:
        action = payload["actions"][0]
        if action["action_id"].startswith(f"{letters.SLOT}:"):
            return self._choice(payload, action, payload["channel"]["id"])
        if action["action_id"].startswith(offers.ACTION):
            return self._staff(payload)
        return Ignored(f"the button {action['action_id']} asks nothing of us")

    def _choice(self, payload: Payload, action: Payload, channel: str) -> Received | Ignored:
        """One of the times that were proposed, or none of them."""
        if channel in self._staff_channels:
            return Ignored("staff among themselves")
        chosen = letters.chosen_by(action["value"])
        sender, ts = self._workspace.person(payload["user"]["id"]), payload["message"]["ts"]
        message = Message(
            channel=Channel.SLACK,
            sender=sender,
            body=str(action["text"]["text"]),
            sent_at=_moment(action["action_ts"]),
            answers={ANSWER: chosen.slot, ROUND: chosen.round},
        )
        thread = payload["message"].get("thread_ts") or ts
        return Received(
            message=message,
            identity=f"{channel}:{ts}:{action['action_ts']}",
            conversation=Conversation(Channel.SLACK, channel, thread=thread, person=sender),
            refers_to=(f"{channel}:{ts}", f"{channel}:{thread}"),
            proven_case=chosen.case,
        )


_READ_FORMS = frozenset({requests.WHAT, requests.ANSWERS, requests.CORRECTIONS})


def _wanted(file: Payload) -> dict[str, str]:
    """What is needed of a file to bring it in later."""
    names = ("id", "name", "title", "size", "url_private_download", "url_private", "file_access")
    return {name: str(file[name]) for name in names if file.get(name)}


def _of_late_file(told: Payload) -> Received:
    """A file was brought in after its message: it is told where the message is."""
    channel = str(told["message"]).partition(":")[0]
    return Received(
        message=Message(Channel.SLACK, Person(), body="", marks=frozenset({Mark.AUTOMATIC})),
        identity=f"{told['message']}:{told['sha256'][:16]}",
        conversation=Conversation(Channel.SLACK, channel),
        refers_to=(str(told["message"]),),
        files=(File(str(told["name"]), int(told["size_bytes"]), str(told["sha256"])),),
        gist=f"The attached file “{one_line(str(told['name']))}” is kept now",
        settles=str(told["doubt"]),
    )


def _passed_on(author: str, words: str) -> str:
    """Another's words as a mail would pass them on, so that they are not taken for the sender's own."""
    return f"Please see the message below.\n\n---------- Forwarded message ----------\nFrom: {one_line(author) or 'somebody'}\n\n{words}"


def _is_direct(event: Payload) -> bool:
    """Said to the bot alone. Not every event tells the kind of its channel; the id always does."""
    return event.get("channel_type") == "im" or str(event.get("channel", "")).startswith("D")


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


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
