"""Answers requesters at once: opens their forms, takes them step by step, tells how their requests stand.

How forms look and what they tell is `requests`'s; what follows from a form that was sent, the use cases'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from slack_sdk import WebClient

from crbot.cases.case import Case
from crbot.channels.slack import letters, own, requests
from crbot.channels.slack.atonce import Envelope, Forms, Reply
from crbot.channels.slack.blocks import Payload
from crbot.channels.slack.boards import Boards
from crbot.channels.slack.failures import told_apart
from crbot.triage.message import Person
from crbot.triage.policy import Policy

_COMMAND = "/cri"


class Cases(Protocol):
    """The cases, to be looked at."""

    def case(self, number: str) -> Case | None: ...

    def cases_of(self, sender: str, limit: int) -> tuple[Case, ...]:
        """Those that a person (`Person.key`) wrote to, the newest first."""


class Requesters:
    """Fits `crbot.channels.slack.atonce.AtOnce`, for everybody: what is staff's alone is answered before."""

    def __init__(
        self,
        client: WebClient,
        cases: Cases,
        person: Callable[[str], Person],
        policy: Callable[[], Policy],  # the one in force now
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._cases = cases
        self._person = person
        self._policy = policy
        self._forms = Forms(client)
        self._boards = Boards(lambda user, _: self.show_home(user), clock, concerns=self._is_own)

    @property
    def boards(self) -> Boards:
        """The Home tabs of requesters, each of which shows their own cases."""
        return self._boards

    def __call__(self, envelope: Envelope) -> Reply | None:
        match envelope.get("type"):
            case "view_submission":
                return self._sent(envelope["view"])
            case "block_actions":
                return self._clicked(envelope)
            case "shortcut" if envelope.get("callback_id") == requests.NEW_SHORTCUT:
                return self._opening(envelope, self._new)
            case "event_callback" if envelope["event"].get("type") == "app_home_opened":
                return self._home(envelope["event"])
            case _ if envelope.get("command") == _COMMAND:
                return self._command(envelope)
        return None

    def _sent(self, view: Payload) -> Reply | None:
        """A form goes on to its next step, is sent back, or is kept."""
        name = view.get("callback_id", "")
        if not requests.is_requesters(name):
            return None
        if faults := requests.faults(view):
            return Reply({"response_action": "errors", "errors": faults})
        if name == requests.WHO:
            return Reply({"response_action": "push", "view": requests.what_form(view, self._policy())})
        return Reply({"response_action": "clear"}, is_kept=True)

    def _clicked(self, envelope: Envelope) -> Reply | None:
        action = envelope["actions"][0]
        match action["action_id"]:
            case letters.ANSWER:
                draw = partial(self._of_case, envelope, action["value"], requests.answers_form)
            case letters.CORRECT:
                draw = partial(self._of_case, envelope, action["value"], requests.corrections_form)
            case own.START:
                return self._opening(envelope, self._new)
            case _:
                return None
        return self._opening(envelope, draw)

    def _opening(self, envelope: Envelope, draw: Callable[[], Payload]) -> Reply:
        return Reply(then=partial(self._forms.open, envelope["trigger_id"], draw))

    def _new(self) -> Payload:
        return requests.who_form(self._policy())

    def _of_case(
        self, envelope: Envelope, number: str, form: Callable[[Case, Policy, str], Payload]
    ) -> Payload:
        case = self._cases.case(number)
        if case is None or not self._takes_part(envelope, case):
            return requests.notice_form(
                "This request can't be shown to you here. Please write to us instead."
            )
        if case.stage.is_ended:
            return requests.notice_form(f"{case.number} is closed. Write to us in Messages if it goes on.")
        return form(case, self._policy(), _thread_of(envelope))

    def _takes_part(self, envelope: Envelope, case: Case) -> bool:
        """Whoever is in the conversation in which the case is answered, or is one of its participants."""
        channel = str((envelope.get("channel") or {}).get("id", ""))
        is_there = bool(channel) and channel == case.conversation.address
        return is_there or self._is_own(envelope["user"]["id"], case)

    def _is_own(self, user: str, case: Case) -> bool:
        key = self._person(user).key
        return bool(key) and (key == case.requester.key or key in case.participants)

    def _own_cases(self, user: str) -> Iterable[Case]:
        found = self._cases.cases_of(self._person(user).key, own.MOST_SHOWN)
        return [case for case in found if self._is_own(user, case)]

    # --- Home and command -------------------------------------------------------------------------------------------

    def _home(self, event: Payload) -> Reply:
        return Reply(then=partial(self._boards.show, event["user"]) if event.get("tab") == "home" else None)

    def show_home(self, user: str) -> None:
        """Draw a person's own requests on their Home tab. Raises `DeliveryFailed`."""
        view = own.home(self._own_cases(user))
        with told_apart(""):
            self._client.views_publish(user_id=user, view=view)

    def _command(self, envelope: Envelope) -> Reply:
        word, _, rest = str(envelope.get("text") or "").strip().partition(" ")
        match word.casefold():
            case "new":
                return self._opening(envelope, self._new)
            case "status" | "mine":
                return Reply(then=partial(self._tell, envelope, rest.strip()))
            case _:
                return Reply(own.HELP)

    def _tell(self, envelope: Envelope, wanted: str) -> None:
        user = str(envelope["user_id"])
        text = own.status(self._own_cases(user), wanted)
        with told_apart(""):
            self._client.chat_postEphemeral(channel=envelope["channel_id"], user=user, text=text)


def _thread_of(envelope: Envelope) -> str:
    """The thread of the letter under which somebody pressed a button; "" on the Home tab."""
    message: Any = envelope.get("message") or {}
    return str(message.get("thread_ts") or message.get("ts") or "")
