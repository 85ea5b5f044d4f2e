"""What a case waits for, and when it is followed up: by the moment it counts from, in the agency's own hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crbot import config
from crbot.cases.absence import Absence
from crbot.cases.case import Case, Conversation, Pause, Plan, PlanAnswer, PlanVersion, Stage
from crbot.cases.followups import TOUCHES, FollowUp, dated, letter_for, plan_for
from crbot.cases.ladders import Purpose, parse_ladders
from crbot.cases.letters import Letter, LetterName
from crbot.cases.meetings import Call, CallState
from crbot.cases.respond import Change, Entry
from crbot.intake.ports import Verb
from crbot.triage.approval import Reading
from crbot.triage.decision import Decision, Disposition, Kind, Queue, Reason, RulesVersion
from crbot.triage.facts import Facts, Statement
from crbot.triage.message import Channel, Person

LADDERS, HOURS = parse_ladders(config.read_texts(config.rules_folder(None), ".yaml"))
NEW_YORK = ZoneInfo("America/New_York")
OPENED = datetime(2026, 3, 2, 10, 0, tzinfo=NEW_YORK)  # a Monday
CHIEF = Person("Tom Akers", "takers@pine-falls.example.gov")
JITTER = timedelta(minutes=20)


def day(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def decision(**facts: str) -> Decision:
    known = {fact: Statement(fact, (value,)) for fact, value in facts.items()}
    return Decision(
        Kind.REQUEST,
        Reason("asks for help"),
        RulesVersion("1", "0" * 64),
        Disposition.NEEDS_INFORMATION,
        Queue.CRI_TAC,
        facts=Facts(known),
    )


def case(asked: tuple[str, ...] = ("litigation",), *, acute: bool = False, **more: object) -> Case:
    """A case of New York in which a question is open."""
    where = Conversation(Channel.EMAIL, "takers@pine-falls.example.gov", "<1@pine-falls.example.gov>")
    urgency = "acute" if acute else "routine"
    plain = Case(
        number="CRI-2026-0001",
        revision=1,
        stage=Stage.RECEIVED,
        requester=CHIEF,
        conversation=where,
        decision=decision(agency_state="NY", urgency=urgency),
        opened_at=OPENED,
        queue=Queue.CRI_TAC,
        asked=asked,
        asked_at=OPENED if asked else None,
        last_heard_at=OPENED,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields are checked by the class


def plan(of: Case, purpose: Purpose | None = None) -> list[FollowUp]:
    return [each for each in plan_for(of, LADDERS, HOURS) if purpose in (None, each.purpose)]


def due(of: Case, purpose: Purpose) -> list[datetime]:
    return [each.due_at for each in plan(of, purpose)]


def waits_for(of: Case) -> set[Purpose]:
    return {each.purpose for each in plan(of)}


def sent_plan(answer: PlanAnswer | None = None) -> Plan:
    return Plan((PlanVersion("training", "", "", "", "", "U1", OPENED),), sent=1, answer=answer)


def call(state: CallState, chosen: datetime | None = None) -> Call:
    slots = (day("2026-03-12 14:00"), day("2026-03-13 10:00"))
    return Call(1, "call-1@desk.example", 0, slots, 30, "800-421-6770", "America/New_York", state, chosen)


HOUR = timedelta(hours=1)
CLAIMED = {"owner": "U1", "owned_at": OPENED + HOUR}
IN_TOUCH = {**CLAIMED, "contacted_at": OPENED + 2 * HOUR}
ANSWER = PlanAnswer(Reading.APPROVAL, "approved", CHIEF.key, OPENED + 3 * HOUR)


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        (case(), {Purpose.MISSING_FACTS, Purpose.UNASSIGNED}),
        (case(acute=True), {Purpose.MISSING_FACTS_ACUTE, Purpose.UNASSIGNED_ACUTE}),
        (case(**CLAIMED), {Purpose.MISSING_FACTS}),
        (case((), **CLAIMED), {Purpose.ANSWER_OWED}),
        (case((), **IN_TOUCH), {Purpose.SILENCE}),
        (case(**CLAIMED, last_heard_at=OPENED + HOUR), {Purpose.ANSWER_OWED}),  # it wrote, and answered nothing
        (case(**CLAIMED, decision=decision(litigation="none")), {Purpose.ANSWER_OWED}),
        (case(**CLAIMED, decision=decision(withdrawn="yes")), {Purpose.ANSWER_OWED}),
        (case(**CLAIMED, stage=Stage.WORK_PLAN), {Purpose.ANSWER_OWED}),
        (case((), **IN_TOUCH, call=call(CallState.PROPOSED)), {Purpose.CALL_TIMES}),
        (case((), **IN_TOUCH, call=call(CallState.SET, day("2026-03-12 14:00"))), {Purpose.AGREED_CALL}),
        (case((), **IN_TOUCH, call=call(CallState.CANCELLED)), {Purpose.SILENCE}),
        (case((), **IN_TOUCH, stage=Stage.AGENCY_REVIEW, plan=sent_plan()), {Purpose.WORK_PLAN_REVIEW}),
        (
            case(
                (),
                **IN_TOUCH | {"last_heard_at": OPENED + 3 * HOUR},
                stage=Stage.AGENCY_REVIEW,
                plan=sent_plan(ANSWER),
            ),
            {Purpose.ANSWER_OWED},
        ),
        (case((), **IN_TOUCH, stage=Stage.DELIVERY), {Purpose.CHECK_IN}),
        (case(stage=Stage.CLOSED), set()),
        (case(stage=Stage.DECLINED), set()),
        (case(stage=Stage.WITHDRAWN), set()),
        (case(stage=Stage.DORMANT), {Purpose.DORMANT}),
        (case(stage=Stage.CLOSED, merged_into="CRI-2026-0002"), set()),
        (case(pause=Pause("U1", "on leave", OPENED)), {Purpose.ON_HOLD}),
    ],
)  # fmt: skip
def test_each_case_waits_for_what_its_state_tells(of: Case, wanted: set[Purpose]) -> None:
    assert waits_for(of) == wanted


def test_a_live_case_always_waits_for_something_that_ends_with_a_person() -> None:
    for stage in Stage:
        for owner in (None, "U1"):
            for contacted_at in (None, OPENED + HOUR):
                of = case((), stage=stage, owner=owner, contacted_at=contacted_at, plan=sent_plan())
                if not stage.is_ended:
                    assert any(not each.is_letter for each in plan(of)), of


def test_questions_are_reminded_of_on_the_second_fifth_and_tenth_business_day() -> None:
    days = [each.astimezone(NEW_YORK).date().isoformat() for each in due(case(), Purpose.MISSING_FACTS)]

    assert days == ["2026-03-04", "2026-03-09", "2026-03-16", "2026-03-23", "2026-05-01"]


def test_letters_of_one_morning_do_not_all_leave_in_one_minute_and_each_keeps_its_own() -> None:
    firsts = [due(case(number=f"CRI-2026-{n:04d}"), Purpose.MISSING_FACTS)[0] for n in range(1, 200)]
    latest = max(firsts) - min(firsts)

    assert timedelta(minutes=15) < latest <= JITTER
    assert due(case(), Purpose.MISSING_FACTS) == due(case(), Purpose.MISSING_FACTS)


@pytest.mark.parametrize(
    ("state", "zone"), [("NY", "America/New_York"), ("CA", "America/Los_Angeles"), ("GU", "Pacific/Guam")]
)
def test_a_letter_is_due_in_the_hours_of_the_agencys_state(state: str, zone: str) -> None:
    of = case(asked_at=day("2026-03-06 20:00", zone), last_heard_at=day("2026-03-06 20:00", zone))
    of = replace(of, decision=decision(agency_state=state))

    first = due(of, Purpose.MISSING_FACTS)[0].astimezone(ZoneInfo(zone))

    assert first.date().isoformat() == "2026-03-11"  # Friday night counts as Monday morning
    assert first.hour == 9


def test_the_zone_that_staff_set_counts_before_the_state() -> None:
    first = due(case(zone="America/Denver"), Purpose.MISSING_FACTS)[0]

    assert first.astimezone(ZoneInfo("America/Denver")).hour == 9


def test_staff_are_told_of_an_acute_case_at_any_hour_and_of_another_in_theirs() -> None:
    night = day("2026-03-07 23:00")  # a Saturday
    acute, routine = (case((), acute=acute, opened_at=night, last_heard_at=night) for acute in (True, False))

    assert due(acute, Purpose.UNASSIGNED_ACUTE) == [
        night + timedelta(minutes=30),
        night + timedelta(hours=1),
    ]
    assert due(routine, Purpose.UNASSIGNED)[0] == day("2026-03-09 13:00")


def test_no_agency_is_written_to_at_night_however_acute_it_is() -> None:
    evening = day("2026-03-06 16:00")
    of = case(acute=True, asked_at=evening, last_heard_at=evening, opened_at=evening)

    first = plan(of, Purpose.MISSING_FACTS_ACUTE)[0]

    assert first.is_letter
    assert day("2026-03-09 12:30") <= first.due_at <= day("2026-03-09 12:30") + JITTER


def test_a_word_of_staff_begins_the_wait_anew_and_is_about_the_same_questions() -> None:
    before, after = plan(case())[0], plan(case(contacted_at=day("2026-03-05 10:00")))[0]

    assert before.due_at.date().isoformat() == "2026-03-04"
    assert after.due_at.date().isoformat() == "2026-03-09"
    assert after.event != before.event
    assert after.subject == before.subject


def test_a_claim_does_not_begin_the_agencys_wait_anew() -> None:
    assert due(case(**CLAIMED), Purpose.MISSING_FACTS) == due(case(), Purpose.MISSING_FACTS)


def test_who_claims_late_is_given_time_to_answer() -> None:
    late = case((), owner="U1", owned_at=day("2026-03-09 10:00"))

    assert min(due(late, Purpose.ANSWER_OWED)) > day("2026-03-10 10:00")


def test_a_call_is_reminded_of_on_the_business_day_before() -> None:
    monday = case((), **IN_TOUCH, call=call(CallState.SET, day("2026-03-16 14:00")))

    reminder, asked_after, lead = due(monday, Purpose.AGREED_CALL)

    assert day("2026-03-13 09:00") <= reminder <= day("2026-03-13 09:00") + JITTER
    assert asked_after == day("2026-03-16 14:30")
    assert lead == day("2026-03-18 14:00")


def test_a_call_that_is_set_for_the_next_day_is_not_reminded_of() -> None:
    set_late = {**CLAIMED, "contacted_at": day("2026-03-11 15:00")}
    of = case((), **set_late, call=call(CallState.SET, day("2026-03-12 14:00")))

    assert not any(each.is_letter for each in plan(of))


def test_a_call_that_is_moved_is_reminded_of_again() -> None:
    first = call(CallState.SET, day("2026-03-12 14:00"))
    moved = replace(first, sequence=1, chosen=day("2026-03-19 14:00"))
    events = {plan(case((), **IN_TOUCH, call=each))[0].event for each in (first, moved)}

    assert len(events) == 2


def test_nothing_waits_for_a_call_of_which_a_note_was_made() -> None:
    noted = {**CLAIMED, "contacted_at": day("2026-03-12 15:00")}
    of = case((), **noted, call=call(CallState.SET, day("2026-03-12 14:00")))

    assert waits_for(of) == {Purpose.SILENCE}


def test_what_is_on_hold_until_a_day_begins_anew_on_it() -> None:
    held = case(pause=Pause("U1", "they asked for time", OPENED, day("2026-04-01 00:00")))
    days = [each.astimezone(NEW_YORK).date().isoformat() for each in due(held, Purpose.MISSING_FACTS)[:2]]

    assert days == ["2026-04-03", "2026-04-08"]


def away(until: str, told_at: datetime = OPENED) -> Absence:
    return Absence(told_at, day(f"{until} 00:00"))


def test_who_is_away_is_reminded_on_the_business_day_after_the_return_and_later_steps_keep_their_distance() -> (
    None
):
    usual = due(case(), Purpose.MISSING_FACTS)
    late = due(case(absence=away("2026-03-20")), Purpose.MISSING_FACTS)
    days = [each.astimezone(NEW_YORK).date().isoformat() for each in late]

    assert days[0] == "2026-03-23"  # a Monday: back on Friday
    assert all(b - late[0] >= a - usual[0] for a, b in zip(usual, late, strict=True))
    assert all(HOURS.is_open(each, HOURS.zones_of("NY")) for each in late[:3])


def test_what_was_due_before_the_absence_was_told_stays_where_it_was() -> None:
    usual = due(case(), Purpose.MISSING_FACTS)
    told_at = usual[0] + timedelta(minutes=1)
    late = due(case(absence=away("2026-03-20", told_at)), Purpose.MISSING_FACTS)

    assert late[0] == usual[0]
    assert late[1].astimezone(NEW_YORK).date().isoformat() == "2026-03-23"


def test_an_absence_that_ends_before_the_step_moves_nothing() -> None:
    assert plan(case(absence=away("2026-03-03"))) == plan(case())


def test_in_an_acute_case_and_for_a_call_that_is_set_nobody_waits_for_who_is_away() -> None:
    acute = case(acute=True)
    of = case((), **IN_TOUCH, call=call(CallState.SET, day("2026-03-12 14:00")))

    for each in (acute, of):
        assert plan(replace(each, absence=away("2026-03-20"))) == plan(each)


def test_a_call_within_a_hold_is_not_reminded_of() -> None:
    pause = Pause("U1", "they asked for time", OPENED, day("2026-04-01 00:00"))
    of = case((), **IN_TOUCH, call=call(CallState.SET, day("2026-03-12 14:00")), pause=pause)

    assert plan(of) == []


def test_without_an_address_staff_alone_are_told() -> None:
    assert not any(each.is_letter for each in plan(case(conversation=Conversation(Channel.EMAIL, ""))))


def test_the_same_case_gives_the_same_plan() -> None:
    assert plan(case()) == plan(case())


@example(opened=datetime(2026, 1, 1, tzinfo=UTC), state="-", acute=True, stage=Stage.RECEIVED, number=1)
@given(
    opened=st.integers(0, 3 * 365 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)),
    state=st.sampled_from(sorted(HOURS.by_state)),
    acute=st.booleans(),
    stage=st.sampled_from((Stage.RECEIVED, Stage.AGENCY_REVIEW, Stage.DELIVERY)),
    number=st.integers(1, 9999),
)  # fmt: skip
def test_every_letter_is_due_in_business_hours_and_every_ladder_climbs(
    opened: datetime, state: str, acute: bool, stage: Stage, number: int
) -> None:
    urgency = "acute" if acute else "routine"
    of = case(
        number=f"CRI-2026-{number:04d}",
        stage=stage,
        opened_at=opened,
        asked_at=opened,
        last_heard_at=opened,
        contacted_at=opened,
        plan=sent_plan(),
        decision=decision(agency_state=state, urgency=urgency),
    )
    zones = HOURS.zones_of(state)
    follow_ups = plan(of)

    for purpose in Purpose:
        moments = [each.due_at for each in follow_ups if each.purpose is purpose and each.is_letter]
        assert moments == sorted(set(moments))
    assert follow_ups
    assert all(HOURS.is_open(each.due_at, zones) for each in follow_ups if each.is_letter)
    assert all(each.due_at >= opened for each in follow_ups)


# What waits count from


@pytest.mark.parametrize(
    ("name", "fields", "is_asked"),
    [
        (LetterName.ACKNOWLEDGEMENT, {"questions": ["Is there a lawsuit?"]}, True),
        (LetterName.ACKNOWLEDGEMENT, {"questions": []}, False),
        (LetterName.ANSWERS_NOTED, {"questions": ["Is there a lawsuit?"]}, True),
        (LetterName.AUTHORISATION_REQUEST, {}, True),
        (LetterName.REMINDER_QUESTIONS, {"questions": ["Is there a lawsuit?"]}, False),
        (LetterName.MESSAGE, {}, False),
    ],
)
def test_questions_count_as_asked_when_a_letter_first_puts_them(
    name: LetterName, fields: dict[str, object], is_asked: bool
) -> None:
    now = OPENED + timedelta(days=3)
    change = Change(case(), letters=(Letter(name, case().conversation, "CRI-2026-0001", fields),))

    changed = dated(change, now).case

    assert changed is not None
    assert (changed.asked_at == now) is is_asked


def test_deeds_of_staff_that_reach_the_agency_and_claims_are_dated() -> None:
    now = OPENED + timedelta(days=3)
    noted = dated(Change(case(), entries=(Entry("note", "U1"),)), now).case
    claimed = dated(Change(case(), entries=(Entry("claim", "U1"),)), now).case

    assert noted is not None
    assert claimed is not None
    assert (noted.contacted_at, noted.owned_at) == (now, None)
    assert (claimed.contacted_at, claimed.owned_at) == (None, now)


def test_every_deed_that_is_dated_is_one_of_staffs() -> None:
    assert {verb.value for verb in Verb} >= TOUCHES


def test_a_reminder_tells_what_is_still_open_and_which_one_it_is() -> None:
    of = case(("investigation", "litigation"), decision=decision(agency_state="NY", investigation="none"))
    second = plan(of, Purpose.MISSING_FACTS)[1]

    letter = letter_for(of, second, LADDERS, str.upper)

    assert letter.name is LetterName.REMINDER_QUESTIONS
    assert letter.fields["questions"] == ["LITIGATION"]
    assert letter.fields["step"] == 2
