"""A follow-up is looked at again when it is due, and done once: in the right hour, and never over an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crbot import wiring
from crbot.cases.case import Place
from crbot.cases.letters import Letter
from crbot.cases.respond import Change, Entry
from crbot.cases.rulebook import Rulebook
from crbot.intake import brake
from crbot.intake.ears import Ears
from crbot.intake.ports import Arrival, Verb
from crbot.intake.reminding import LEASE, follow_up
from crbot.triage.message import Channel, Person
from tests.fakes import Clock
from tests.intake.office import CHIEF, REQUEST, Office

BOISE = ZoneInfo("America/Boise")
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=ZoneInfo("America/Boise"))
ACKNOWLEDGED = ["acknowledgement"]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BOISE)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


@pytest.fixture
def office(tmp_path: Path, rules: Rulebook) -> Iterator[Office]:
    office = Office(tmp_path, rules, Clock(MONDAY))
    yield office
    office.close()


def asked(office: Office) -> None:
    """A request has come in which questions are open."""
    office.hears()
    office.tick()
    assert office.letters() == ACKNOWLEDGED


def is_open(office: Office, at: datetime) -> bool:
    hours = office.desk.rules.hours
    return hours.is_open(at, hours.zones_of("ID"))


def test_open_questions_are_reminded_of_three_times_and_then_a_person_is_asked(office: Office) -> None:
    asked(office)

    office.passes(day("2026-07-01 12:00"))

    assert office.letters() == [*ACKNOWLEDGED, *(f"reminder_questions {step}" for step in (1, 2, 3))]
    assert all(is_open(office, at) for at, _ in office.letters_at()[1:])
    lead = [each for each in office.notices() if "No answer to the questions" in each.text]
    assert [(each.place, each.about) for each in lead] == [(Place.REVIEW, office.case().number)]
    assert not office.case().stage.is_ended


def test_an_answer_ends_the_reminders(office: Office) -> None:
    asked(office)
    office.passes(day("2026-03-05 12:00"))
    office.hears("1. No.\n2. No lawsuit, and none expected.", case=office.case().number)

    office.passes(day("2026-07-01 12:00"))

    assert [name for name in office.letters() if name.startswith("reminder")] == ["reminder_questions 1"]


def test_a_word_that_answers_nothing_ends_the_reminders_and_is_owed_an_answer(office: Office) -> None:
    asked(office)
    office.acts(Verb.CLAIM)
    office.clock.pass_(timedelta(hours=1))
    office.hears("Please leave me alone with that for now.", case=office.case().number)
    office.passes(day("2026-04-20 12:00"))

    assert office.letters() == ACKNOWLEDGED
    assert office.calls()[0] == (
        "U0LEE",
        "The agency waits for an answer. Note it if you have been in touch.",
    )


def test_a_reminder_that_was_due_when_the_answer_came_is_not_sent(office: Office) -> None:
    asked(office)
    office.clock.now = day("2026-03-05 12:00")  # the reminder is due since yesterday
    office.hears("1. No.\n2. No lawsuit, and none expected.", case=office.case().number)
    for channel in (Channel.EMAIL, Channel.SLACK):
        office.ears.hear(channel, office.clock())

    came = follow_up(office.desk, office.ears)  # before the answer is worked on

    assert [each.did for each in came if each.follow_up.is_letter] == ["again"]
    office.passes(day("2026-07-01 12:00"))
    assert not any(name.startswith("reminder") for name in office.letters())


def test_a_reminder_that_could_not_leave_is_called_back_by_the_answer(office: Office) -> None:
    asked(office)
    office.world.mail_is_down = True
    office.passes(day("2026-03-04 15:30"))  # it is decided on, and lies in the outbox
    assert "followed up" in office.record()

    office.hears("1. No.\n2. No lawsuit, and none expected.", case=office.case().number)
    office.tick()
    office.world.mail_is_down = False
    office.passes(day("2026-03-30 12:00"))

    assert office.letters() == [*ACKNOWLEDGED, "answers_noted"]
    assert "called back" in office.record()


def test_a_reminder_that_could_not_leave_by_day_does_not_leave_at_night(office: Office) -> None:
    asked(office)
    office.world.mail_is_down = True
    office.passes(day("2026-03-04 22:00"))
    office.world.mail_is_down = False

    office.passes(day("2026-03-05 16:00"))

    ((at, name),) = office.letters_at()[1:]
    assert name == "reminder_questions 1"
    assert is_open(office, at)
    assert at > day("2026-03-05 00:00")


def test_nobody_is_reminded_while_the_mailbox_is_away(office: Office) -> None:
    asked(office)
    office.clock.now = day("2026-03-04 16:00")

    office.tick(listens=False)
    assert office.letters() == ACKNOWLEDGED

    office.tick()
    assert office.letters() == [*ACKNOWLEDGED, "reminder_questions 1"]


def test_staff_are_told_also_while_the_mailbox_is_away(office: Office) -> None:
    asked(office)
    office.clock.now = day("2026-03-04 12:00")

    office.tick(listens=False)

    assert any("Nobody has claimed" in each.text for each in office.notices())


@pytest.mark.parametrize(
    ("heard", "is_fresh"),
    [
        ({}, False),
        ({Channel.EMAIL: 0}, False),
        ({Channel.EMAIL: 0, Channel.SLACK: 0}, True),
        ({Channel.EMAIL: 15, Channel.SLACK: 0}, True),
        ({Channel.EMAIL: 16, Channel.SLACK: 0}, False),
        ({Channel.EMAIL: -60, Channel.SLACK: 0}, False),  # the clock was set back since
    ],
)
def test_ears_are_fresh_when_every_channel_was_heard_lately(
    heard: dict[Channel, int], is_fresh: bool
) -> None:
    ears = Ears((Channel.EMAIL, Channel.SLACK))
    for channel, minutes in heard.items():
        ears.hear(channel, MONDAY - timedelta(minutes=minutes))

    assert ears.are_fresh(MONDAY, timedelta(minutes=15)) is is_fresh


def test_a_channel_that_is_not_listened_to_is_never_fresh() -> None:
    ears = Ears((Channel.EMAIL,))
    ears.hear(Channel.EMAIL, MONDAY)

    assert ears.are_fresh(MONDAY, timedelta(minutes=15))
    assert not ears.are_fresh(MONDAY, timedelta(minutes=15), Channel.SLACK)


class Told:
    """What another program has heard."""

    def __init__(self, at: datetime | None) -> None:
        self.at = at

    def hear(self, channel: Channel, now: datetime) -> None:
        self.at = now

    def heard(self, channel: Channel) -> datetime | None:
        return self.at


@pytest.mark.parametrize(("minutes", "is_fresh"), [(14, True), (16, False), (None, False)])
def test_what_another_program_has_heard_counts_too(minutes: int | None, is_fresh: bool) -> None:
    at = None if minutes is None else MONDAY - timedelta(minutes=minutes)

    assert Ears((Channel.EMAIL,), Told(at)).are_fresh(MONDAY, timedelta(minutes=15)) is is_fresh


def test_what_is_heard_here_is_told_to_the_others() -> None:
    told = Told(None)

    Ears((Channel.EMAIL,), told).hear(Channel.EMAIL, MONDAY)

    assert told.heard(Channel.EMAIL) == MONDAY


def test_a_follow_up_that_ends_the_program_each_time_is_set_aside_and_shown(office: Office) -> None:
    asked(office)
    office.clock.now = day("2026-03-06 12:00")  # the first reminder alone is due
    for _ in range(5):
        office.store.claim_follow_ups(letters=True, now=office.clock(), lease=LEASE, limit=50)  # and ends
        office.clock.pass_(LEASE)
    before = office.letters()

    office.tick()

    assert office.letters() == before
    (notice,) = [each for each in office.notices() if each.again.startswith("followup:")]
    assert "It has ended the program" in notice.text


def test_ten_days_of_silence_melt_into_one_letter_and_none_goes_at_night(office: Office) -> None:
    asked(office)
    office.clock.now = day("2026-03-13 02:00")  # the computer was off, and wakes at night

    office.tick()
    assert office.letters() == ACKNOWLEDGED

    office.passes(day("2026-03-13 17:00"))
    assert office.letters() == [*ACKNOWLEDGED, "reminder_questions 2"]


def test_a_step_that_was_late_keeps_its_distance_to_the_next(office: Office) -> None:
    asked(office)
    office.clock.now = day("2026-03-13 12:00")  # step 2 was due on the 9th, step 3 is on the 16th
    office.tick()

    office.passes(day("2026-03-19 17:00"))
    assert office.letters() == [*ACKNOWLEDGED, "reminder_questions 2"]

    office.passes(day("2026-03-20 17:00"))
    assert office.letters() == [*ACKNOWLEDGED, "reminder_questions 2", "reminder_questions 3"]


def test_a_clock_that_jumps_back_sends_nothing_again(office: Office) -> None:
    asked(office)
    office.passes(day("2026-03-10 12:00"))
    before = list(office.letters())

    for back in (timedelta(hours=1), timedelta(days=1), timedelta(days=5)):
        office.clock.now -= back
        office.tick()
        office.passes(office.clock() + back)

    assert office.letters() == before


def test_one_address_has_one_letter_a_day_over_all_its_cases(office: Office) -> None:
    for number in range(3):
        office.hears(f"{REQUEST}\n\nThis is matter number {'one two three'.split()[number]}.")
        office.tick()
    office.passes(day("2026-04-01 12:00"))

    days = [at.astimezone(BOISE).date() for at, name in office.letters_at() if name.startswith("reminder")]
    assert len(days) == 9
    assert len(set(days)) == 9


def test_an_acute_case_is_reminded_of_on_the_day_of_its_acknowledgement(office: Office) -> None:
    office.clock.now = day("2026-03-03 08:00")
    office.hears(f"There is unrest in our streets tonight and we need help immediately.\n\n{REQUEST}")
    office.passes(day("2026-03-03 16:00"))

    assert office.case().decision.is_acute
    assert office.letters() == [*ACKNOWLEDGED, "reminder_questions 1"]


def test_after_five_letters_without_a_word_only_staff_are_told(office: Office) -> None:
    asked(office)
    for _ in range(4):
        office.passes(office.clock() + timedelta(days=16))
        office.acts(Verb.ASK, text="May we ask again?")
        office.tick()
    office.passes(office.clock() + timedelta(days=60))

    assert sum(name.startswith("reminder") for name in office.letters()) == 5


def test_a_case_on_hold_is_left_alone_until_it_is_resumed(office: Office) -> None:
    asked(office)
    office.acts(Verb.HOLD_FOLLOWUPS, reason="They asked for time.")
    office.passes(day("2026-03-20 12:00"))
    assert office.letters() == ACKNOWLEDGED

    office.acts(Verb.RESUME_FOLLOWUPS)
    office.passes(day("2026-03-25 12:00"))
    assert office.letters() == [*ACKNOWLEDGED, "reminder_questions 1"]


def test_a_hold_without_end_is_not_forgotten(office: Office) -> None:
    asked(office)
    office.acts(Verb.HOLD_FOLLOWUPS, reason="They asked for time.")
    office.passes(day("2026-05-10 12:00"))

    assert "on hold for 60 days" in office.notices()[-1].text


def test_where_a_letter_did_not_arrive_no_other_follows_by_itself(office: Office) -> None:
    asked(office)
    case = office.case()
    office.acts(Verb.CLAIM)
    office.tick()
    kept = office.store.keep([Arrival(Channel.EMAIL, "bounce", b"bounce", office.clock())])
    assert kept
    taken = office.store.take_up(office.clock())
    assert taken is not None
    bounced = Change(about=case.number, entries=(Entry("letter failed", "mailer-daemon"),))
    office.clock.pass_(timedelta(minutes=5))
    office.store.save(taken, bounced, office.clock())

    office.passes(day("2026-04-01 12:00"))

    assert office.letters() == ACKNOWLEDGED


def test_a_closed_case_is_followed_up_no_more(office: Office) -> None:
    asked(office)
    office.acts(Verb.CLOSE, reason="They withdrew by telephone.")
    office.passes(day("2026-12-01 12:00"))

    assert not any(name.startswith("reminder") for name in office.letters())


def test_the_times_for_a_call_are_asked_about_again_and_the_call_is_reminded_of(office: Office) -> None:
    office.hears(f"{REQUEST}\nThere is no investigation, and no lawsuit of any kind.")
    office.tick()
    office.acts(Verb.CLAIM)
    office.acts(
        Verb.PROPOSE_CALL, slots="2026-03-10T14:00-06:00, 2026-03-12T11:00-06:00", where="800-421-6770"
    )
    office.passes(day("2026-03-04 12:00"))
    assert office.letters()[-2:] == ["call_proposal", "call_proposal"]
    again = next(each.what for _, each in reversed(office.world.sent) if isinstance(each.what, Letter))
    assert "still fine" in str(again.fields["words"])
    assert again.fields["slots"] == [
        "Tuesday, March 10, 2026 at 2:00 pm MDT",
        "Thursday, March 12, 2026 at 11:00 am MDT",
    ]

    office.hears("The second one works for us.", case=office.case().number)
    office.passes(day("2026-03-17 12:00"))

    assert [name for name in office.letters() if name.startswith("call")][2:] == ["call_set", "call_reminder"]
    at = next(at for at, name in office.letters_at() if name == "call_reminder")
    assert at.astimezone(BOISE).date().isoformat() == "2026-03-11"
    assert "How did the call go?" in office.calls()[-1][1]


def test_the_record_tells_what_was_sent_by_itself_apart_from_what_staff_were_told(office: Office) -> None:
    asked(office)
    office.passes(day("2026-03-05 12:00"))
    lines = office.store.record_of(office.case().number)

    (sent,) = [line["detail"] for line in lines if line["what"] == "followed up"]
    assert sent == {"purpose": "missing_facts", "step": 1, "letter": "reminder_questions"}
    assert {line["detail"]["to"] for line in lines if line["what"] == "staff reminded"} == {"queue", "lead"}


def test_while_the_brake_is_pulled_nobody_is_written_to_and_nothing_is_lost(office: Office) -> None:
    asked(office)
    brake.pull(office.store, "Jordan Lee", "The mail server misbehaves", office.clock())
    office.hears(f"{REQUEST}\nAnother matter altogether: training for our dispatchers.")
    office.passes(day("2026-03-06 12:00"))
    assert office.letters() == ACKNOWLEDGED
    assert [each.title for each in office.notices()] == ["Paused: nothing goes out by itself"]

    brake.release(office.store, "Jordan Lee", office.clock())
    office.passes(day("2026-03-06 16:00"))
    assert "acknowledgement" in office.letters()[1:]


def test_a_follow_up_that_breaks_the_code_is_shown_and_does_not_stop_the_next(
    office: Office, rules: Rulebook
) -> None:
    asked(office)
    office.hears(
        f"{REQUEST}\nAnother matter: training for dispatchers.", Person("Ann Fox", "afox@elm.example.gov")
    )
    office.tick()
    spoilt = {**rules.ladders.of}
    del spoilt[next(each for each in spoilt if each == "unassigned")]
    office.desk = replace(office.desk, rules=replace(rules, ladders=replace(rules.ladders, of=spoilt)))

    office.passes(day("2026-03-05 12:00"))

    assert sum("could not be done" in each.title for each in office.notices()) == 4
    assert sum(name.startswith("reminder") for name in office.letters()) == 2


def test_who_is_written_to_is_the_one_who_was_heard_last(office: Office) -> None:
    asked(office)
    assert office.world.sent[-1][1]
    office.passes(day("2026-03-05 12:00"))
    letters = [each.what for _, each in office.world.sent if each.key.startswith("reminder_questions")]

    assert [letter.to.address for letter in letters] == [CHIEF.address]  # type: ignore[union-attr]  # a letter, by its key
