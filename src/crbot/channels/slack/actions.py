"""What a click of staff, or a form that they sent, means: an action on a case, as it was seen.

Which buttons and forms there are is told by `offers` and `forms`; whether the action is done, the use cases decide.
Ids and values alone come back from Slack: whatever somebody wrote is looked up again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from crbot.cases.case import Case, Place, place_of
from crbot.cases.respond import Whisper
from crbot.channels.slack import offers
from crbot.channels.slack.forms import EVIDENCE, FORMS, IN_TWO_STEPS, JOINTS
from crbot.channels.slack.offers import ACTION, ALL, FORM, FULL, MORE, PLACE_HELD
from crbot.intake.ports import DeliveryFailed, Ignored, StaffAction, Verb
from crbot.triage.decision import Queue
from crbot.triage.message import Person

Payload = Mapping[str, Any]
Among = Callable[[str, Collection[Place]], frozenset[Place]]  # user, places -> those that they belong to

ANOTHER_FORM = (KeyError, ValueError, TypeError, IndexError, AttributeError)
_NUMBER = re.compile(r"CRI-\d{4}-\d{4,9}")
_SHOWN = frozenset({ALL, FULL, PLACE_HELD})  # these only show something


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person of staff wants: by a click, or by a form that they sent."""

    what: str  # a verb, or one of those that only show something
    case: str  # number; "" where none is known yet
    revision: int | None
    by: str  # Slack user id
    channel: str  # of staff, where it was seen
    item: str = ""  # what else is meant: a held message, a letter's key, a page, the fact of a second step
    values: Mapping[str, str] = field(default_factory=dict)
    is_sent: bool = False  # by a form

    @property
    def verb(self) -> Verb | None:
        return None if self.what in _SHOWN else Verb(self.what)

    @property
    def needs_a_view(self) -> bool:
        """A form comes first, or there is only something to show."""
        return not self.is_sent and (self.verb is None or self.verb in FORMS)


def wish_of(payload: Payload) -> Wish | None:
    """Read a click or a sent form of staff; None for everybody else's.

    Raises one of `ANOTHER_FORM` where it has another form than ours.
    """
    match payload.get("type"):
        case "block_actions":
            action = payload["actions"][0]
            return _clicked(payload, action) if str(action["action_id"]).startswith(ACTION) else None
        case "view_submission" if str(payload["view"]["callback_id"]).startswith(ACTION):
            return _sent(payload["view"], payload["user"]["id"])
        case _:
            return None


def _clicked(payload: Payload, action: Payload) -> Wish:
    if action["action_id"] == MORE:
        what, _, value = action["selected_option"]["value"].partition("|")
    else:
        what, value = action["action_id"].removeprefix(ACTION), action["value"]
    case, seen, item = [*value.split("|", 2), "", ""][:3]
    return Wish(
        _known(what),
        case,
        int(seen) if seen else None,
        by=payload["user"]["id"],
        channel=payload["channel"]["id"],
        item=item,
    )


def _known(what: str) -> str:
    """What is wanted, where it is something that can be. Raises ValueError."""
    return what if what in _SHOWN else Verb(what).value


def _sent(view: Payload, by: str) -> Wish:
    """A form that was filled in, or the step to what is chosen in it."""
    seen = json.loads(view["private_metadata"])
    values = {**values_of(view), **seen["fixed"]}
    case = seen["case"] or values.pop("case", "").strip().upper()
    wish = Wish("", case, seen["revision"], by, seen["channel"])
    match view["callback_id"]:
        case offers.CHOICE:
            return replace(wish, what=_known(values["what"]))
        case offers.PAGE:
            return replace(wish, what=FULL, item=values["page"])
    verb = Verb(view["callback_id"].removeprefix(FORM))
    if verb in IN_TWO_STEPS and "fact" not in seen["fixed"]:
        return replace(wish, what=verb.value, item=values["fact"])
    return replace(wish, what=verb.value, values=values, is_sent=True)


def values_of(view: Payload) -> dict[str, str]:
    """What stands in the fields of a form: the value's name -> what it is, several with commas."""
    told: dict[str, list[str]] = {}
    texts: dict[str, str] = {}  # of words that stand in several fields, the further ones
    for block_id, elements in sorted(view["state"]["values"].items(), key=_place_of):
        name, _, joint = [*block_id.split(":", 2), "", ""][:3]
        written = list(map(_value_of, elements.values()))
        if joint in JOINTS:
            texts[name] = texts.get(name, "") + "".join(JOINTS[joint] + each for each in written if each)
        else:
            told.setdefault(name, []).extend(written)
    values = {name: list(filter(None, parts)) for name, parts in told.items()}
    if len(values.get("slot", ())) > 1:
        values["slot"] = values["slot"][-1:]  # a choice can't be taken back: the time that was picked counts
    return {name: ",".join(parts) + texts.get(name, "") for name, parts in values.items()}


def _place_of(field: tuple[str, object]) -> int:
    """The how-manieth field of its words it is; of words in one field, the first."""
    place = [*field[0].split(":"), ""][1]
    return int(place) if place.isdecimal() else 1


def _value_of(element: Payload) -> str:
    match element:
        case {"selected_options": list(chosen)}:
            return ",".join(option["value"] for option in chosen)
        case {"selected_option": {"value": str(value)}}:
            return value
        case {"selected_date_time": int(moment)}:
            return datetime.fromtimestamp(moment, UTC).isoformat()
        case {"selected_date": str(value)} | {"value": str(value)}:
            return value
        case _:
            return ""


def faults(wish: Wish) -> dict[str, str]:
    """What a form lacks that Slack can't know of: field -> what to do."""
    match wish.verb:
        case Verb.ASK if not wish.values.get("facts"):
            return {"text": "Choose a question; what asks nothing is written with Write to Agency"}
        case Verb.ADD_HELD if not _NUMBER.fullmatch(wish.case):
            return {"case": "Write the number as in CRI-2026-0042"}
        case _:
            return {}


class StaffActions:
    """Reads what staff do, and lets only staff do it.

    `cases` and `person` look up a case and who a user is; `among`, which places of staff a user belongs to.
    """

    def __init__(
        self, among: Among, cases: Callable[[str], Case | None], person: Callable[[str], Person]
    ) -> None:
        self._among = among
        self._cases = cases
        self._person = person

    def read(self, payload: Payload) -> StaffAction | Ignored:
        """What is to be done, or why nothing is; whoever may not do it is told so."""
        wish = wish_of(payload)
        if wish is None or wish.verb is None or wish.needs_a_view:
            return Ignored("it asks nothing of a case")
        if refusal := self.refusal(wish):
            return Ignored("not of staff, or nobody can tell", told=whispers(wish, refusal))
        return self.action_of(wish)

    def action_of(self, wish: Wish) -> StaffAction:
        assert wish.verb is not None
        is_emptied = wish.verb in _CAN_BE_EMPTIED
        values = {
            name: value for name, value in wish.values.items() if (value or is_emptied) and name != "reason"
        }
        if wish.item:
            values[_ITEM[wish.verb]] = wish.item
        if EVIDENCE in values:
            values["text"] = self._evidence(wish.case, values.get("fact", ""), values.pop(EVIDENCE))
        return StaffAction(
            wish.verb,
            wish.case,
            wish.by,
            revision=wish.revision,
            reason=wish.values.get("reason", ""),
            values=values,
            seen_in=wish.channel,
            by_name=self._person(wish.by).name,
        )

    def refusal(self, wish: Wish) -> str:
        """Why this person may not do it; "" where they may."""
        try:
            is_staff = bool(self._among(wish.by, self._wanted(wish)))
        except DeliveryFailed as failure:
            return f"{UNKNOWN} ({failure})"
        return "" if is_staff else _NOT_A_MEMBER

    def _wanted(self, wish: Wish) -> frozenset[Place]:
        """Whose members may do it. What is held waits in the review channel; what failed is told in any."""
        if wish.verb is Verb.RETRY:
            return frozenset(Place)
        is_held = wish.what == PLACE_HELD or wish.verb in _ITEM
        case = self._cases(wish.case) if wish.case and not is_held else None
        return places_of(case) if case else frozenset({Place.REVIEW})

    def _evidence(self, number: str, fact: str, at: str) -> str:
        """The words that a form named by their place; "" where they are gone."""
        case = self._cases(number)
        known = case.decision.facts.evidence(fact) if case else ()
        return known[int(at)].text if at.isdecimal() and int(at) < len(known) else ""


_CAN_BE_EMPTIED = frozenset({Verb.DRAFT_DECLINE, Verb.SAVE_PLAN})  # their forms show what was there
_ITEM = {Verb.ADD_HELD: "message", Verb.OPEN_HELD: "message", Verb.RETRY: "what"}
_NOT_A_MEMBER = "Nothing was done: only members of the channel that the case is in can do that."
UNKNOWN = (
    "Nothing was done: Slack can't tell now whether you belong to the channel of this case. Try again soon."
)


def places_of(case: Case) -> frozenset[Place]:
    """Whose staff may act: those of where its card is, and those of its queue."""
    own = frozenset() if case.queue is Queue.UNROUTED else frozenset({Place(case.queue.value)})
    return own | {place_of(case)}


def whispers(wish: Wish, text: str) -> tuple[Whisper, ...]:
    return (Whisper(to=wish.by, channel=wish.channel, text=text),) if wish.channel else ()
