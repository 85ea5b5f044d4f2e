"""Answers staff at once: opens their forms, shows what they ask for, draws their board.

What a form that was sent does to a case is kept and worked on in its turn; how forms and boards look is `forms`' and
`home`'s. Whoever is not staff is answered as a requester.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from crbot.cases.case import Case, Place, place_of
from crbot.cases.rulebook import Rulebook
from crbot.channels.slack import actions, commands, forms, home, offers, wording
from crbot.channels.slack.actions import StaffActions, Wish
from crbot.channels.slack.atonce import AtOnce, Envelope, Forms, Reply
from crbot.channels.slack.blocks import Payload
from crbot.channels.slack.boards import Boards
from crbot.channels.slack.failures import told_apart
from crbot.channels.slack.members import Members
from crbot.channels.slack.text import line
from crbot.channels.slack.wording import DOT
from crbot.intake.ports import DeliveryFailed, StaffAction, Verb

_COMMAND = "/cri"
_REQUESTERS_WORD = "new"
_TOO_LATE = "Slack would not open it any more. Please click again."
_NO_CASE = "There is no such case."
_BUSY = "This takes too long just now. Please press the button again in a moment."
_CHECKED_SECONDS = 0.5  # Slack waits for three, and the keeping comes after it
_FOLLOWED_SECONDS = 2.0
_RESPONSE_SECONDS = 10
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Clock = Callable[[], datetime]
WhyRefused = Callable[[StaffAction], str]


class Cases(commands.Cases, Protocol):
    """The cases, to be looked at."""

    def busy(self, owner: str, besides: str) -> tuple[tuple[datetime, datetime], ...]: ...

    def words_of(self, number: str) -> tuple[str, ...]:
        """What was written in a case, message by message, the newest first."""

    def card_of(self, number: str, place: Place) -> str:
        """Where the case's card stands in Slack, "<channel>:<ts>"; "" where there is none."""


class Staff:
    """Fits `crbot.channels.slack.atonce.AtOnce`.

    `why_refused` says of an action why it would not be done now, "" where it would; `otherwise` answers requesters.
    """

    def __init__(
        self,
        client: WebClient,
        channels: Mapping[Place, str],
        cases: Cases,
        rules: Callable[[], Rulebook],
        clock: Clock,
        reading: StaffActions,
        members: Members,
        why_refused: WhyRefused,
        otherwise: AtOnce,
    ) -> None:
        self._client = client
        self._channels = channels
        self._cases = cases
        self._rules = rules  # those in force now
        self._clock = clock
        self._reading = reading
        self._members = members
        self._why_refused = why_refused
        self._otherwise = otherwise
        self._forms = Forms(client)
        self._looking_up = ThreadPoolExecutor(8, thread_name_prefix="slack-look-up")
        self._commands = commands.Commands(cases, lambda fact, value: rules().label(fact, value))
        self._boards = Boards(self._show_board, clock)

    def __call__(self, envelope: Envelope) -> Reply | None:
        try:
            return self._answered(envelope)
        except actions.ANOTHER_FORM:
            return Reply(is_kept=True)  # whoever reads it sets it aside, where a person sees it

    def _answered(self, envelope: Envelope) -> Reply | None:
        match envelope.get("type"):
            case "view_submission":
                return self._sent(envelope)
            case "block_actions":
                return self._clicked(envelope)
            case "event_callback" if envelope["event"].get("type") == "app_home_opened":
                return self._home_opened(envelope)
            case _ if envelope.get("command") == _COMMAND:
                return self._asked(envelope)
        return self._otherwise(envelope)

    @property
    def boards(self) -> Boards:
        return self._boards

    # --- forms --------------------------------------------------------------------------------------------------------

    def _sent(self, envelope: Envelope) -> Reply | None:
        """A form that was sent: followed by the next step, back with what is wrong, or kept."""
        view = envelope["view"]
        if str(view.get("callback_id", "")).startswith(home.BOARD):
            return self._sent_from_board(envelope)
        wish = actions.wish_of(envelope)
        if wish is None:
            return self._otherwise(envelope)
        if wish.needs_a_view:
            return self._followed_by(view, partial(self._view, wish))
        if faults := actions.faults(wish) or self._refused_now(wish, view):
            return _errors(faults)
        return Reply({"response_action": "clear"}, is_kept=True)

    def _followed_by(self, view: Payload, draw: Callable[[], Payload]) -> Reply:
        """The next step in the place of this one. It goes with the answer: sent after it, it might be overtaken."""
        try:
            following = self._looking_up.submit(draw).result(_FOLLOWED_SECONDS)
        except TooLong:
            return _errors({_first_field(view): _BUSY}) if _first_field(view) else Reply()
        return Reply({"response_action": "update", "view": following})

    def _refused_now(self, wish: Wish, view: Payload) -> dict[str, str]:
        """What would be refused, told while the words still stand in the form; nothing where that can't be told in time:
        whoever sent it is told afterwards."""
        if wish.verb is Verb.ADD_HELD:
            return {}
        asked = self._looking_up.submit(lambda: self._why_refused(self._reading.action_of(wish)))
        try:
            refusal = asked.result(_CHECKED_SECONDS)
        except TooLong:
            return {}
        return {_first_field(view): refusal} if refusal and _first_field(view) else {}

    def _clicked(self, envelope: Envelope) -> Reply | None:
        action = envelope["actions"][0]
        if str(action.get("action_id", "")).startswith(home.BOARD):
            return self._on_board(envelope, action)
        wish = actions.wish_of(envelope)
        if wish is None:
            return self._otherwise(envelope)
        return Reply(then=partial(self._show, wish, envelope)) if wish.needs_a_view else Reply(is_kept=True)

    def _show(self, wish: Wish, envelope: Envelope) -> None:
        try:
            self._forms.open(envelope["trigger_id"], partial(self._view, wish))
        except DeliveryFailed:
            self._whisper(wish, _TOO_LATE)
            raise

    def _view(self, wish: Wish) -> Payload:
        """What is wanted, or why it can't be had."""
        if refusal := self._reading.refusal(wish):
            return forms.told(refusal)
        if wish.what == offers.PLACE_HELD:
            return forms.place_held(wish.item, wish.channel)
        case = self._cases.case(wish.case)
        if case is None:
            return forms.told(_NO_CASE)
        channel = wish.channel or self._channels[place_of(case)]
        if wish.what == offers.FULL:
            page = int(wish.item) if wish.item.isdecimal() else 1
            return forms.full_message(case, channel, self._cases.words_of(case.number), page)
        if wish.revision not in (None, case.revision):
            return forms.told(_has_changed(case))
        if wish.verb is None:
            return forms.everything(case, channel, self._head(case))
        return forms.form(wish.verb, self._ground(case, wish, channel))

    def _ground(self, case: Case, wish: Wish, channel: str) -> forms.Ground:
        is_call, is_double = wish.verb is Verb.PROPOSE_CALL, wish.verb is Verb.DUPLICATE
        return forms.Ground(
            case=case,
            rules=self._rules(),
            now=self._clock(),
            channel=channel,
            taken=self._cases.busy(case.owner or wish.by, case.number) if is_call else (),
            others=self._alike(case) if is_double else (),
            fact=wish.item,
        )

    def _alike(self, case: Case) -> tuple[Case, ...]:
        """Further open cases of the same agency."""
        facts = case.decision.facts
        if not facts.is_known("agency_name"):
            return ()
        return tuple(
            each
            for each in self._cases.open_cases()
            if each.number != case.number and each.agency.casefold() == case.agency.casefold()
        )

    def _head(self, case: Case) -> str:
        row = home.row(case, self._rules().label, self._clock())
        return f"{row}{DOT}{link}" if (link := self._link(case)) else row

    def _link(self, case: Case) -> str:
        """The way to the card; "" where there is none, or Slack does not tell."""
        channel, _, ts = self._cases.card_of(case.number, place_of(case)).rpartition(":")
        if not channel:
            return ""
        try:
            with told_apart(channel):
                answer = self._client.chat_getPermalink(channel=channel, message_ts=ts)
        except DeliveryFailed:
            return ""
        return f"<{answer['permalink']}|Open the card>"

    def _whisper(self, wish: Wish, text: str) -> None:
        if wish.channel:
            with told_apart(wish.channel):
                self._client.chat_postEphemeral(channel=wish.channel, user=wish.by, text=text)

    # --- the board ------------------------------------------------------------------------------------------------------

    def _on_board(self, envelope: Envelope, action: Mapping[str, Any]) -> Reply | None:
        user = envelope["user"]["id"]
        match action["action_id"]:
            case home.OPEN:
                return Reply(then=partial(self._show, _opening(action["value"], user), envelope))
            case home.FIND:
                return Reply(then=partial(self._forms.open, envelope["trigger_id"], home.find))
            case home.QUEUE:
                queue = action["selected_option"]["value"]
                return Reply(then=partial(self._boards.show, user, queue))
        return None

    def _sent_from_board(self, envelope: Envelope) -> Reply:
        """Words are followed by the cases that they find, a case by what can be done to it."""
        view, user = envelope["view"], envelope["user"]["id"]
        values = actions.values_of(view)
        if number := values.get("case"):
            return self._followed_by(view, partial(self._view, _opening(number, user)))
        return self._followed_by(view, partial(self._found, values.get("words", ""), user))

    def _found(self, words: str, user: str) -> Payload:
        try:
            places = self._members.among(user, tuple(self._channels))
        except DeliveryFailed as failure:
            return forms.told(f"{actions.UNKNOWN} ({line(str(failure), 300)})")
        cases = self._commands.found(words, places) if places else ()
        return home.found(cases, self._rules().label, self._clock())

    def _home_opened(self, envelope: Envelope) -> Reply:
        event = envelope["event"]
        return Reply(then=partial(self._home, envelope) if event.get("tab") == "home" else None)

    def _home(self, envelope: Envelope) -> None:
        user = envelope["event"]["user"]
        try:
            is_staff = bool(self._members.among(user, tuple(self._channels)))
        except DeliveryFailed:
            with told_apart(""):
                self._client.views_publish(user_id=user, view=home.unknown())
            raise
        if is_staff:
            self._boards.show(user)
        else:
            self._as_requester(envelope)

    def _show_board(self, user: str, queue: str) -> None:
        """Raises `DeliveryFailed`."""
        places = self._members.among(user, tuple(self._channels))
        if not places:
            return
        board = home.board_of(self._cases.open_cases(), user, places, self._clock(), queue)
        with told_apart(""):
            self._client.views_publish(
                user_id=user, view=home.home(board, self._rules().label, self._clock())
            )

    # --- the command ----------------------------------------------------------------------------------------------------

    def _asked(self, envelope: Envelope) -> Reply | None:
        """A form is a requester's affair, whoever opens it; all else depends on who asks."""
        if str(envelope.get("text") or "").split()[:1] == [_REQUESTERS_WORD]:
            return self._otherwise(envelope)
        return Reply(then=partial(self._answer, envelope))

    def _answer(self, envelope: Envelope) -> None:
        user = str(envelope["user_id"])
        try:
            places = self._members.among(user, tuple(self._channels))
        except DeliveryFailed as failure:
            self._respond(envelope, commands.message(f"{actions.UNKNOWN} ({line(str(failure), 300)})"))
            return
        if places:
            text = self._commands.answer(str(envelope.get("text") or ""), user, places, self._clock())
            self._respond(envelope, commands.message(text))
        else:
            self._as_requester(envelope)

    def _as_requester(self, envelope: Envelope) -> None:
        reply = self._otherwise(envelope)
        if reply is None:
            return
        if "command" in envelope and isinstance(reply.says, str) and reply.says:
            self._respond(envelope, commands.message(reply.says))
        if reply.then is not None:
            reply.then()

    def _respond(self, envelope: Envelope, message: Payload) -> None:
        """To whoever asked, and to nobody else; also where the bot is no member."""
        url = str(envelope.get("response_url") or "")
        with told_apart(""):
            if not _is_trusted(url):
                channel, user = str(envelope["channel_id"]), str(envelope["user_id"])
                self._client.chat_postEphemeral(channel=channel, user=user, **message)
                return
            webhook = WebhookClient(url, timeout=_RESPONSE_SECONDS)
            if urlsplit(url).hostname in _LOOPBACK:
                webhook.proxy = (
                    None  # the library would send even loopback through a proxy named in the environment
                )
            webhook.send(response_type="ephemeral", **message)


def _opening(number: str, user: str) -> Wish:
    """A case as it stands now, with all that can be done to it."""
    return Wish(offers.ALL, number, None, user, channel="")


def _errors(faults: Mapping[str, str]) -> Reply:
    return Reply({"response_action": "errors", "errors": dict(faults)})


def _first_field(view: Payload) -> str:
    """Where something is said that belongs to no field more than to another; "" where there is none."""
    return next((str(each["block_id"]) for each in view["blocks"] if each["type"] == "input"), "")


def _is_trusted(url: str) -> bool:
    """An address that an answer may be sent to."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _has_changed(case: Case) -> str:
    by = f" ({wording.person(case.changed_by)})" if case.changed_by else ""
    return f"{case.number} has changed since you saw it{by}. Look at the card as it is now, and click again."
