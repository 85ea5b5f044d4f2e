"""What staff do to a case: who is first, who must be asked, and what a person alone may send."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crbot import wiring
from crbot.cases.case import (
    ENDED,
    Case,
    Conversation,
    Draft,
    Pause,
    Plan,
    PlanVersion,
    Site,
    Stage,
    Status,
)
from crbot.cases.letters import NEEDS_RELEASE, LetterName, Release
from crbot.cases.respond import Change
from crbot.cases.rulebook import Rulebook, parse_rules
from crbot.cases.stages import FILE
from crbot.config import read_texts, rules_folder
from crbot.intake.acting import Deed
from crbot.intake.declining import letter_of
from crbot.intake.ports import StaffAction, Verb
from crbot.intake.staff import act
from crbot.triage.decision import (
    Decision,
    Disposition,
    Finding,
    Kind,
    Outcome,
    Question,
    Queue,
    Reason,
    RulesVersion,
)
from crbot.triage.message import Channel, Person

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
REFUSED = Finding(
    "agency_type", "A police agency", Outcome.FAIL, Reason("Agencies of this kind can't request."), ()
)
INELIGIBLE = Decision(
    Kind.REQUEST,
    Reason(""),
    RulesVersion("1", "0"),
    Disposition.INELIGIBLE,
    Queue.CRI_TAC,
    findings=(REFUSED,),
)
CASE = Case(
    "CRI-2026-0001",
    3,
    Stage.RECEIVED,
    Person("Rob Tanner", "rob@guard.example"),
    Conversation(Channel.EMAIL, "rob@guard.example"),
    INELIGIBLE,
    NOW,
    Queue.CRI_TAC,
    draft=Draft(("agency_type",), by="crbot"),
)


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return wiring.load_rules()


def done(rules: Rulebook, verb: Verb, case: Case = CASE, by: str = "U0LEE", **more: object) -> Change:
    other = more.pop("other", None)
    action = StaffAction(verb, case.number, by, seen_in="C0TAC", **more)  # type: ignore[arg-type]
    return act(case, Deed(action, rules, NOW, other))  # type: ignore[arg-type]


def refusal(change: Change) -> str:
    """What the person was told in place of the change."""
    assert change.case is None
    assert change.letters == ()
    (whisper,) = change.whispers
    return whisper.text


def test_the_first_to_claim_has_the_case(rules: Rulebook) -> None:
    change = done(rules, Verb.CLAIM, revision=3)

    assert change.case is not None
    assert (change.case.owner, change.case.revision) == ("U0LEE", 4)
    assert change.redraws_card


def test_the_second_to_claim_is_told_who_was_faster(rules: Rulebook) -> None:
    assert "<@U0ORTIZ> was faster" in refusal(
        done(rules, Verb.CLAIM, replace(CASE, owner="U0ORTIZ"), revision=3)
    )
    assert "<@U0ORTIZ> was faster" in refusal(
        done(rules, Verb.CLAIM, replace(CASE, owner="U0ORTIZ"), revision=2)
    )


def test_a_card_that_has_changed_since_changes_nothing(rules: Rulebook) -> None:
    assert "has changed since you saw it" in refusal(done(rules, Verb.CLOSE, revision=2))


def test_a_case_that_is_not_there_is_named(rules: Rulebook) -> None:
    change = act(None, Deed(StaffAction(Verb.CLAIM, "CRI-2026-9999", "U0LEE", seen_in="C0TAC"), rules, NOW))

    assert "no case CRI-2026-9999" in refusal(change)


def test_moving_a_case_needs_a_reason_and_gives_it_back(rules: Rulebook) -> None:
    moving = {"values": {"queue": "critical_response"}}
    assert "needs a reason" in refusal(done(rules, Verb.REROUTE, **moving))

    change = done(
        rules, Verb.REROUTE, replace(CASE, owner="U0LEE"), reason="It follows an incident", **moving
    )

    assert change.case is not None
    assert (change.case.queue, change.case.owner) == (Queue.CRITICAL_RESPONSE, None)
    assert "It follows an incident" in change.log


def test_a_case_cannot_be_moved_to_nowhere(rules: Rulebook) -> None:
    assert "is no queue" in refusal(done(rules, Verb.REROUTE, reason="x", values={"queue": "elsewhere"}))


def test_a_closed_case_can_be_reopened_and_not_closed_again(rules: Rulebook) -> None:
    closed = done(rules, Verb.CLOSE, reason="Settled by phone").case
    assert closed is not None
    assert closed.stage is Stage.CLOSED
    assert "cannot become closed" in refusal(done(rules, Verb.CLOSE, closed))

    reopened = done(rules, Verb.REOPEN, closed).case

    assert reopened is not None
    assert reopened.stage is Stage.RECEIVED


def test_a_decline_that_the_rules_drafted_is_sent_when_a_person_releases_it(rules: Rulebook) -> None:
    change = done(rules, Verb.SEND_DECLINE)

    (letter,) = change.letters
    assert letter.name is LetterName.DECLINE
    assert letter.release == Release(by="U0LEE", drafted_by="crbot")
    assert letter.fields["grounds"] == ["Agencies of this kind can't request."]
    assert change.case is not None
    assert change.case.stage is Stage.DECLINED


def test_who_drafted_a_decline_cannot_release_it(rules: Rulebook) -> None:
    drafted = done(rules, Verb.DRAFT_DECLINE).case
    assert drafted is not None

    assert "another person must" in refusal(done(rules, Verb.SEND_DECLINE, drafted))
    assert done(rules, Verb.SEND_DECLINE, drafted, by="U0ORTIZ").letters != ()


def test_a_dropped_draft_leaves_the_case_open(rules: Rulebook) -> None:
    kept = done(rules, Verb.KEEP_OPEN).case

    assert kept is not None
    assert (kept.draft, kept.stage) == (None, Stage.RECEIVED)
    assert "No decline is drafted" in refusal(done(rules, Verb.SEND_DECLINE, kept))


def test_a_case_that_is_given_back_belongs_to_nobody(rules: Rulebook) -> None:
    assert "Nobody has claimed" in refusal(done(rules, Verb.RELEASE))

    given_back = done(rules, Verb.RELEASE, replace(CASE, owner="U0LEE")).case

    assert given_back is not None
    assert given_back.owner is None


# --- what the agency is asked and told ------------------------------------------------------------------------------

OPEN = replace(
    CASE,
    draft=None,
    decision=replace(
        INELIGIBLE,
        disposition=Disposition.NEEDS_INFORMATION,
        questions=(
            Question("investigation", "Is an investigation open?"),
            Question("litigation", "A lawsuit?"),
        ),
    ),
)


def test_everything_that_is_open_is_asked_unless_some_of_it_is_chosen(rules: Rulebook) -> None:
    change = done(rules, Verb.ASK, OPEN, values={"text": "Thank you for the call.\n\nTwo things:"})

    (letter,) = change.letters
    assert letter.name is LetterName.QUESTIONS
    assert letter.fields["questions"] == [
        rules.policy.question(fact) for fact in ("investigation", "litigation")
    ]
    assert letter.fields["words"] == ["Thank you for the call.", "Two things:"]
    assert change.case is not None
    assert change.case.asked == ("investigation", "litigation")

    chosen = done(rules, Verb.ASK, OPEN, values={"facts": "litigation"}).case
    assert chosen is not None
    assert chosen.asked == ("litigation",)


def test_whether_the_head_agrees_is_asked_in_a_letter_of_its_own(rules: Rulebook) -> None:
    (letter,) = done(rules, Verb.ASK, OPEN, values={"facts": "requester_authority"}).letters

    assert letter.name is LetterName.AUTHORISATION_REQUEST


@pytest.mark.parametrize(
    ("verb", "values", "expected"),
    [
        (Verb.ASK, {"facts": "investigatoin"}, "can't be asked; did you mean 'investigation'?"),
        (Verb.ASK, {"facts": "topics"}, "can't be asked"),
        (Verb.WRITE, {}, "needs words"),
        (Verb.NOTE, {"text": "  "}, "needs words"),
        (Verb.CORRECT, {"fact": "litigatoin", "value": "none"}, "is no fact; did you mean 'litigation'?"),
        (Verb.CORRECT, {"fact": "litigation", "value": "nothing"}, "is no value of Lawsuit"),
        (Verb.CORRECT, {"fact": "litigation", "value": "none, active"}, "takes one value"),
        (Verb.DISPUTE, {"fact": "litigation", "text": "never said"}, "no evidence of Lawsuit"),
        (Verb.ADVANCE, {"stage": "done"}, "is no stage"),
        (Verb.ADVANCE, {"stage": "declined"}, "drafted by one person and released by another"),
        (Verb.ADVANCE, {"stage": "delivery"}, "cannot become delivery. What can follow: scoping, "),
        (Verb.DRAFT_DECLINE, {"grounds": "litigation"}, "is no rule"),
        (Verb.DUPLICATE, {"of": "CRI-2026-0009"}, "There is no case CRI-2026-0009"),
        (Verb.DUPLICATE, {}, "Name the case"),
        (Verb.SEND_PLAN, {}, "no work plan yet"),
        (Verb.SAVE_PLAN, {"assistance": "Training"}, "written in the stage 'Work plan'"),
        (Verb.CONFIRM_PLAN, {"text": "yes"}, "is not with the agency"),
        (Verb.HOLD_FOLLOWUPS, {"until": "next week"}, "is no day; write it like"),
        (Verb.HOLD_FOLLOWUPS, {"until": "2026-01-01"}, "has passed"),
        (Verb.RESUME_FOLLOWUPS, {}, "are not held"),
        (Verb.PUBLISH_SITE, {}, "once work with its agency has begun"),
        (Verb.HIDE_SITE, {}, "is not in the public list"),
        (Verb.KEEP_OPEN, {}, "Nothing is drafted"),
    ],
)
def test_what_cant_be_done_is_refused_in_words(
    verb: Verb, values: dict[str, str], expected: str, rules: Rulebook
) -> None:
    assert expected in refusal(done(rules, verb, OPEN, values=values, reason="because"))


@pytest.mark.parametrize("verb", [Verb.REROUTE, Verb.CORRECT, Verb.DISPUTE, Verb.HOLD_FOLLOWUPS])
def test_what_overrules_somebody_needs_a_reason(verb: Verb, rules: Rulebook) -> None:
    values = {"queue": "cri_tac", "fact": "litigation", "value": "none", "text": "x"}

    assert "needs a reason" in refusal(done(rules, verb, OPEN, values=values))


def test_a_letter_in_own_words_bears_the_name_of_who_wrote_it(rules: Rulebook) -> None:
    by_slack = done(rules, Verb.WRITE, values={"text": "Hello"}, by_name="Jordan Lee").letters
    by_terminal = done(rules, Verb.WRITE, values={"text": "Hello"}, by="Sam Ortiz").letters
    unnamed = done(rules, Verb.WRITE, values={"text": "Hello"}).letters

    assert [letter.fields["by"] for letter in (*by_slack, *by_terminal, *unnamed)] == [
        "Jordan Lee",
        "Sam Ortiz",
        "",
    ]


@pytest.mark.parametrize("verb", [Verb.ASK, Verb.WRITE, Verb.SEND_DECLINE])
def test_without_an_address_nothing_can_be_written(verb: Verb, rules: Rulebook) -> None:
    nowhere = replace(CASE, conversation=Conversation(Channel.EMAIL, ""))

    assert "no address to write to" in refusal(
        done(rules, verb, nowhere, values={"text": "Hello", "facts": "litigation"})
    )


def test_the_loser_of_a_race_is_told_by_whom_and_when(rules: Rulebook) -> None:
    noted = done(rules, Verb.NOTE, by="U0ORTIZ", values={"text": "Called them"}).case
    assert noted is not None

    told = refusal(done(rules, Verb.CLOSE, noted, revision=3))

    assert "changed since you saw it (<@U0ORTIZ> at 15:00 UTC)" in told


# --- declines -------------------------------------------------------------------------------------------------------


def test_a_draft_may_be_edited_and_who_edited_it_last_cannot_release_it(rules: Rulebook) -> None:
    drafted = done(rules, Verb.DRAFT_DECLINE, by="U0LEE").case
    assert drafted is not None
    edited = done(
        rules,
        Verb.DRAFT_DECLINE,
        drafted,
        by="U0ORTIZ",
        values={"text": "We are sorry.", "instead": "Ask the state."},
    ).case
    assert edited is not None

    assert "another person must" in refusal(done(rules, Verb.SEND_DECLINE, edited, by="U0ORTIZ"))
    (letter,) = done(rules, Verb.SEND_DECLINE, edited, by="U0LEE").letters
    assert letter.release == Release(by="U0LEE", drafted_by="U0ORTIZ")
    assert (letter.fields["words"], letter.fields["grounds"]) == (["We are sorry."], [])
    assert letter.fields["alternatives"] == ["Ask the state."]


@pytest.mark.parametrize("rule", [rule.name for rule in wiring.load_rules().policy.rules])
def test_a_decline_tells_for_each_ground_what_the_agency_can_do_instead(rule: str, rules: Rulebook) -> None:
    finding = Finding(rule, "", Outcome.FAIL, Reason("Because."), ())
    case = replace(CASE, decision=replace(INELIGIBLE, findings=(finding,)), draft=Draft((rule,), "crbot"))

    (letter,) = done(rules, Verb.SEND_DECLINE, case).letters

    assert letter.fields["grounds"] == ["Because."]
    assert letter.fields["alternatives"] != []


def test_words_of_a_draft_that_are_left_out_stay_and_those_that_are_emptied_are_gone(rules: Rulebook) -> None:
    drafted = replace(CASE, draft=Draft(("agency_type",), "U0ORTIZ", "Our words.", "Ask again in May."))
    changed = done(rules, Verb.DRAFT_DECLINE, drafted, values={"text": ""}).case

    assert changed is not None
    assert changed.draft == Draft(("agency_type",), "U0LEE", "", "Ask again in May.")


def test_the_letter_that_is_read_before_the_release_is_the_one_that_goes_out(rules: Rulebook) -> None:
    change = done(rules, Verb.SEND_DECLINE, CASE)

    assert CASE.draft is not None
    shown = letter_of(CASE, CASE.draft, rules.policy)
    assert [(each.name, each.to, each.case, each.fields) for each in change.letters] == [
        (shown.name, shown.to, shown.case, shown.fields)
    ]


def test_an_office_of_one_may_release_its_own_drafts(rules: Rulebook) -> None:
    files = read_texts(rules_folder(None), ".yaml")
    alone = parse_rules(
        {**files, FILE: files[FILE].replace("second person | draft ", "staff         | draft ")}
    )
    drafted = done(alone, Verb.DRAFT_DECLINE).case
    assert drafted is not None

    (letter,) = done(alone, Verb.SEND_DECLINE, drafted).letters

    assert letter.release == Release(by="U0LEE", drafted_by="U0LEE")


@pytest.mark.parametrize("verb", [each for each in Verb if each is not Verb.SEND_DECLINE])
def test_nothing_but_a_released_decline_sends_an_adverse_letter(verb: Verb, rules: Rulebook) -> None:
    for before, to, disposition in itertools.product(Stage, Stage, Disposition):
        case = replace(PLANNED, stage=before, decision=replace(INELIGIBLE, disposition=disposition))
        change = done(rules, verb, case, reason="x", values={**EVERYTHING, "stage": to.value})
        assert [letter.name for letter in change.letters if letter.name in NEEDS_RELEASE] == []


EVERYTHING = {
    "queue": "cri_tac",
    "facts": "litigation",
    "text": "Words",
    "fact": "litigation",
    "value": "none",
    "assistance": "Training",
    "status": "Ongoing",
    "link": "https://cops.example.gov/report",
}


# --- the work plan ---------------------------------------------------------------------------------------------------

PLAN = Plan((PlanVersion("Training", "", "", "", "", "U0LEE", NOW),), sent=1)
PLANNED = replace(CASE, stage=Stage.AGENCY_REVIEW, plan=PLAN)


def test_nothing_is_delivered_before_the_approval_is_recorded(rules: Rulebook) -> None:
    not_approved = replace(PLANNED, stage=Stage.APPROVED)
    assert "approval of the work plan is not recorded" in refusal(
        done(rules, Verb.ADVANCE, not_approved, values={"stage": "delivery"})
    )

    approved = done(rules, Verb.CONFIRM_PLAN, PLANNED, values={"text": "Approved."})
    assert approved.case is not None
    assert [letter.name for letter in approved.letters] == [LetterName.PLAN_APPROVED]
    delivered = done(rules, Verb.ADVANCE, approved.case, values={"stage": "delivery"}).case

    assert delivered is not None
    assert delivered.stage is Stage.DELIVERY


def test_an_approval_holds_for_what_was_approved_alone(rules: Rulebook) -> None:
    approved = done(rules, Verb.CONFIRM_PLAN, PLANNED, values={"text": "Approved."}).case
    assert approved is not None
    back = done(rules, Verb.ADVANCE, approved, values={"stage": "work_plan"}, reason="The visit moves").case
    assert back is not None
    assert back.plan is not None

    assert not back.plan.is_approved
    changed = done(rules, Verb.SAVE_PLAN, back, values={"milestones": "June"}).case
    assert changed is not None
    assert changed.plan is not None
    assert (changed.plan.newest.assistance, changed.plan.newest.milestones) == ("Training", "June")


def test_what_the_agency_wants_changed_stays_with_the_version_and_asks_for_another(rules: Rulebook) -> None:
    back = done(rules, Verb.RETURN_PLAN, PLANNED, values={"text": "Start in May"}).case
    assert back is not None
    assert back.plan is not None

    assert (back.stage, back.plan.newest.changes) == (Stage.WORK_PLAN, "Start in May")
    assert "write a new version first" in refusal(done(rules, Verb.SEND_PLAN, back))
    again = done(rules, Verb.SAVE_PLAN, back, values={"milestones": "May"}).case
    assert again is not None
    (letter,) = done(rules, Verb.SEND_PLAN, again).letters
    assert (letter.name, letter.fields["version"]) == (LetterName.PLAN_REVIEW, 2)


# --- ends and beginnings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", sorted(ENDED - {Stage.DECLINED}))
@pytest.mark.parametrize("stage", [Stage.RECEIVED, Stage.SCOPING, Stage.WORK_PLAN, Stage.AGENCY_REVIEW])
def test_a_case_is_reopened_where_it_stood(end: Stage, stage: Stage, rules: Rulebook) -> None:
    ended = done(rules, Verb.ADVANCE, replace(PLANNED, stage=stage), values={"stage": end.value}).case
    assert ended is not None
    assert ended.stage is end

    reopened = done(rules, Verb.REOPEN, ended).case

    assert reopened is not None
    assert (reopened.stage, reopened.stood, reopened.outcome) == (stage, None, "")


@pytest.mark.parametrize(
    ("stage", "to", "expected"),
    [
        (Stage.RECEIVED, Stage.CLOSED, []),
        (Stage.DELIVERY, Stage.CLOSED, ["closed"]),
        (Stage.SCOPING, Stage.WITHDRAWN, ["withdrawn"]),
        (Stage.SCOPING, Stage.DORMANT, ["dormant"]),
    ],
)
def test_the_agency_is_told_how_its_request_ends(
    stage: Stage, to: Stage, expected: list[str], rules: Rulebook
) -> None:
    change = done(rules, Verb.ADVANCE, replace(CASE, stage=stage), values={"stage": to.value})

    assert [letter.fields["ending"] for letter in change.letters] == expected


CLAIMING = {
    Verb.ASK: {"text": "One question.", "facts": "litigation"},
    Verb.WRITE: {"text": "Thank you."},
    Verb.PROPOSE_CALL: {},
    Verb.ADVANCE: {"stage": "scoping"},
}
NOT_CLAIMING = {
    Verb.NOTE: {"text": "They called."},
    Verb.HOLD_FOLLOWUPS: {},
    Verb.CLOSE: {},
    Verb.DRAFT_DECLINE: {"text": "We can't help."},
}


@pytest.mark.parametrize("verb", [*CLAIMING, *NOT_CLAIMING])
def test_who_does_something_to_a_case_that_the_agency_hears_of_has_claimed_it(
    rules: Rulebook, verb: Verb
) -> None:
    values = {**CLAIMING, **NOT_CLAIMING}[verb]
    change = done(rules, verb, OPEN, values=values, reason="so it is")

    assert change.case is not None
    assert change.case.owner == ("U0LEE" if verb in CLAIMING else None)
    assert change.log.startswith("Claimed by <@U0LEE>. ") is (verb in CLAIMING)
    assert [entry.what for entry in change.entries] == [verb, "claim"][: 1 + (verb in CLAIMING)]


def test_who_helps_out_in_a_case_of_somebody_else_leaves_it_to_them(rules: Rulebook) -> None:
    change = done(rules, Verb.WRITE, replace(OPEN, owner="U0ORTIZ"), values={"text": "Thank you."})

    assert change.case is not None
    assert change.case.owner == "U0ORTIZ"
    assert len(change.entries) == 1


def test_only_the_owner_may_take_a_step_that_the_rules_leave_to_the_owner(rules: Rulebook) -> None:
    files = read_texts(rules_folder(None), ".yaml")
    row = next(
        line for line in files[FILE].splitlines() if line.startswith("  | received ") and "| scoping " in line
    )
    owned = parse_rules({**files, FILE: files[FILE].replace(row, row.replace("| staff ", "| owner ", 1))})
    values = {"stage": "scoping"}

    assert "claim it first" in refusal(done(owned, Verb.ADVANCE, OPEN, values=values))
    assert "<@U0ORTIZ>" in refusal(done(owned, Verb.ADVANCE, replace(OPEN, owner="U0ORTIZ"), values=values))
    assert done(owned, Verb.ADVANCE, replace(OPEN, owner="U0LEE"), values=values).case is not None


# --- two cases that are one -------------------------------------------------------------------------------------------

OTHER = replace(OPEN, number="CRI-2026-0002", revision=5, participants=frozenset({"chief@other.example"}))


def test_of_two_cases_that_are_one_the_other_goes_on_with_the_people_of_both(rules: Rulebook) -> None:
    case = replace(OPEN, participants=frozenset({"rob@guard.example"}))

    change = done(rules, Verb.DUPLICATE, case, values={"of": OTHER.number}, other=OTHER)

    assert change.case is not None
    assert (change.case.stage, change.case.merged_into) == (Stage.CLOSED, OTHER.number)
    assert change.letters == ()
    assert change.beside is not None
    assert change.beside.case.revision == 6
    assert change.beside.case.participants == {"chief@other.example", "rob@guard.example"}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (replace(OTHER, stage=Stage.CLOSED), "reopen it first"),
        (replace(OTHER, merged_into="CRI-2026-0003"), "name that one"),
        (replace(OTHER, number=OPEN.number), "duplicate of itself"),
    ],
)
def test_a_case_is_merged_into_one_that_goes_on(other: Case, expected: str, rules: Rulebook) -> None:
    assert expected in refusal(done(rules, Verb.DUPLICATE, OPEN, values={"of": other.number}, other=other))


# --- follow-ups and the public list ----------------------------------------------------------------------------------


def test_follow_ups_are_held_until_a_day_or_until_somebody_resumes_them(rules: Rulebook) -> None:
    held = done(rules, Verb.HOLD_FOLLOWUPS, reason="The chief is away", values={"until": "2026-04-01"}).case
    assert held is not None
    assert held.pause == Pause("U0LEE", "The chief is away", NOW, datetime(2026, 4, 1, tzinfo=UTC))

    resumed = done(rules, Verb.RESUME_FOLLOWUPS, held).case
    assert resumed is not None
    assert resumed.pause is None


def test_a_report_that_becomes_public_is_told_to_the_agency_once(rules: Rulebook) -> None:
    case = replace(CASE, stage=Stage.DELIVERY)
    values = {"topics": "use_of_force", "status": "Ongoing", "link": "https://cops.example.gov/report"}

    shown = done(rules, Verb.PUBLISH_SITE, case, values=values)
    assert shown.case is not None
    assert shown.case.site == Site(True, ("Use of Force",), Status.ONGOING, "https://cops.example.gov/report")
    assert [letter.name for letter in shown.letters] == [LetterName.REPORT_PUBLISHED]

    assert done(rules, Verb.PUBLISH_SITE, shown.case, values=values).letters == ()
    hidden = done(rules, Verb.HIDE_SITE, shown.case).case
    assert hidden is not None
    assert hidden.site is not None
    assert not hidden.site.public


def test_a_drafted_decline_stays_drafted_while_the_case_goes_on(rules: Rulebook) -> None:
    advanced = done(rules, Verb.ADVANCE, values={"stage": "scoping"}).case

    assert advanced is not None
    assert advanced.draft == CASE.draft


def test_what_has_ended_is_reopened_at_another_stage_by_naming_it(rules: Rulebook) -> None:
    closed = done(rules, Verb.CLOSE, PLANNED).case
    assert closed is not None

    reopened = done(rules, Verb.ADVANCE, closed, values={"stage": "work_plan"}).case

    assert reopened is not None
    assert (reopened.stage, reopened.stood) == (Stage.WORK_PLAN, None)


def test_which_letter_a_step_sends_is_the_rules_affair(rules: Rulebook) -> None:
    files = read_texts(rules_folder(None), ".yaml")
    silent = parse_rules({**files, FILE: files[FILE].replace("| plan_approved |", "| -             |")})

    assert done(silent, Verb.CONFIRM_PLAN, PLANNED, values={"text": "Approved."}).letters == ()


def test_nothing_is_asked_in_a_case_that_has_ended(rules: Rulebook) -> None:
    assert "reopen it first" in refusal(done(rules, Verb.ASK, replace(OPEN, stage=Stage.CLOSED)))
