"""The scoping call from the proposal to the reminder's end: proposed, chosen, moved, called off, answered by calendars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from icalendar import Calendar

from crbot import wiring
from crbot.cases.case import Case, Stage
from crbot.cases.letters import Letter, LetterName
from crbot.cases.meetings import Call, CallState
from crbot.cases.rulebook import Rulebook
from crbot.channels.mail.mime import OurSide, received
from crbot.channels.mail.outlet import OutletSettings, composed
from crbot.intake.due import send_due
from crbot.intake.incoming import Desk, think
from crbot.intake.ports import Arrival, Drawing, Outgoing, Received, StaffAction, Verb
from crbot.store.migrations import upgrade
from crbot.store.store import SqlStore, open_engine
from crbot.triage.message import Channel
from tests.fakes import Clock, Outlet, Reader

DESK_ADDRESS = "cri-intake@cops.example.gov"
REQUEST = """From: Chief Ada Bell <abell@elm-ridge.example.gov>
To: cri-intake@cops.example.gov
Subject: Pursuit policy
Message-ID: <request@elm-ridge.example.gov>

I am the chief of the Elm Ridge Police Department in Colorado. Please review our pursuit policy with us.
There is no lawsuit and no investigation. We ask for no money.
"""
SLOTS = ("2026-03-10T14:00-06:00", "2026-03-11T09:30-06:00", "2026-03-13T10:00-06:00")


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@dataclass
class World:
    """A desk, its store, and what was sent."""

    desk: Desk
    store: SqlStore
    clock: Clock
    outlet: Outlet
    actions: dict[str, StaffAction] = field(default_factory=dict)
    count: int = 0

    def hear(self, mail: str) -> list[Outgoing]:
        self.count += 1
        return self._arrives(Arrival(Channel.EMAIL, f"mail:{self.count}", mail.encode(), self.clock()))

    def answers(
        self, text: str, sender: str = "Chief Ada Bell <abell@elm-ridge.example.gov>"
    ) -> list[Outgoing]:
        head = f"From: {sender}\nTo: {DESK_ADDRESS}\nMessage-ID: <answer{self.count}@elm-ridge.example.gov>\n"
        return self.hear(
            f"{head}In-Reply-To: <request@elm-ridge.example.gov>\nSubject: Re: Pursuit policy\n\n{text}\n"
        )

    def calendar_answers(self, state: str, sequence: int, uid: str) -> list[Outgoing]:
        lines = (
            "BEGIN:VCALENDAR", "METHOD:REPLY", "VERSION:2.0", "BEGIN:VEVENT", f"UID:{uid}", f"SEQUENCE:{sequence}",
            "DTSTART:20260310T200000Z", f"ATTENDEE;PARTSTAT={state}:mailto:abell@elm-ridge.example.gov", "END:VEVENT",
            "END:VCALENDAR",
        )  # fmt: skip
        self.count += 1
        return self.hear(
            f"From: abell@elm-ridge.example.gov\nTo: {DESK_ADDRESS}\nMessage-ID: <calendar{self.count}@example.gov>\n"
            "In-Reply-To: <request@elm-ridge.example.gov>\nSubject: Accepted: Call\nMIME-Version: 1.0\n"
            "Content-Type: text/calendar; method=REPLY; charset=utf-8\n\n" + "\n".join(lines) + "\n"
        )

    def staff(
        self, verb: Verb, by: str = "Jordan Lee", case: str = "CRI-2026-0001", **values: str
    ) -> list[Outgoing]:
        self.count += 1
        key = f"act:{self.count}"
        self.actions[key] = StaffAction(verb, case, by, values=values, seen_in="C0STAFF")
        return self._arrives(Arrival(Channel.TERMINAL, key, b"{}", self.clock()))

    def case(self, number: str = "CRI-2026-0001") -> Case:
        case = self.store.case(number)
        assert case is not None
        return case

    @property
    def call(self) -> Call:
        call = self.case().call
        assert call is not None
        return call

    def _arrives(self, arrival: Arrival) -> list[Outgoing]:
        self.store.keep([arrival])
        thought = think(self.desk)
        assert thought is not None
        assert not thought.trouble
        before = len(self.outlet.delivered)
        for channel in (Channel.EMAIL, Channel.SLACK):
            while send_due(self.store, channel, self.outlet, self.clock):
                pass
        return self.outlet.delivered[before:]


@pytest.fixture
def world(rules: Rulebook) -> Iterator[World]:
    engine = open_engine("sqlite://")
    upgrade(engine)
    store, clock, actions = SqlStore(engine), Clock(), dict[str, StaffAction]()

    def read(arrival: Arrival) -> Received | StaffAction:
        return actions.get(arrival.key) or received(arrival.raw, OurSide(frozenset({DESK_ADDRESS})))

    desk = Desk(store, Reader(read), rules, frozenset({DESK_ADDRESS}), clock)
    world = World(desk, store, clock, Outlet(), actions)
    world.hear(REQUEST)
    world.staff(Verb.CLAIM)
    yield world
    engine.dispose()


def letters(sent: list[Outgoing]) -> list[Letter]:
    return [each.what for each in sent if isinstance(each.what, Letter)]


def names(sent: list[Outgoing]) -> list[str]:
    return [letter.name.value for letter in letters(sent)]


def told(sent: list[Outgoing]) -> str:
    return " ".join(each.what.log for each in sent if isinstance(each.what, Drawing))


def refusal(world: World, verb: Verb, **values: str) -> str:
    before = world.case().revision
    sent = world.staff(verb, **values)
    assert world.case().revision == before
    return " ".join(getattr(each.what, "text", "") for each in sent)


def test_times_are_proposed_in_the_agencys_own_zone_and_the_scoping_begins(world: World) -> None:
    sent = world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS), where="We call you at 970-555-0142")

    (letter,) = letters(sent)
    assert letter.name is LetterName.CALL_PROPOSAL
    assert letter.fields["slots"] == [
        "Tuesday, March 10, 2026 at 2:00 pm MDT",
        "Wednesday, March 11, 2026 at 9:30 am MDT",
        "Friday, March 13, 2026 at 10:00 am MDT",
    ]
    assert world.case().stage is Stage.SCOPING
    assert world.call.state is CallState.PROPOSED


def test_where_staff_name_no_times_times_that_suit_the_agency_are_proposed(world: World) -> None:
    world.staff(Verb.PROPOSE_CALL)

    assert len(world.call.slots) == 3
    assert min(world.call.slots) > world.clock() + timedelta(days=1)


def test_the_agency_chooses_in_words_and_everybody_gets_the_invitation(world: World) -> None:
    world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS), guests="jordan.lee@cops.example.gov")

    sent = world.answers("The second one works for us.")

    assert world.call.chosen == datetime(2026, 3, 11, 15, 30, tzinfo=UTC)
    assert names(sent) == ["call_set", "call_staff"]
    assert [letter.to.address for letter in letters(sent)] == [
        "abell@elm-ridge.example.gov",
        "jordan.lee@cops.example.gov",
    ]
    assert "The call is set for Wednesday, March 11, 2026 at 9:30 am MDT" in told(sent)


def test_the_invitation_in_the_mail_is_one_that_calendars_act_on(world: World, rules: Rulebook) -> None:
    world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS))
    (letter,) = letters(world.answers("2"))
    settings = OutletSettings("localhost", 25, DESK_ADDRESS, "Response Center")
    answers_to = "cri-intake+k7@cops.example.gov"

    rendered = wiring.load_letters().render(letter, Channel.EMAIL)
    mail = message_from_bytes(
        composed(letter, rendered, "key", settings, world.clock(), answers_to).as_bytes(),
        policy=policy.default,
    )

    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar", "application/ics"]
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert part["Content-Type"].params["method"] == "REQUEST"
    (event,) = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert str(event["ORGANIZER"]) == f"mailto:{answers_to}"
    assert str(event["ATTENDEE"]) == "mailto:abell@elm-ridge.example.gov"
    assert event["DTSTART"].dt == world.call.chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("None of these work, next week please.", "None of the call times suits"),
        ("Could we talk on Thursday?", "It speaks of a time for the call that was not offered"),
    ],
)
def test_what_is_no_choice_is_given_to_a_person_and_nothing_is_set(
    world: World, text: str, words: str
) -> None:
    world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS))

    sent = world.answers(text)

    assert words in told(sent)
    assert "call_set" not in names(sent)
    assert world.call.state is CallState.PROPOSED


def test_a_time_that_has_passed_is_not_set(world: World) -> None:
    world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS))
    world.clock.pass_(timedelta(days=9))

    sent = world.answers("Tuesday at 2 works")

    assert "free no more" in told(sent)
    assert world.call.state is CallState.PROPOSED


def test_a_person_is_in_one_call_at_a_time(world: World) -> None:
    world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS))
    world.hear(REQUEST.replace("elm-ridge", "walnut-bend").replace("Pursuit", "Use of force"))
    world.staff(Verb.CLAIM, case="CRI-2026-0002")

    sent = world.staff(Verb.PROPOSE_CALL, case="CRI-2026-0002", slots=f"{SLOTS[1]},2026-03-12T10:00-06:00")
    suggested = world.staff(Verb.PROPOSE_CALL, case="CRI-2026-0002")

    assert "another call of the same person is proposed or set" in " ".join(
        getattr(each.what, "text", "") for each in sent
    )
    assert names(suggested) == ["call_proposal"]
    second = world.case("CRI-2026-0002").call
    assert second is not None
    assert not set(second.slots) & set(world.call.slots)


def test_a_second_round_is_the_same_call(world: World) -> None:
    world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS))
    first = world.call
    world.answers("None of these, sorry.")

    world.staff(Verb.PROPOSE_CALL, slots="2026-03-17T10:00-06:00,2026-03-18T10:00-06:00")

    assert (world.call.round, world.call.uid) == (2, first.uid)


def test_a_call_that_is_moved_keeps_its_name_and_calendars_see_the_change(world: World) -> None:
    world.staff(Verb.PROPOSE_CALL, slots=",".join(SLOTS))
    world.answers("2")
    before = world.call

    sent = world.staff(
        Verb.CHANGE_CALL, slot="2026-03-12T11:00-06:00", text="Our expert is away on Wednesday."
    )

    (letter,) = letters(sent)
    assert letter.name is LetterName.CALL_CHANGED
    assert letter.invitation is not None
    assert (letter.invitation.uid, letter.invitation.sequence) == (before.uid, before.sequence + 1)
    assert world.call.chosen == datetime(2026, 3, 12, 17, 0, tzinfo=UTC)


def test_a_call_agreed_on_by_telephone_is_set_without_a_proposal(world: World) -> None:
    sent = world.staff(Verb.CHANGE_CALL, slot=SLOTS[0])

    assert names(sent) == ["call_set"]
    assert world.call.is_set


def test_a_call_that_is_called_off_leaves_the_calendars(world: World) -> None:
    world.staff(Verb.CHANGE_CALL, slot=SLOTS[0], guests="jordan.lee@cops.example.gov")

    sent = world.staff(Verb.CANCEL_CALL)

    assert names(sent) == ["call_cancelled", "call_staff"]
    assert all(letter.invitation and letter.invitation.is_cancelled for letter in letters(sent))
    assert world.call.state is CallState.CANCELLED


@pytest.mark.parametrize(
    ("state", "words", "after"),
    [
        ("ACCEPTED", "has accepted the call.", CallState.SET),
        ("TENTATIVE", "not for certain", CallState.SET),
        ("DECLINED", "has declined the call; find another time", CallState.DECLINED),
    ],
)
def test_a_calendars_answer_reaches_the_card(world: World, state: str, words: str, after: CallState) -> None:
    world.staff(Verb.CHANGE_CALL, slot=SLOTS[0])

    sent = world.calendar_answers(state, world.call.sequence, world.call.uid)

    assert words in told(sent)
    assert names(sent) == []
    assert world.call.state is after


def test_an_answer_to_an_older_invitation_changes_nothing(world: World) -> None:
    world.staff(Verb.CHANGE_CALL, slot=SLOTS[0])
    world.staff(Verb.CHANGE_CALL, slot=SLOTS[1])

    sent = world.calendar_answers("DECLINED", 0, world.call.uid)

    assert "an invitation that was changed since" in told(sent)
    assert world.call.is_set


def test_the_answer_of_a_strange_calendar_is_filed_and_sets_nothing(world: World) -> None:
    world.staff(Verb.CHANGE_CALL, slot=SLOTS[0])

    world.calendar_answers("DECLINED", 0, "another-call@example.com")

    assert world.call.is_set


@pytest.mark.parametrize(
    ("verb", "values", "words"),
    [
        (Verb.PROPOSE_CALL, {"slots": SLOTS[0]}, "Propose 2 to 5 times; these are 1."),
        (Verb.PROPOSE_CALL, {"slots": "2026-03-10T14:00"}, "does not tell its zone"),
        (Verb.PROPOSE_CALL, {"slots": "Tuesday"}, "'Tuesday' is no time"),
        (Verb.PROPOSE_CALL, {"slots": "2026-02-10T14:00-06:00"}, "has passed"),
        (Verb.PROPOSE_CALL, {"minutes": "1"}, "'1' is no length of a call"),
        (Verb.PROPOSE_CALL, {"guests": "Jordan"}, "'Jordan' is no mail address"),
        (Verb.CHANGE_CALL, {}, "Write the time that was agreed on"),
        (Verb.CANCEL_CALL, {}, "No call is proposed or set"),
    ],
)
def test_what_cannot_be_done_is_refused_with_words(
    world: World, verb: Verb, values: dict[str, str], words: str
) -> None:
    assert words in refusal(world, verb, **values)
